// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Keeping the receive ring of a queue with a zero-copy socket full. xnf_rx_refill() in rx_refill.c
 * calls this, and publishes what is posted here.
 *
 * Ring entries are for chunks from the fill ring. If that stays empty, a backend finds no room, and
 * gives the interface up after a while. So the queue keeps a few fallback frames of its own. It
 * posts them when the ring has run nearly empty for XNF_XSK_STALL_TIMEOUT, and a packet in one is
 * copied. When such a frame comes back from the ring, it is stored for the next time.
 */
#include "xsk.h"

/* A packet for a socket takes one to three entries. */
#define XNF_XSK_LOW		4u
/* Packets for the stack wait as long, and netback drops what has waited for 10 seconds. */
#define XNF_XSK_STALL_TIMEOUT	HZ

static void xnf_xsk_post_chunk(struct xnf_queue *q, struct xdp_buff *xdp)
{
	const struct xnf_umem *u = q->xsk->umem;
	const struct xnf_umem_frame *f;
	struct xnf_rx_buf buf = { .xdp = xdp };

	f = xnf_umem_frame(u, xdp->data_hard_start - q->xsk->pool->addrs);
	buf.page = f->page;
	buf.offset = (f - u->frame) % XEN_PFN_PER_PAGE * XFL_FRAME_SIZE;
	buf.gref = f->gref;
	xnf_rx_put(&q->rx, &buf);
}

static u32 xnf_xsk_nr_posted(const struct xnf_rx *rx)
{
	return rx->ring.req_prod_pvt - rx->ring.rsp_cons;
}

/*
 * A packet in a fallback frame may take a chunk when it is copied, so one stays free for each.
 * @posted: fallback frames that are not idle. Return: whether a further chunk may be posted.
 */
static bool xnf_xsk_have_spare_chunk(struct xnf_queue *q, u32 posted)
{
	return !posted || xsk_buff_can_alloc(q->xsk->pool, posted + 1);
}

/* Return: whether all entries are taken. The entries of a packet half received count as taken. */
static bool xnf_xsk_post_chunks(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;
	u32 free = XNF_RING_SLOTS - xnf_xsk_nr_posted(rx) - rx->nr_pending_bufs;
	u32 posted = rx->nr_fallback - rx->nr_fallback_idle;
	struct xdp_buff *chunk[XNF_RX_BATCH];
	u32 i, nr;

	while (free) {
		nr = !xnf_xsk_have_spare_chunk(q, posted) ? 0 :
		     xsk_buff_alloc_batch(q->xsk->pool, chunk,
					  posted ? 1 : min(free, XNF_RX_BATCH));
		if (!nr)
			return false;
		for (i = 0; i < nr; i++)
			xnf_xsk_post_chunk(q, chunk[i]);
		free -= nr;
		rx->starved_since = 0;
	}
	return true;
}

/* The fill ring is empty: the socket wakes us when it has chunks, or the next packet does. */
static void xnf_xsk_run_short(struct xnf_queue *q)
{
	struct xsk_buff_pool *pool = q->xsk->pool;

	xsk_set_rx_need_wakeup(pool);
	smp_mb();	/* the flag before the last look */
	if (xnf_xsk_post_chunks(q))
		xsk_clear_rx_need_wakeup(pool);
	u64_stats_update_begin(&q->stats.rx_sync);
	u64_stats_inc(&q->stats.rx_xsk_no_frame);
	u64_stats_update_end(&q->stats.rx_sync);
}

/* Return: whether packets have waited for chunks for too long. */
static bool xnf_xsk_is_starved(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;

	if (xnf_xsk_nr_posted(rx) >= XNF_XSK_LOW)
		return false;
	if (!rx->starved_since)
		rx->starved_since = jiffies ?: 1;
	if (!time_before(jiffies, rx->starved_since + XNF_XSK_STALL_TIMEOUT))
		return true;
	/* A socket without XDP_USE_NEED_WAKEUP does not wake us, so look often. */
	timer_reduce(&q->timer, xsk_uses_need_wakeup(q->xsk->pool) ?
				rx->starved_since + XNF_XSK_STALL_TIMEOUT : jiffies + 1);
	return false;
}

/**
 * xnf_xsk_post() - post chunks in all free entries, as far as the fill ring goes
 * @q: the queue
 *
 * If the fill ring was empty for too long, fallback frames are posted as well.
 *
 * Context: NAPI.
 * Return: how many new fallback frames the caller is to post.
 */
u32 xnf_xsk_post(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;

	if (likely(xnf_xsk_post_chunks(q)))
		xsk_clear_rx_need_wakeup(q->xsk->pool);
	else
		xnf_xsk_run_short(q);
	if (likely(!xnf_xsk_is_starved(q)))
		return 0;
	while (rx->nr_fallback_idle)
		xnf_rx_put(rx, &rx->fallback[--rx->nr_fallback_idle]);
	return XNF_RX_FALLBACK_BUFS - min(XNF_RX_FALLBACK_BUFS, rx->nr_fallback);
}

/* Return: false if the backend still maps the chunk. */
static bool xnf_xsk_forget_chunk(struct xnf_rx_buf *buf)
{
	if (!buf->xdp)
		return true;
	buf->xdp = NULL;
	buf->page = NULL;
	return xfl_grant_end(buf->gref);
}

/**
 * xnf_xsk_rx_forget() - see that nothing more is received into a socket that goes
 * @q: the queue; not polled, and not to be polled again before it is unmade
 *
 * The references stay taken until then, as the backend may still use them.
 */
void xnf_xsk_rx_forget(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;
	u32 i, mapped = 0;

	for (i = rx->ring.rsp_cons; i != rx->ring.req_prod_pvt; i++)
		if (!xnf_xsk_forget_chunk(&rx->buf[i & (XNF_RING_SLOTS - 1)]))
			mapped++;
	for (i = 0; i < rx->nr_pending_bufs; i++)
		if (!xnf_xsk_forget_chunk(&rx->pending_bufs[i]))
			mapped++;
	if (mapped)
		netdev_dbg(q->xn->netdev, "%u chunks are being written to\n", mapped);
}
