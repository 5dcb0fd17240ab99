/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* Serial numbers, as toolstacks write them into xenstore. Pure. */
#ifndef XENFRONT_BLKFRONT_SERIAL_H
#define XENFRONT_BLKFRONT_SERIAL_H

#include <xenfront/portable.h>

#define XBF_SERIAL_MAX	252u	/* bytes that fit the page of vital product data */

int __must_check xbf_serial_from_page(const char *text, u32 len, char *serial);
int __must_check xbf_serial_from_text(const char *text, u32 len, char *serial);

#endif /* XENFRONT_BLKFRONT_SERIAL_H */
