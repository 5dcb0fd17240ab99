/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I/O by io_uring: polled, where no event tells that a request is complete and the kernel looks;
 * and discards that nobody waits for.
 */
#ifndef XENFRONT_TOOLS_BP_URING_H
#define XENFRONT_TOOLS_BP_URING_H

#include <linux/aio_abi.h>
#include <stdbool.h>
#include <stdint.h>

struct bp_uring;

struct bp_uring *bp_uring_open(unsigned int depth, bool polled);
void bp_uring_put(struct bp_uring *u, const struct iocb *cb);
void bp_uring_discard(struct bp_uring *u, int fd, uint64_t from, uint64_t len, uint64_t data);
void bp_uring_send(struct bp_uring *u);
unsigned int bp_uring_reap(struct bp_uring *u, struct io_event *events, unsigned int limit_s);

#endif /* XENFRONT_TOOLS_BP_URING_H */
