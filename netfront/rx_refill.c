// SPDX-License-Identifier: GPL-2.0
/*
 * Keeping the receive ring full, and emptying it at the end.
 */
#include <linux/slab.h>

#include "pages.h"

static bool post_fresh(struct xnf_rx *rx)
{
	struct xnf_rx_buf buf;

	if (!rx->grefs.nr_free)		/* the rest is with a packet half received */
		return false;
	buf.page = xnf_pages_take(&rx->pages, &buf.offset);
	if (unlikely(!buf.page))
		return false;
	buf.gref = xfl_gref_pop(&rx->grefs);
	xfl_grant(&rx->grefs, buf.gref, xfl_gfn(buf.page, buf.offset), false);
	xnf_rx_post(rx, &buf);
	return true;
}

/**
 * xnf_rx_push() - publish frames that were posted
 * @q: the queue
 */
void xnf_rx_push(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;

	if (rx->pushed == rx->ring.req_prod_pvt)
		return;
	rx->pushed = rx->ring.req_prod_pvt;
	if (XFL_RING_PUSH(&rx->ring))
		xfl_evtchn_notify(q->rx_ec.irq ? &q->rx_ec : &q->tx_ec);
}

/**
 * xnf_rx_refill() - post a frame in every free place, and publish what was posted
 * @q: the queue
 *
 * With no memory for all, as many as there is memory for; the timer comes back for
 * the rest should no packet do so before.
 *
 * Context: NAPI, or the life cycle while NAPI cannot run.
 */
void xnf_rx_refill(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;
	u32 free = XNF_RING_SLOTS - (rx->ring.req_prod_pvt - rx->ring.rsp_cons);

	while (free && post_fresh(rx))
		free--;
	if (unlikely(free && rx->grefs.nr_free)) {
		u64_stats_update_begin(&q->stats.rx_sync);
		u64_stats_inc(&q->stats.rx_no_frame);
		u64_stats_update_end(&q->stats.rx_sync);
		timer_reduce(&q->timer, jiffies + HZ / 20 + 1);
	}
	xnf_rx_push(q);
}

/* ---- what the backend keeps ---- */

/**
 * xnf_rx_park() - leave a frame to the backend, which does not let go of it
 * @q: the queue
 * @buf: the frame
 */
void xnf_rx_park(struct xnf_queue *q, struct xnf_rx_buf *buf)
{
	xfl_gref_abandon(&q->rx.grefs, 1);
	if (q->rx.pages.pool)
		xfl_park_pool_page(buf->gref, q->rx.pages.pool, buf->page);
	else
		xfl_park(&buf->gref, 1, xfl_park_put_page, buf->page);
}

static bool drop_buf(struct xnf_queue *q, struct xnf_rx_buf *buf)
{
	if (!xfl_grant_end(buf->gref)) {
		xnf_rx_park(q, buf);
		return false;
	}
	xfl_gref_push(&q->rx.grefs, buf->gref);
	xnf_pages_put(&q->rx.pages, buf->page);
	return true;
}

/**
 * xnf_rx_drop_all() - take every receive frame back
 * @q: the queue; not live
 *
 * Context: process, after the backend let go of the ring or will not any more.
 */
void xnf_rx_drop_all(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;
	u32 i, parked = 0;

	for (i = rx->ring.rsp_cons; i != rx->ring.req_prod_pvt; i++)
		parked += !drop_buf(q, &rx->buf[i & (XNF_RING_SLOTS - 1)]);
	rx->ring.rsp_cons = rx->ring.req_prod_pvt;
	while (rx->nr_held)
		parked += !drop_buf(q, &rx->held[--rx->nr_held]);
	if (parked)
		dev_warn(&q->xn->xd.xbdev->dev,
			 "queue %u: backend still maps %u receive frames, keeping them\n",
			 q->index, parked);
}
