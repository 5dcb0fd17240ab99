// SPDX-License-Identifier: GPL-2.0
/*
 * Random reads and writes, many at a time, out of scattered buffers. Each sector has a generation
 * that says which pattern it holds; two requests never touch the same sector at a time, so what
 * a read must find is known.
 */
#define _GNU_SOURCE
#include "blkpat.h"
#include "bp_uring.h"
#include "pattern.h"

#include <errno.h>
#include <signal.h>
#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH	128
#define MAX_PIECES	16
/* Nothing completes for this long: the disk hangs. */
#define STALL_SECONDS	60

struct op {
	struct iocb cb;
	struct iovec iov[MAX_PIECES];
	uint8_t *buf;
	uint64_t sector;
	unsigned int sectors, pieces;
	bool write, busy;
};

struct mix {
	struct disk *disk;
	struct rng rng;
	aio_context_t ctx;
	struct bp_uring *polled;	/* instead, or NULL */
	uint16_t *gen;		/* of each sector */
	unsigned int depth;
	struct op op[MAX_DEPTH];
};

static volatile sig_atomic_t enough;

static void on_term(int signal)
{
	(void)signal;
	enough = 1;
}

static void *zalloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		bp_die("no memory");
	return p;
}

static bool overlaps(struct mix *m, uint64_t sector, unsigned int sectors)
{
	unsigned int i;

	for (i = 0; i < m->depth; i++)
		if (m->op[i].busy && sector < m->op[i].sector + m->op[i].sectors &&
		    m->op[i].sector < sector + sectors)
			return true;
	return false;
}

static void choose_place(struct mix *m, struct op *o)
{
	uint64_t end = m->disk->size / BP_SECTOR;

	do {
		o->sectors = rng_range(&m->rng, 1, rng_range(&m->rng, 0, 3) ? 32 : 2 * 257);
		o->sector = rng_next(&m->rng) % (end - o->sectors);
	} while (overlaps(m, o->sector, o->sectors));
}

/*
 * Pieces lie in the buffer with gaps between them, at any sector of a page. A polled request is
 * one piece: the block layer does not poll for what it has to split.
 */
static void choose_pieces(struct mix *m, struct op *o)
{
	unsigned int left = o->sectors, most = m->polled ? 1 : MAX_PIECES, part;
	uint8_t *p = o->buf + BP_SECTOR * rng_range(&m->rng, 0, bp_page / BP_SECTOR - 1);

	for (o->pieces = 0; left; o->pieces++, left -= part) {
		part = o->pieces + 1 == most ? left : rng_range(&m->rng, 1, left);
		o->iov[o->pieces] = (struct iovec){ p, part * BP_SECTOR };
		p += (part + rng_range(&m->rng, 0, 3)) * BP_SECTOR;
	}
}

/* Copies between the pieces and what the generations say; returns the first wrong sector. */
static long each_sector(struct mix *m, struct op *o, bool check)
{
	unsigned int i, n = 0;
	size_t at;

	for (i = 0; i < o->pieces; i++) {
		for (at = 0; at < o->iov[i].iov_len; at += BP_SECTOR, n++) {
			uint64_t sector = o->sector + n;
			uint64_t seed = m->disk->seed + m->gen[sector];
			uint8_t *p = (uint8_t *)o->iov[i].iov_base + at;

			if (!check)
				pattern_fill(p, BP_SECTOR, seed, sector * BP_SECTOR);
			else if (pattern_check(p, BP_SECTOR, seed, sector * BP_SECTOR) >= 0)
				return n;
		}
	}
	return -1;
}

static void submit(struct mix *m, struct op *o)
{
	struct iocb *cb = &o->cb;
	unsigned int i;

	choose_place(m, o);
	choose_pieces(m, o);
	o->write = rng_range(&m->rng, 0, 1);
	for (i = 0; o->write && i < o->sectors; i++)
		m->gen[o->sector + i]++;
	if (o->write)
		each_sector(m, o, false);
	memset(cb, 0, sizeof(*cb));
	cb->aio_data = (uintptr_t)o;
	cb->aio_lio_opcode = o->write ? IOCB_CMD_PWRITEV : IOCB_CMD_PREADV;
	cb->aio_fildes = m->disk->fd;
	cb->aio_buf = (uintptr_t)o->iov;
	cb->aio_nbytes = o->pieces;
	cb->aio_offset = o->sector * BP_SECTOR;
	o->busy = true;
	if (m->polled)
		bp_uring_put(m->polled, cb);
	else if (syscall(SYS_io_submit, m->ctx, 1, &cb) != 1)
		bp_die("io_submit: %m");
}

static void complete(struct mix *m, const struct io_event *e)
{
	struct op *o = (struct op *)(uintptr_t)e->data;
	const char *what = o->write ? "write" : "read";
	long bad;

	if (e->res != (int64_t)o->sectors * BP_SECTOR)
		bp_die("%s of %u sectors at %llu in %u pieces: %s", what, o->sectors,
		       (unsigned long long)o->sector, o->pieces,
		       e->res < 0 ? strerror(-e->res) : "short");
	bad = o->write ? -1 : each_sector(m, o, true);
	if (bad >= 0)
		bp_die("read of %u sectors at %llu in %u pieces: sector %ld is wrong", o->sectors,
		       (unsigned long long)o->sector, o->pieces, bad);
	o->busy = false;
}

/* Returns how many completed. */
static unsigned int reap(struct mix *m)
{
	struct timespec limit = { .tv_sec = bp_limit(STALL_SECONDS) };
	struct io_event events[2 * MAX_DEPTH];
	long i, n;

	if (m->polled)
		n = bp_uring_reap(m->polled, events, limit.tv_sec);
	else
		n = syscall(SYS_io_getevents, m->ctx, 1, m->depth, events, &limit);
	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0)
		bp_die("io_getevents: %m");
	if (!n)
		bp_die("no request completed for %ld seconds", (long)limit.tv_sec);
	for (i = 0; i < n; i++)
		complete(m, &events[i]);
	return n;
}

/* What lies there in the end, sector by sector. */
static void check_all(struct mix *m)
{
	struct op *o = &m->op[0];
	uint64_t end = m->disk->size / BP_SECTOR, sector;
	long bad;

	o->pieces = 1;
	for (sector = 0; sector < end; sector += o->sectors) {
		o->sector = sector;
		o->sectors = end - sector < 1024 ? end - sector : 1024;
		o->iov[0] = (struct iovec){ o->buf, o->sectors * BP_SECTOR };
		if (preadv(m->disk->fd, o->iov, 1, sector * BP_SECTOR) !=
		    (ssize_t)o->iov[0].iov_len)
			bp_die("last pass: read at sector %llu: %m", (unsigned long long)sector);
		bad = each_sector(m, o, true);
		if (bad >= 0)
			bp_die("last pass: sector %llu is wrong",
			       (unsigned long long)sector + bad);
	}
}

/* SIGTERM ends it, once all that was started is complete and all was compared. */
void bp_mix(struct disk *d, unsigned int ops, unsigned int depth, bool polled)
{
	struct sigaction term = { .sa_handler = on_term };
	struct mix *m = zalloc(sizeof(*m));
	unsigned int i, started = 0, done = 0;

	m->disk = d;
	m->rng.seed = d->seed;
	m->depth = depth < MAX_DEPTH ? depth : MAX_DEPTH;
	m->gen = zalloc(sizeof(*m->gen) * (d->size / BP_SECTOR));
	if (polled)
		m->polled = bp_uring_open(m->depth, true);
	else if (syscall(SYS_io_setup, m->depth, &m->ctx))
		bp_die("io_setup: %m");
	for (i = 0; i < m->depth; i++)
		m->op[i].buf = bp_buffer();
	sigaction(SIGTERM, &term, NULL);
	while (done < (enough ? started : ops)) {
		for (i = 0; i < m->depth && started < ops && !enough; i++) {
			if (m->op[i].busy)
				continue;
			submit(m, &m->op[i]);
			started++;
		}
		if (started > done)
			done += reap(m);
	}
	check_all(m);
}
