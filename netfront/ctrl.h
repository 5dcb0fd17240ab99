/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * The control ring: see ctrl.c.
 */
#ifndef XENFRONT_NETFRONT_CTRL_H
#define XENFRONT_NETFRONT_CTRL_H

#include <linux/if.h>

#include <xenfront/evtchn.h>
#include <xenfront/gframe.h>
#include <xenfront/ring.h>

#include "hash.h"

struct xnf_dev;
struct xenbus_transaction;

DEFINE_RING_TYPES(xnf_ctrl, struct xnf_ctrl_req, struct xnf_ctrl_rsp);

/**
 * struct xnf_ctrl - the control ring of an interface
 * @ring: shared ring; its sring is NULL while there is none
 * @ec: event channel of the ring
 * @mem: memory of the ring
 * @lock: held by whoever looks at the ring or writes to it
 * @data: frame for the data of a request, granted read-only as long as the ring is there
 * @grefs: owner of the reference of @data
 * @pool: owner of the frame of @data
 * @end: when to stop waiting, in jiffies
 * @last_id: id of the request sent last
 * @open: the backend is connected, and every request so far got its response
 * @name: of the interrupt
 *
 * Made and unmade by the life cycle while not @open; under the lock of struct xnf_rss otherwise.
 */
struct xnf_ctrl {
	struct xnf_ctrl_front_ring ring;
	struct xfl_evtchn ec;
	struct xfl_ring_mem mem;
	spinlock_t lock;
	struct xfl_gframe data;
	struct xfl_grefs grefs;
	struct xfl_framepool pool;
	unsigned long end;
	u16 last_id;
	bool open;
	char name[IFNAMSIZ + 16];
};

int xnf_ctrl_alloc(struct xnf_dev *xn);
void xnf_ctrl_free(struct xnf_dev *xn);
int xnf_ctrl_publish(const struct xnf_dev *xn, struct xenbus_transaction xbt, const char *dir);
int xnf_ctrl_request(struct xnf_dev *xn, const struct xnf_ctrl_ask *ask, u32 *value);

#endif /* XENFRONT_NETFRONT_CTRL_H */
