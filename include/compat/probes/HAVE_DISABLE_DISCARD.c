// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/blkdev.h>

void probe(struct request_queue *q)
{
	blk_queue_disable_discard(q);
}
