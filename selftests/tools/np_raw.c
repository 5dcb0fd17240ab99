// SPDX-License-Identifier: GPL-2.0
/* Ethernet frames as they are: the smallest ones, and the state of checksums on arrival. */
#define _GNU_SOURCE
#include "netprobe.h"
#include "pattern.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SNIFF_WAIT_MS	1000

static bool same_host(const struct sockaddr *sa, const union np_addr *b)
{
	const union np_addr *a = (const union np_addr *)sa;

	if (!sa || sa->sa_family != b->sa.sa_family)
		return false;
	if (sa->sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return !memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr));
}

/* The interface our end of the control connection has its address on. */
bool np_find_interface(struct np_conn *c)
{
	struct ifaddrs *list, *i;
	union np_addr own;
	socklen_t len = sizeof(own);

	if (c->ifindex)
		return true;
	if (getsockname(c->fd, &own.sa, &len) || getifaddrs(&list))
		return false;
	np_unmap(&own);
	for (i = list; i; i = i->ifa_next) {
		if (!same_host(i->ifa_addr, &own))
			continue;
		snprintf(c->ifname, sizeof(c->ifname), "%s", i->ifa_name);
		c->ifindex = if_nametoindex(i->ifa_name);
		break;
	}
	freeifaddrs(list);
	return c->ifindex;
}

static int packet_socket(struct np_conn *c, int proto)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(proto) };
	int fd;

	if (!np_find_interface(c))
		return -ENODEV;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(proto));
	if (fd < 0)
		return -errno;
	ll.sll_ifindex = c->ifindex;
	if (bind(fd, (struct sockaddr *)&ll, sizeof(ll))) {
		close(fd);
		return -errno;
	}
	return fd;
}

int np_raw_open(struct np_conn *c)
{
	c->raw = packet_socket(c, NP_ETHERTYPE);
	return c->raw < 0 ? c->raw : 0;
}

static int own_mac(struct np_conn *c, struct ifreq *r)
{
	memset(r, 0, sizeof(*r));
	snprintf(r->ifr_name, sizeof(r->ifr_name), "%s", c->ifname);
	return ioctl(c->raw, SIOCGIFHWADDR, r) ? -errno : 0;
}

const char *np_raw_mac(struct np_conn *c)
{
	static char text[18];
	struct ifreq r;
	uint8_t *m = (uint8_t *)r.ifr_hwaddr.sa_data;

	if (own_mac(c, &r))
		return "00:00:00:00:00:00";
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
	return text;
}

/* "len" counts the whole frame, from the destination address on. */
int np_raw_send(struct np_conn *c, uint64_t seq, unsigned int len, const char *mac)
{
	uint8_t frame[65536] = { 0 };
	struct ifreq r;
	unsigned int m[6], i;
	int err = own_mac(c, &r);

	if (err)
		return err;
	if (len < ETH_HLEN || len > sizeof(frame) || sscanf(mac, "%x:%x:%x:%x:%x:%x", m, m + 1,
							    m + 2, m + 3, m + 4, m + 5) != 6)
		return -EINVAL;
	for (i = 0; i < 6; i++)
		frame[i] = m[i];
	memcpy(frame + 6, r.ifr_hwaddr.sa_data, 6);
	frame[12] = NP_ETHERTYPE >> 8;
	frame[13] = NP_ETHERTYPE & 0xff;
	pattern_fill(frame + ETH_HLEN, len - ETH_HLEN, seq, 0);
	return send(c->raw, frame, len, 0) == (ssize_t)len ? 0 : -errno;
}

/* A frame may arrive padded to Ethernet's minimum, so only what was sent is compared. */
const char *np_raw_receive(struct np_conn *c, uint64_t seq, unsigned int len)
{
	static char why[96];
	static uint8_t buf[65536];
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	ssize_t got;
	long bad;

	do {
		if (!np_readable(c->raw, NP_WAIT_MS))
			return "lost: no frame came";
		got = recvfrom(c->raw, buf, sizeof(buf), 0, (struct sockaddr *)&from, &size);
	} while (got >= 0 && from.sll_pkttype == PACKET_OUTGOING);
	if (got < (ssize_t)len) {
		snprintf(why, sizeof(why), "%zd bytes came, not %u", got, len);
		return why;
	}
	bad = pattern_check(buf + ETH_HLEN, len - ETH_HLEN, seq, 0);
	if (bad < 0)
		return NULL;
	snprintf(why, sizeof(why), "byte %ld of the payload is wrong", bad);
	return why;
}

int np_sniff_open(struct np_conn *c)
{
	int one = 1, proto = c->peer.sa.sa_family == AF_INET ? ETH_P_IP : ETH_P_IPV6;

	c->sniff = packet_socket(c, proto);
	if (c->sniff < 0)
		return c->sniff;
	setsockopt(c->sniff, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	return 0;
}

static uint32_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += p[0] << 8 | p[1];
	if (len)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* One's complement sum over pseudo header and datagram: all ones if the checksum is right. */
static bool udp_sum_good(const uint8_t *ip, bool v4)
{
	const uint8_t *udp = v4 ? ip + 4 * (ip[0] & 15) : ip + 40;
	unsigned int len = udp[4] << 8 | udp[5];
	uint32_t sum = sum16(v4 ? ip + 12 : ip + 8, v4 ? 8 : 32, IPPROTO_UDP + len);

	return sum16(udp, len, sum) == 0xffff;
}

static bool is_ours(const uint8_t *ip, bool v4, unsigned int port)
{
	const uint8_t *udp = v4 ? ip + 4 * (ip[0] & 15) : ip + 40;

	return (v4 ? ip[9] : ip[6]) == IPPROTO_UDP && (unsigned int)(udp[2] << 8 | udp[3]) == port;
}

static bool csum_not_ready(struct msghdr *m)
{
	struct cmsghdr *h;

	for (h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h))
		if (h->cmsg_level == SOL_PACKET && h->cmsg_type == PACKET_AUXDATA)
			return ((struct tpacket_auxdata *)CMSG_DATA(h))->tp_status &
				TP_STATUS_CSUMNOTREADY;
	return false;
}

const char *np_sniff_csum(struct np_conn *c)
{
	static uint8_t buf[65536];
	char control[256];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	bool v4 = c->peer.sa.sa_family == AF_INET;
	unsigned int port = np_port_of(c->udp);

	while (np_readable(c->sniff, SNIFF_WAIT_MS)) {
		m.msg_controllen = sizeof(control);
		if (recvmsg(c->sniff, &m, 0) < ETH_HLEN + 28)
			continue;
		if (!is_ours(buf + ETH_HLEN, v4, port))
			continue;
		if (csum_not_ready(&m))
			return "partial";
		return udp_sum_good(buf + ETH_HLEN, v4) ? "good" : "bad";
	}
	return "no packet was seen";
}

int np_set_mtu(struct np_conn *c, int mtu)
{
	struct ifreq r = { .ifr_mtu = mtu };
	int err = 0, fd;

	if (!np_find_interface(c))
		return -ENODEV;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", c->ifname);
	if (ioctl(fd, SIOCSIFMTU, &r))
		err = -errno;
	close(fd);
	return err;
}
