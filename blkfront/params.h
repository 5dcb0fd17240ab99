/* SPDX-License-Identifier: GPL-2.0 */
/* Module parameters, checked. */
#ifndef BLKFRONT_PARAMS_H
#define BLKFRONT_PARAMS_H

#include <linux/types.h>

extern unsigned int bf_max_indirect_segments;
extern unsigned int bf_max_queues;
extern unsigned int bf_poll_queues;
extern unsigned int bf_max_ring_page_order;

extern bool bf_trusted;
extern bool bf_feature_persistent;
extern bool bf_no_part_scan;

void bf_params_check(void);

#endif /* BLKFRONT_PARAMS_H */
