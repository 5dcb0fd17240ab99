/* SPDX-License-Identifier: GPL-2.0 */
/* Polled I/O by io_uring: no event tells that a request is complete, the kernel looks. */
#ifndef XENFRONT_TOOLS_BP_URING_H
#define XENFRONT_TOOLS_BP_URING_H

#include <linux/aio_abi.h>

struct bp_uring;

struct bp_uring *bp_uring_open(unsigned int depth);
void bp_uring_put(struct bp_uring *u, const struct iocb *cb);
unsigned int bp_uring_reap(struct bp_uring *u, struct io_event *events, unsigned int limit_s);

#endif /* XENFRONT_TOOLS_BP_URING_H */
