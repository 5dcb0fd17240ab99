// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that are to be polled for, and nobody does: to the driver this is as if their event had
 * been lost. Only a look of its own, at the latest when they time out, completes them.
 */
#include "blkpat.h"
#include "bp_uring.h"
#include "pattern.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_OPS		32
#define OP_SIZE		4096u
/* Not beside each other: each shall be a request of its own. */
#define OP_PITCH	65536u

struct forgotten {
	struct iocb cb;
	struct iovec iov;
};

static void put(struct disk *d, struct bp_uring *u, struct forgotten *f, uint8_t *buf,
		unsigned int n)
{
	f->iov = (struct iovec){ buf + n * OP_SIZE, OP_SIZE };
	f->cb = (struct iocb){
		.aio_data = n,
		.aio_lio_opcode = IOCB_CMD_PREADV,
		.aio_fildes = d->fd,
		.aio_buf = (uintptr_t)&f->iov,
		.aio_nbytes = 1,
		.aio_offset = (uint64_t)n * OP_PITCH,
	};
	bp_uring_put(u, &f->cb);
}

static void check(struct disk *d, const uint8_t *buf, unsigned int ops, unsigned int seconds)
{
	unsigned int n, missing = 0;

	for (n = 0; n < ops; n++)
		missing += pattern_check(buf + n * OP_SIZE, OP_SIZE, d->seed,
					 (uint64_t)n * OP_PITCH) >= 0;
	if (missing)
		bp_die("%u of %u requests have brought nothing in %u seconds", missing, ops,
		       seconds);
}

static void reap(struct bp_uring *u, unsigned int ops)
{
	struct io_event events[MAX_OPS];
	unsigned int n, i;

	for (; ops; ops -= n) {
		n = bp_uring_reap(u, events, 10);
		if (!n)
			bp_die("%u requests are not complete", ops);
		for (i = 0; i < n; i++)
			if (events[i].res != OP_SIZE)
				bp_die("request %u: result %lld", (unsigned int)events[i].data,
				       (long long)events[i].res);
	}
}

void bp_forget(struct disk *d, unsigned int ops, unsigned int seconds)
{
	static struct forgotten f[MAX_OPS];
	struct bp_uring *u = bp_uring_open(MAX_OPS, true);
	uint8_t *buf = bp_buffer();
	unsigned int n;

	if (!ops || ops > MAX_OPS || ops * OP_PITCH > d->size)
		bp_die("from 1 to %d requests", MAX_OPS);
	memset(buf, 0, ops * OP_SIZE);
	for (n = 0; n < ops; n++)
		put(d, u, &f[n], buf, n);
	bp_uring_send(u);
	sleep(seconds);
	check(d, buf, ops, seconds);
	reap(u, ops);
}
