// SPDX-License-Identifier: GPL-2.0
#include <linux/blk-mq.h>

void probe(struct request_queue *q)
{
	blk_mq_unfreeze_queue(q, blk_mq_freeze_queue(q));
}
