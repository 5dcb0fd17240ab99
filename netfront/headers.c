// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * A look at the headers of nearly every packet, cheap enough for each packet: Ethernet, VLAN tags,
 * IPv4 or IPv6 without extensions, TCP or UDP. Other headers are left to the stack.
 */
#include "headers.h"

#define XNF_ETH_LEN		14u
#define XNF_TAG_LEN		4u
#define XNF_TAGS_MAX	2
#define XNF_TYPE_IPV4	0x0800
#define XNF_TYPE_IPV6	0x86dd
#define XNF_TYPE_TAG	0x8100
#define XNF_TYPE_TAG_OUTER	0x88a8
#define XNF_PROTO_TCP	6
#define XNF_PROTO_UDP	17
#define XNF_IPV4_LEN_MIN	20u
#define XNF_IPV6_LEN	40u
#define XNF_TCP_LEN_MIN	20u
#define XNF_UDP_LEN		8u

static u16 xnf_headers_get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

/* Return: offset behind the IPv4 header, 0 if no transport header follows. */
static u32 xnf_headers_skip_ipv4(const u8 *data, u32 len, u32 at, u8 *proto)
{
	const u8 *ip = data + at;
	u32 size;

	if (len - at < XNF_IPV4_LEN_MIN || ip[0] >> 4 != 4)
		return 0;
	size = (ip[0] & 15u) * 4;
	if (size < XNF_IPV4_LEN_MIN || len - at < size)
		return 0;
	/* At most the first fragment has a transport header, and none has a whole segment. */
	if (xnf_headers_get16(ip + 6) & 0x3fff)
		return 0;
	*proto = ip[9];
	return at + size;
}

static u32 xnf_headers_skip_ipv6(const u8 *data, u32 len, u32 at, u8 *proto)
{
	if (len - at < XNF_IPV6_LEN || data[at] >> 4 != 6)
		return 0;
	*proto = data[at + 6];
	return at + XNF_IPV6_LEN;
}

static void xnf_headers_find_transport(const u8 *data, u32 len, u32 at, u8 proto,
				       struct xnf_headers *h)
{
	u32 size;

	if (proto == XNF_PROTO_TCP && len - at >= XNF_TCP_LEN_MIN) {
		/* At least up to the checksum, whatever the packet says. */
		size = max((data[at + 12] >> 4) * 4u, XNF_TCP_LEN_MIN);
		h->csum = 16;
	} else if (proto == XNF_PROTO_UDP && len - at >= XNF_UDP_LEN) {
		size = XNF_UDP_LEN;
		h->csum = 6;
	} else {
		return;
	}
	h->l4 = (u16)at;
	h->len = (u16)min(at + size, len);
}

/**
 * xnf_headers_find() - find the headers at the start of a packet
 * @data: a private copy of the first bytes
 * @len: bytes in @data, at least 14 for an Ethernet header, at most 65535
 * @h: filled in; @h->len is @len if the headers are not known
 */
void xnf_headers_find(const u8 *data, u32 len, struct xnf_headers *h)
{
	u16 type = xnf_headers_get16(data + XNF_ETH_LEN - 2);
	u32 at = XNF_ETH_LEN;
	u8 proto = 0;
	int tags;

	h->len = (u16)len;
	h->l4 = 0;
	for (tags = 0; unlikely(type == XNF_TYPE_TAG || type == XNF_TYPE_TAG_OUTER); tags++) {
		if (tags == XNF_TAGS_MAX || len - at < XNF_TAG_LEN)
			return;
		type = xnf_headers_get16(data + at + 2);
		at += XNF_TAG_LEN;
	}
	if (type == XNF_TYPE_IPV4)
		at = xnf_headers_skip_ipv4(data, len, at, &proto);
	else if (type == XNF_TYPE_IPV6)
		at = xnf_headers_skip_ipv6(data, len, at, &proto);
	else
		return;
	if (at)
		xnf_headers_find_transport(data, len, at, proto, h);
}
