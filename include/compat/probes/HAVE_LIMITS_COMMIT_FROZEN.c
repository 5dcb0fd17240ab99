// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/blkdev.h>

int probe(struct request_queue *q, struct queue_limits *lim)
{
	return queue_limits_commit_update_frozen(q, lim);
}
