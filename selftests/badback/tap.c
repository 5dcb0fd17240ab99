// SPDX-License-Identifier: GPL-2.0
/* The TAP interface that dom0 sees, with checksums and segmentation left to whoever can. */
#include "badback.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_tun.h>

int tap_open(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (tap < 0)
		die("/dev/net/tun: %m");
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(tap, TUNSETIFF, &ifr))
		die("%s: %m", name);
	return tap;
}

/* What the guest does not take is done by dom0's kernel before it comes here. */
void tap_offload(const struct vif *v)
{
	unsigned int flags = 0;

	if (v->rx_csum)
		flags |= TUN_F_CSUM;
	if (v->rx_csum && v->rx_gso & 1u << XEN_NETIF_GSO_TYPE_TCPV4)
		flags |= TUN_F_TSO4;
	if (v->rx_csum && v->rx_gso & 1u << XEN_NETIF_GSO_TYPE_TCPV6)
		flags |= TUN_F_TSO6;
	if (ioctl(v->tap, TUNSETOFFLOAD, flags))
		die("offloads of the TAP interface: %m");
}

/* Return: false if dom0's kernel takes it for no packet. */
bool tap_send(int tap, const struct virtio_net_hdr *hdr, const void *data, unsigned int len)
{
	struct iovec iov[2] = {
		{ (void *)hdr, sizeof(*hdr) },
		{ (void *)data, len },
	};

	return writev(tap, iov, 2) == (ssize_t)(sizeof(*hdr) + len);
}

/* Return: bytes of a packet in @data (PACKET_MAX), or -1 if there is none. */
int tap_receive(int tap, struct virtio_net_hdr *hdr, void *data)
{
	struct iovec iov[2] = {
		{ hdr, sizeof(*hdr) },
		{ data, PACKET_MAX },
	};
	ssize_t len = readv(tap, iov, 2);

	return len <= (ssize_t)sizeof(*hdr) ? -1 : (int)(len - sizeof(*hdr));
}
