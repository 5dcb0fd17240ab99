// SPDX-License-Identifier: GPL-2.0
/* Where in a packet the checksum is that the guest left to us. */
#include "badback.h"

#include <string.h>

#include <linux/if_ether.h>
#include <netinet/in.h>

static unsigned int be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* Return: where the transport header begins, 0 if there is none we know; *proto is its kind. */
static unsigned int transport(const uint8_t *frame, unsigned int len, bool ip6_too, uint8_t *proto)
{
	const uint8_t *ip = frame + ETH_HLEN;
	unsigned int ihl;

	if (be16(frame + 12) == ETH_P_IP && len >= ETH_HLEN + 20) {
		ihl = (ip[0] & 15) * 4;
		*proto = ip[9];
		return ihl < 20 || be16(ip + 6) & 0x3fff ? 0 : ETH_HLEN + ihl;
	}
	if (ip6_too && be16(frame + 12) == ETH_P_IPV6 && len >= ETH_HLEN + 40) {
		*proto = ip[6];
		return ETH_HLEN + 40;
	}
	return 0;
}

/* Return: whether it is an untagged packet of TCP or UDP, not a fragment; @hdr then says where. */
bool headers_find(const uint8_t *frame, unsigned int len, bool ip6_too, struct virtio_net_hdr *hdr)
{
	uint8_t proto = 0;
	unsigned int start = transport(frame, len, ip6_too, &proto);
	unsigned int need = proto == IPPROTO_TCP ? 20 : 8;

	if (!start || start + need > len || (proto != IPPROTO_TCP && proto != IPPROTO_UDP))
		return false;
	hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr->csum_start = start;
	hdr->csum_offset = proto == IPPROTO_TCP ? 16 : 6;
	hdr->hdr_len = start + (proto == IPPROTO_TCP ? (frame[start + 12] >> 4) * 4 : 8);
	return hdr->hdr_len >= start + need && hdr->hdr_len <= len;
}
