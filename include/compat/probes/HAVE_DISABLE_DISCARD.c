// SPDX-License-Identifier: GPL-2.0
#include <linux/blkdev.h>

void probe(struct request_queue *q)
{
	blk_queue_disable_discard(q);
}
