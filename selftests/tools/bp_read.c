// SPDX-License-Identifier: GPL-2.0
/*
 * Reads alone, many at a time, of a disk whose content is known and stays. Each buffer is spoiled
 * before it is read into, so that a read that is called complete and has brought nothing, or what
 * another one was to bring, shows. SIGTERM ends it; all that are wrong by then are counted.
 */
#include "blkpat.h"
#include "bp_uring.h"
#include "pattern.h"

#include <signal.h>
#include <stdio.h>
#include <sys/uio.h>

#define MAX_DEPTH	128u
#define POISON		0xee
/* Nothing completes for this long: the disk hangs. */
#define STALL_SECONDS	90
/* So many wrong ones are described. */
#define SHOWN		3u

struct one {
	struct iocb cb;
	struct iovec iov;
	uint8_t *buf;
	bool busy;
};

struct reads {
	struct disk *disk;
	struct bp_uring *uring;
	struct rng rng;
	unsigned int depth, busy;
	unsigned long long done, wrong;
	struct one one[MAX_DEPTH];
};

static volatile sig_atomic_t enough;

static void on_term(int signal)
{
	(void)signal;
	enough = 1;
}

/* Most are small: those many are under way at a time. */
static unsigned int choose_length(struct rng *r)
{
	if (rng_range(r, 0, 3))
		return 4096;
	return BP_SECTOR * rng_range(r, 1, 128);
}

static void submit(struct reads *s, struct one *o)
{
	unsigned int len = choose_length(&s->rng);

	memset(o->buf, POISON, len);
	o->iov = (struct iovec){ o->buf, len };
	o->cb = (struct iocb){
		.aio_data = (uintptr_t)o,
		.aio_lio_opcode = IOCB_CMD_PREADV,
		.aio_fildes = s->disk->fd,
		.aio_buf = (uintptr_t)&o->iov,
		.aio_nbytes = 1,
		.aio_offset = rng_next(&s->rng) % ((s->disk->size - len) / BP_SECTOR) * BP_SECTOR,
	};
	o->busy = true;
	s->busy++;
	bp_uring_put(s->uring, &o->cb);
}

static void describe(const struct reads *s, const struct one *o, long bad)
{
	uint64_t pos = o->cb.aio_offset + bad;

	printf("read of %zu bytes at %llu: complete, but byte %ld is %02x, not %02x%s\n",
	       o->iov.iov_len, (unsigned long long)o->cb.aio_offset, bad, o->buf[bad],
	       pattern_byte(s->disk->seed, pos),
	       o->buf[bad] == POISON ? " (as before the read)" : "");
	fflush(stdout);
}

static void complete(struct reads *s, const struct io_event *e)
{
	struct one *o = (struct one *)(uintptr_t)e->data;
	long bad;

	if (e->res != (int64_t)o->iov.iov_len)
		bp_die("read of %zu bytes at %llu: %s", o->iov.iov_len,
		       (unsigned long long)o->cb.aio_offset,
		       e->res < 0 ? strerror(-e->res) : "short");
	bad = pattern_check(o->buf, o->iov.iov_len, s->disk->seed, o->cb.aio_offset);
	if (bad >= 0 && s->wrong++ < SHOWN)
		describe(s, o, bad);
	o->busy = false;
	s->busy--;
	s->done++;
}

static void reap(struct reads *s)
{
	struct io_event events[2 * MAX_DEPTH];
	unsigned int limit = bp_limit(STALL_SECONDS);
	unsigned int i, n = bp_uring_reap(s->uring, events, limit);

	if (!n)
		bp_die("%u reads are under way, none completed for %u seconds", s->busy,
		       limit);
	for (i = 0; i < n; i++)
		complete(s, &events[i]);
}

void bp_reads(struct disk *d, unsigned int depth, bool polled)
{
	struct sigaction term = { .sa_handler = on_term };
	struct reads *s = calloc(1, sizeof(*s));
	unsigned int i;

	if (!s)
		bp_die("no memory");
	s->disk = d;
	s->rng.seed = d->seed;
	s->depth = depth < MAX_DEPTH ? depth : MAX_DEPTH;
	s->uring = bp_uring_open(MAX_DEPTH, polled);
	for (i = 0; i < s->depth; i++)
		s->one[i].buf = bp_buffer();
	sigaction(SIGTERM, &term, NULL);
	while (!enough || s->busy) {
		for (i = 0; i < s->depth && !enough; i++)
			if (!s->one[i].busy)
				submit(s, &s->one[i]);
		if (s->busy)
			reap(s);
	}
	if (s->wrong)
		bp_die("%llu of %llu reads are wrong", s->wrong, s->done);
	printf("%llu reads, all right\n", s->done);
}
