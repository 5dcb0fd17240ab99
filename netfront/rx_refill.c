// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Keeping the receive ring full, with frames of the queue, and emptying it at the end. What a queue
 * with a zero-copy socket posts, xsk_refill.c decides.
 */
#include <linux/slab.h>

#include "pages.h"
#include "xsk.h"

static bool xnf_rx_post_page(struct xnf_rx *rx)
{
	struct xnf_rx_buf buf;

	if (!rx->grefs.nr_free)		/* the others are with a packet that is half received */
		return false;
	buf.page = xnf_pages_take(&rx->pages, &buf.offset);
	if (unlikely(!buf.page))
		return false;
	buf.xdp = NULL;
	buf.gref = xfl_gref_pop(&rx->grefs);
	xfl_grant(&rx->grefs, buf.gref, xfl_gfn(buf.page, buf.offset), false);
	xnf_rx_put(rx, &buf);
	return true;
}

/* Publish the frames that were posted. */
static void xnf_rx_push(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;

	if (rx->pushed == rx->ring.req_prod_pvt)
		return;
	rx->pushed = rx->ring.req_prod_pvt;
	if (XFL_RING_PUSH(&rx->ring))
		xfl_evtchn_notify(q->rx_ec.irq ? &q->rx_ec : &q->tx_ec);
}

/*
 * Post as many frames as there is memory for; the timer tries again for the rest.
 * Return: how many were posted.
 */
static u32 xnf_rx_post_pages(struct xnf_queue *q, u32 free)
{
	struct xnf_rx *rx = &q->rx;
	u32 wanted = free;

	while (free && xnf_rx_post_page(rx))
		free--;
	if (unlikely(free && rx->grefs.nr_free)) {
		u64_stats_update_begin(&q->stats.rx_sync);
		u64_stats_inc(&q->stats.rx_no_frame);
		u64_stats_update_end(&q->stats.rx_sync);
		timer_reduce(&q->timer, jiffies + HZ / 20 + 1);
	}
	xnf_rx_push(q);
	return wanted - free;
}

/**
 * xnf_rx_prepare() - post the first frames of a new connection
 * @q: the queue, just made
 *
 * A queue that is to serve a zero-copy socket gets fallback frames only. The other entries are for
 * chunks, which NAPI posts.
 *
 * Context: life cycle or ethtool, with RTNL.
 */
void xnf_rx_prepare(struct xnf_queue *q)
{
	xnf_rx_post_pages(q, xnf_xsk_of(q) ? XNF_RX_FALLBACK_BUFS : XNF_RING_SLOTS);
}

/**
 * xnf_rx_refill() - post a frame in every free entry, and publish what was posted
 * @q: the queue
 *
 * If memory is short, the timer tries again, should no packet come before. With a zero-copy socket
 * free entries are for its chunks. Only if no chunk comes for long are fallback frames posted.
 *
 * A ring that is not believed any more is not written to, and its backend is given no frame.
 *
 * Context: NAPI.
 */
void xnf_rx_refill(struct xnf_queue *q)
{
	const struct xnf_rx_front_ring *ring = &q->rx.ring;

	if (unlikely(!xfl_believes(&q->xn->xd)))
		return;
	if (unlikely(q->xsk))
		q->rx.nr_fallback += xnf_rx_post_pages(q, xnf_xsk_post(q));
	else
		xnf_rx_post_pages(q, XNF_RING_SLOTS - (ring->req_prod_pvt - ring->rsp_cons));
}

/* ---- what the backend keeps ---- */

/* Park a frame that the backend still maps, with its reference. */
void xnf_rx_park(struct xnf_queue *q, struct xnf_rx_buf *buf)
{
	if (q->rx.pages.pool)
		xfl_grefs_park_pool_page(&q->rx.grefs, buf->gref, q->rx.pages.pool, buf->page);
	else
		xfl_grefs_park(&q->rx.grefs, &buf->gref, 1, xfl_park_put_page, buf->page);
}

/* @last: the connection ends, so the kernel gets the reference, see xnf_tx_slot_end_grant(). */
static bool xnf_rx_end_access(struct xnf_rx *rx, const struct xnf_rx_buf *buf, bool last)
{
	if (last)
		return xfl_grant_end_free(&rx->grefs, buf->gref);
	if (!xfl_grant_end(buf->gref))
		return false;
	xfl_gref_push(&rx->grefs, buf->gref);
	return true;
}

/* Return: false if the backend still maps the frame, which is parked then. */
static bool xnf_rx_drop_buf(struct xnf_queue *q, struct xnf_rx_buf *buf, bool last)
{
	if (buf->xdp) {
		xsk_buff_free(buf->xdp);
		return true;
	}
	if (!buf->page)
		return true;
	if (!xnf_rx_end_access(&q->rx, buf, last)) {
		xnf_rx_park(q, buf);
		return false;
	}
	xnf_pages_put(&q->rx.pages, buf->page);
	return true;
}

/**
 * xnf_rx_put_fallback() - store a fallback frame that came back from the ring
 * @rx: receive side in xsk_mode, its owner only
 * @buf: the frame, granted, not on the ring
 *
 * If the store is full, the frame is given back, or parked if the backend still maps it.
 */
void xnf_rx_put_fallback(struct xnf_rx *rx, const struct xnf_rx_buf *buf)
{
	struct xnf_rx_buf more = *buf;

	if (rx->nr_fallback_idle < XNF_RX_FALLBACK_BUFS) {
		rx->fallback[rx->nr_fallback_idle++] = more;
		return;
	}
	rx->nr_fallback--;
	xnf_rx_drop_buf(container_of(rx, struct xnf_queue, rx), &more, false);
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
		if (!xnf_rx_drop_buf(q, &rx->buf[i & (XNF_RING_SLOTS - 1)], true))
			parked++;
	WRITE_ONCE(rx->ring.rsp_cons, rx->ring.req_prod_pvt);
	while (rx->nr_pending_bufs)
		if (!xnf_rx_drop_buf(q, &rx->pending_bufs[--rx->nr_pending_bufs], true))
			parked++;
	while (rx->nr_fallback_idle)
		if (!xnf_rx_drop_buf(q, &rx->fallback[--rx->nr_fallback_idle], true))
			parked++;
	if (parked && xfl_may_log(&q->xn->xd))
		dev_warn(&q->xn->xd.xbdev->dev,
			 "queue %u: backend still maps %u receive frames, keeping them\n",
			 q->index, parked);
}
