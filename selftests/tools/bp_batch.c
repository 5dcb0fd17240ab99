// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that lie one behind the other, on the disk and in memory, handed over in one
 * io_submit: the block layer merges them wherever it can, also inside a page.
 */
#define _GNU_SOURCE
#include "blkpat.h"
#include "pattern.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_BATCH	512u
#define MAX_ODD		(32u << 10)	/* bytes, of a request of any length */

struct batch {
	struct disk *disk;
	aio_context_t ctx;
	unsigned int nr;
	uint8_t *buf;
	size_t len;
	struct iocb cb[MAX_BATCH];
	struct iocb *list[MAX_BATCH];
};

/* Every one of @bytes, or each of another length if that is 0. */
static void plan(struct batch *b, unsigned int bytes)
{
	struct rng r = { .seed = b->disk->seed };
	unsigned int i;

	b->len = 0;
	for (i = 0; i < b->nr; i++) {
		struct iocb *cb = &b->cb[i];

		cb->aio_fildes = b->disk->fd;
		cb->aio_offset = b->len;
		cb->aio_nbytes = bytes ? bytes :
				 BP_SECTOR * rng_range(&r, 1, MAX_ODD / BP_SECTOR);
		b->len += cb->aio_nbytes;
		b->list[i] = cb;
	}
	if (b->len > b->disk->size)
		bp_die("the disk is too small for %zu bytes", b->len);
}

static void run(struct batch *b, bool write)
{
	const char *what = write ? "write" : "read";
	struct io_event events[MAX_BATCH];
	unsigned int i, bad = 0;
	long n;

	for (i = 0; i < b->nr; i++) {
		b->cb[i].aio_lio_opcode = write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
		b->cb[i].aio_buf = (uintptr_t)b->buf + b->cb[i].aio_offset;
	}
	n = syscall(SYS_io_submit, b->ctx, b->nr, b->list);
	if (n != (long)b->nr)
		bp_die("%ss: io_submit took %ld of %u: %m", what, n, b->nr);
	n = syscall(SYS_io_getevents, b->ctx, b->nr, b->nr, events, NULL);
	if (n != (long)b->nr)
		bp_die("%ss: io_getevents had %ld of %u: %m", what, n, b->nr);
	for (i = 0; i < b->nr; i++) {
		struct iocb *cb = (struct iocb *)(uintptr_t)events[i].obj;

		if (events[i].res == (int64_t)cb->aio_nbytes)
			continue;
		if (!bad++)
			printf("%s of %llu bytes at %llu: %s\n", what,
			       (unsigned long long)cb->aio_nbytes,
			       (unsigned long long)cb->aio_offset,
			       events[i].res < 0 ? strerror(-events[i].res) : "short");
	}
	if (bad)
		bp_die("%u of %u %ss failed", bad, b->nr, what);
}

static void check(struct batch *b, uint64_t seed)
{
	long bad = pattern_check(b->buf, b->len, seed, 0);

	if (bad >= 0)
		bp_die("read byte %ld: %02x, not %02x", bad, b->buf[bad], pattern_byte(seed, bad));
}

/* The first requests of a disk, from a buffer that begins so many bytes into a page. */
void bp_batch(struct disk *d, bool write, unsigned int nr, unsigned int bytes,
	      unsigned int offset)
{
	static struct batch b;

	if (!nr || nr > MAX_BATCH)
		bp_die("not 1 to %u requests", MAX_BATCH);
	b.disk = d;
	b.nr = nr;
	plan(&b, bytes);
	if (syscall(SYS_io_setup, nr, &b.ctx))
		bp_die("io_setup: %m");
	b.buf = mmap(NULL, b.len + bp_page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (b.buf == MAP_FAILED)
		bp_die("no memory: %m");
	b.buf += offset;
	if (write)
		pattern_fill(b.buf, b.len, d->seed, 0);
	run(&b, write);
	if (!write)
		check(&b, d->seed);
	printf("%zu bytes\n", b.len);
}
