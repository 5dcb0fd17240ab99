/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* New limits of a queue that is in use. Kernels without struct queue_limits: see compat.h. */
#ifndef XENFRONT_COMPAT_LIMITS_H
#define XENFRONT_COMPAT_LIMITS_H

#include <linux/blk-mq.h>
#include <linux/sched/mm.h>

#if defined(HAVE_QUEUE_LIMITS) && !defined(HAVE_LIMITS_COMMIT_FROZEN)
/* 6.14, and 6.12.46: "block: add a queue_limits_commit_update_frozen helper". */
static inline int queue_limits_commit_update_frozen(struct request_queue *q,
						    struct queue_limits *lim)
{
	unsigned int memflags = memalloc_noio_save();
	int err;

	blk_mq_freeze_queue(q);
	err = queue_limits_commit_update(q, lim);
	blk_mq_unfreeze_queue(q);
	memalloc_noio_restore(memflags);
	return err;
}
#endif

#endif /* XENFRONT_COMPAT_LIMITS_H */
