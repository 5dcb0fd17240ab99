// SPDX-License-Identifier: GPL-2.0
/*
 * Many discards at a time. The process sleeps as one that a freezer can freeze, which one that
 * calls BLKDISCARD does not: so the guest can be saved meanwhile. Needs Linux 6.12.
 */
#include "blkpat.h"
#include "bp_uring.h"
#include "pattern.h"

#include <string.h>

#define MAX_OPS		32
#define OP_SIZE		65536u
/* Not beside each other: each shall be a request of its own. */
#define OP_PITCH	(4 * OP_SIZE)
/* A slow backend is given so long for one. */
#define PATIENCE_SECONDS	100

static void reap(struct bp_uring *u, unsigned int ops)
{
	struct io_event events[2 * MAX_OPS];
	unsigned int n, i;

	for (; ops; ops -= n) {
		n = bp_uring_reap(u, events, PATIENCE_SECONDS);
		if (!n)
			bp_die("%u discards are not complete", ops);
		for (i = 0; i < n; i++)
			if (events[i].res)
				bp_die("discard %u: %s", (unsigned int)events[i].data,
				       strerror(-events[i].res));
	}
}

/* What lies between them is as it was. */
static void check_between(struct disk *d, unsigned int ops)
{
	uint8_t *buf = bp_buffer();
	unsigned int n;

	for (n = 0; n < ops; n++)
		bp_read_check(d, buf, (uint64_t)n * OP_PITCH + OP_SIZE, OP_PITCH - OP_SIZE);
}

void bp_discard(struct disk *d, unsigned int ops)
{
	struct bp_uring *u = bp_uring_open(MAX_OPS, false);
	unsigned int n;

	if (!ops || ops > MAX_OPS || ops * OP_PITCH > d->size)
		bp_die("from 1 to %d discards", MAX_OPS);
	for (n = 0; n < ops; n++)
		bp_uring_discard(u, d->fd, (uint64_t)n * OP_PITCH, OP_SIZE, n);
	bp_uring_send(u);
	reap(u, ops);
	check_between(d, ops);
}
