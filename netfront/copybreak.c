// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Up to which length packets are copied rather than granted. A grant costs two writes to the grant
 * table. These cost next to nothing on one host, and as much as a copy of a frame on a host that
 * maps the table uncached. So the driver measures both, once for each interface, and again after
 * the domain was resumed, perhaps on another host. A module parameter or ethtool --set-tunable
 * overrides the measured threshold.
 */
#include <linux/ethtool.h>
#include <linux/mm.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "cost.h"
#include "netfront.h"

/* The least of so many runs counts: interruptions can only lengthen a run. */
#define XNF_COST_RUNS		8
/* No new run is started once so much time has passed. */
#define XNF_COST_BUDGET		(200 * NSEC_PER_USEC)
/* Bytes copied at a time. */
#define XNF_COST_PIECE		256u
/* Used if nothing can be measured. */
#define XNF_COPY_DEFAULT	256u

/**
 * struct xnf_trial - what is measured with
 * @grefs: a stack of one reference
 * @page: a zeroed page, since the backend could read what is granted
 * @from: XNF_COST_BYTES to copy
 * @to: room for XNF_COST_PIECE bytes of them
 * @still_mapped: the backend maps the page
 */
struct xnf_trial {
	struct xfl_grefs grefs;
	struct page *page;
	u8 *from;
	u8 to[XNF_COST_PIECE];
	bool still_mapped;
};

static void xnf_trial_grant(struct xnf_trial *t)
{
	grant_ref_t ref = xfl_gref_pop(&t->grefs);
	u32 i;

	for (i = 0; i < XNF_COST_GRANTS && !t->still_mapped; i++) {
		xfl_grant(&t->grefs, ref, xfl_gfn(t->page, 0), true);
		t->still_mapped = !xfl_grant_end(ref);
	}
	if (likely(!t->still_mapped)) {
		xfl_gref_push(&t->grefs, ref);
		return;
	}
	xfl_grefs_park(&t->grefs, &ref, 1, xfl_park_put_page, t->page);
	t->page = NULL;
}

static void xnf_trial_copy(struct xnf_trial *t)
{
	u32 at;

	for (at = 0; at < XNF_COST_BYTES; at += XNF_COST_PIECE) {
		memcpy(t->to, t->from + at, XNF_COST_PIECE);
		barrier_data(t->to);
	}
}

static void xnf_trial_nothing(struct xnf_trial *t)
{
}

static u64 xnf_trial_time_once(struct xnf_trial *t, void (*work)(struct xnf_trial *t))
{
	u64 start = ktime_get_ns();

	work(t);
	return ktime_get_ns() - start;
}

/* Return: nanoseconds of the shortest run, with reading the clock. */
static u64 xnf_trial_least_time(struct xnf_trial *t, void (*work)(struct xnf_trial *t))
{
	u64 least = U64_MAX, end = ktime_get_ns() + XNF_COST_BUDGET;
	u32 i;

	for (i = 0; i < XNF_COST_RUNS && !t->still_mapped; i++) {
		least = min(least, xnf_trial_time_once(t, work));
		if (ktime_get_ns() > end)
			break;
	}
	return least;
}

static u32 xnf_trial_measure(struct xnf_trial *t)
{
	u64 grants, copies, clock;

	grants = xnf_trial_least_time(t, xnf_trial_grant);
	if (t->still_mapped)
		return XNF_COPY_DEFAULT;
	copies = xnf_trial_least_time(t, xnf_trial_copy);
	clock = xnf_trial_least_time(t, xnf_trial_nothing);
	if (copies <= clock)	/* the clock is too coarse */
		return XNF_COPY_DEFAULT;
	return xnf_copy_threshold(grants - min(grants, clock), copies - clock);
}

static u32 xnf_copybreak_measure(struct xnf_dev *xn)
{
	struct xnf_trial *t = kzalloc(sizeof(*t), GFP_NOIO);
	u32 threshold = XNF_COPY_DEFAULT;

	if (!t)
		return threshold;
	t->page = alloc_page(GFP_NOIO | __GFP_ZERO);
	t->from = kvzalloc(XNF_COST_BYTES, GFP_NOIO);
	if (t->page && t->from && !xfl_grefs_init(&t->grefs, xn->xd.xbdev->otherend_id, 1, 1)) {
		threshold = xnf_trial_measure(t);
		xfl_grefs_destroy(&t->grefs);
	}
	kvfree(t->from);
	if (t->page)
		__free_page(t->page);
	kfree(t);
	return threshold;
}

static u32 xnf_copybreak_pick(int interface, int parameter, u32 measured)
{
	if (interface != XNF_COPY_MEASURED)
		return interface;
	return parameter != XNF_COPY_MEASURED ? parameter : measured;
}

void xnf_copybreak_init(struct xnf_copybreak *c)
{
	c->tx_configured = XNF_COPY_MEASURED;
	c->rx_configured = XNF_COPY_MEASURED;
}

/* Decide how packets of a connection are copied. The life cycle calls this before queues exist. */
void xnf_copybreak_choose(struct xnf_dev *xn)
{
	u32 restores = READ_ONCE(xn->xd.restores);
	struct xnf_copybreak *c = &xn->copybreak;

	ASSERT_RTNL();
	if (!c->threshold || c->restores_seen != restores)
		c->threshold = xnf_copybreak_measure(xn);
	c->restores_seen = restores;
	WRITE_ONCE(c->tx, xnf_copybreak_pick(c->tx_configured, xnf_param_tx_copybreak(),
					     c->threshold));
	c->rx = xnf_copybreak_pick(c->rx_configured, xnf_param_rx_copybreak(), c->threshold);
	c->slot_bufs_for = c->tx;
}

/* Have all queues copy as decided, as far as their slot buffers go. RTNL is held. */
void xnf_copybreak_apply(struct xnf_dev *xn)
{
	const struct xnf_copybreak *c = &xn->copybreak;
	u32 i;

	ASSERT_RTNL();
	for (i = 0; i < xn->nr_queues; i++) {
		struct xnf_queue *q = &xn->queue[i];

		WRITE_ONCE(q->tx.copy_max, min(c->tx, q->tx.slot_buf_size));
		WRITE_ONCE(q->rx.copy_max, c->rx);
	}
}

/* ethtool --get-tunable */
int xnf_get_tunable(struct net_device *dev, const struct ethtool_tunable *tuna, void *data)
{
	const struct xnf_dev *xn = netdev_priv(dev);

	switch (tuna->id) {
	case ETHTOOL_TX_COPYBREAK:
		*(u32 *)data = xn->copybreak.tx;
		return 0;
	case ETHTOOL_RX_COPYBREAK:
		*(u32 *)data = xn->copybreak.rx;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* Slot buffers are made with a connection. */
static void xnf_copybreak_grow_slot_bufs(struct xnf_dev *xn)
{
	if (xn->live && xn->copybreak.tx > xn->queue[0].tx.slot_buf_size)
		xfl_reconnect(&xn->xd);
}

/* ethtool --set-tunable: from here on this length counts, whatever is measured. Under RTNL. */
int xnf_set_tunable(struct net_device *dev, const struct ethtool_tunable *tuna, const void *data)
{
	struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_copybreak *c = &xn->copybreak;
	u32 bytes = *(const u32 *)data;

	if (tuna->id != ETHTOOL_TX_COPYBREAK && tuna->id != ETHTOOL_RX_COPYBREAK)
		return -EOPNOTSUPP;
	if (bytes > XNF_COPY_MOST)
		return -EINVAL;
	if (tuna->id == ETHTOOL_RX_COPYBREAK) {
		c->rx = bytes;
		c->rx_configured = bytes;
	} else {
		WRITE_ONCE(c->tx, bytes);
		c->tx_configured = bytes;
		xnf_copybreak_grow_slot_bufs(xn);
	}
	xnf_copybreak_apply(xn);
	return 0;
}
