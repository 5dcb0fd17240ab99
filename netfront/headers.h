/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Where the headers of a received packet end. Pure.
 */
#ifndef XENFRONT_NETFRONT_HEADERS_H
#define XENFRONT_NETFRONT_HEADERS_H

#include <xenfront/portable.h>

/**
 * struct xnf_headers - what was found at the start of a packet
 * @len: bytes up to the payload, or all bytes looked at if the headers go on
 * @l4: offset of the TCP or UDP header, 0 if there is none or the packet is a fragment
 * @csum: offset of the checksum field from @l4; valid if @l4 is not 0
 */
struct xnf_headers {
	u16 len;
	u16 l4;
	u16 csum;
};

void xnf_headers_find(const u8 *data, u32 len, struct xnf_headers *h);

#endif /* XENFRONT_NETFRONT_HEADERS_H */
