// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring, in the terms of the kernel's older AIO.
 */
#define _GNU_SOURCE
#include "bp_uring.h"
#include "blkpat.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef BLOCK_URING_CMD_DISCARD		/* Linux 6.12 */
#define BLOCK_URING_CMD_DISCARD	_IO(0x12, 0)
#endif

struct bp_uring {
	int fd;
	unsigned int unsent;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
};

static volatile sig_atomic_t too_long;

static void on_alarm(int signal)
{
	(void)signal;
	too_long = 1;
}

static uint8_t *map(int fd, size_t size, off_t what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	if (p == MAP_FAILED)
		bp_die("io_uring: %m");
	return p;
}

/* Has room for @depth requests at a time; lives as long as the process. */
struct bp_uring *bp_uring_open(unsigned int depth, bool polled)
{
	struct io_uring_params par = { .flags = polled ? IORING_SETUP_IOPOLL : 0 };
	struct sigaction alarmed = { .sa_handler = on_alarm };
	struct bp_uring *u = calloc(1, sizeof(*u));
	uint8_t *sq, *cq;

	if (!u)
		bp_die("no memory");
	u->fd = syscall(SYS_io_uring_setup, depth, &par);
	if (u->fd < 0)
		bp_die("io_uring: %m");
	sq = map(u->fd, par.sq_off.array + par.sq_entries * sizeof(*u->sq_array),
		 IORING_OFF_SQ_RING);
	cq = map(u->fd, par.cq_off.cqes + par.cq_entries * sizeof(*u->cqe), IORING_OFF_CQ_RING);
	u->sqe = (void *)map(u->fd, par.sq_entries * sizeof(*u->sqe), IORING_OFF_SQES);
	u->sq_tail = (void *)(sq + par.sq_off.tail);
	u->sq_mask = (void *)(sq + par.sq_off.ring_mask);
	u->sq_array = (void *)(sq + par.sq_off.array);
	u->cq_head = (void *)(cq + par.cq_off.head);
	u->cq_tail = (void *)(cq + par.cq_off.tail);
	u->cq_mask = (void *)(cq + par.cq_off.ring_mask);
	u->cqe = (void *)(cq + par.cq_off.cqes);
	sigaction(SIGALRM, &alarmed, NULL);
	return u;
}

static void put(struct bp_uring *u, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *u->sq_tail, at = tail & *u->sq_mask;

	u->sqe[at] = *sqe;
	u->sq_array[at] = at;
	__atomic_store_n(u->sq_tail, tail + 1, __ATOMIC_RELEASE);
	u->unsent++;
}

/* A read or write of pieces; what it points to stays until it is complete. */
void bp_uring_put(struct bp_uring *u, const struct iocb *cb)
{
	put(u, &(struct io_uring_sqe){
		.opcode = cb->aio_lio_opcode == IOCB_CMD_PWRITEV ? IORING_OP_WRITEV
								 : IORING_OP_READV,
		.fd = cb->aio_fildes,
		.off = cb->aio_offset,
		.addr = cb->aio_buf,
		.len = cb->aio_nbytes,
		.user_data = cb->aio_data,
	});
}

void bp_uring_discard(struct bp_uring *u, int fd, uint64_t from, uint64_t len, uint64_t data)
{
	put(u, &(struct io_uring_sqe){
		.opcode = IORING_OP_URING_CMD,
		.cmd_op = BLOCK_URING_CMD_DISCARD,
		.fd = fd,
		.addr = from,
		.addr3 = len,
		.user_data = data,
	});
}

static unsigned int take(struct bp_uring *u, struct io_event *events)
{
	unsigned int tail = __atomic_load_n(u->cq_tail, __ATOMIC_ACQUIRE);
	unsigned int head = *u->cq_head, n;

	for (n = 0; head != tail; head++, n++) {
		const struct io_uring_cqe *cqe = &u->cqe[head & *u->cq_mask];

		events[n] = (struct io_event){ .data = cqe->user_data, .res = cqe->res };
	}
	__atomic_store_n(u->cq_head, head, __ATOMIC_RELEASE);
	return n;
}

/* Submits what was put, and looks for nothing. */
void bp_uring_send(struct bp_uring *u)
{
	long sent;

	while (u->unsent) {
		sent = syscall(SYS_io_uring_enter, u->fd, u->unsent, 0, 0, NULL, 0);
		if (sent > 0)
			u->unsent -= sent;
		else if (!sent || errno != EINTR)
			bp_die("io_uring_enter: %m");
	}
}

/*
 * Submits what was put and looks until something is complete; returns how many, 0 if nothing was
 * for so many seconds. A signal, or a freezer, ends the kernel's looking before.
 */
unsigned int bp_uring_reap(struct bp_uring *u, struct io_event *events, unsigned int limit_s)
{
	unsigned int n;
	long sent;

	too_long = 0;
	alarm(limit_s);
	while (!(n = take(u, events)) && !too_long) {
		sent = syscall(SYS_io_uring_enter, u->fd, u->unsent, 1, IORING_ENTER_GETEVENTS,
			       NULL, 0);
		if (sent >= 0)
			u->unsent -= sent;
		else if (errno != EINTR)
			bp_die("io_uring_enter: %m");
	}
	alarm(0);
	return n;
}
