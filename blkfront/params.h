/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* Module parameters, checked. */
#ifndef XENFRONT_BLKFRONT_PARAMS_H
#define XENFRONT_BLKFRONT_PARAMS_H

#include <linux/types.h>

extern unsigned int xbf_max_indirect_segments;
extern unsigned int xbf_max_queues;
extern unsigned int xbf_poll_queues;
extern int xbf_max_ring_page_order;

extern bool xbf_trusted;
extern bool xbf_feature_persistent;
extern bool xbf_no_part_scan;

void xbf_params_check(void);

#endif /* XENFRONT_BLKFRONT_PARAMS_H */
