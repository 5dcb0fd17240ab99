// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Receiving: responses off the ring, packets up the stack, frames back on the ring.
 */
#include <linux/netdevice.h>

#include "netfront.h"
#include "xsk.h"

static void xnf_rx_discard(struct xnf_queue *q, enum xnf_rsp_err err)
{
	xnf_rx_repost(&q->rx);
	if (err == XNF_OK)	/* more of a packet whose error was counted already */
		return;
	u64_stats_update_begin(&q->stats.rx_sync);
	u64_stats_inc(&q->stats.rsp_err[err]);
	u64_stats_inc(&q->stats.rx_errors);
	u64_stats_update_end(&q->stats.rx_sync);
}

/* Return: the packet for the stack, or NULL if the stack is not to have it. */
static struct sk_buff *xnf_rx_take_packet(struct xnf_queue *q)
{
	if (likely(!q->rx.xdp))
		return xnf_rx_skb(q);
	return q->xsk ? xnf_xsk_rx(q) : xnf_xdp_rx(q);
}

/* Return: bytes delivered, 0 if no packet was. */
static u32 xnf_rx_deliver(struct xnf_queue *q)
{
	struct sk_buff *skb = xnf_rx_take_packet(q);
	u32 bytes;

	if (unlikely(!skb))
		return 0;
	bytes = skb->len + ETH_HLEN;
	napi_gro_receive(&q->napi, skb);
	return bytes;
}

/**
 * struct xnf_rx_batch - what one poll did
 * @packets: packets delivered
 * @bytes: bytes of these packets
 */
struct xnf_rx_batch {
	u32 packets;
	u32 bytes;
};

/* Return: whether the entry counts in the budget: it ends a packet, or is an invalid one's. */
static bool xnf_rx_take_entry(struct xnf_queue *q, struct xnf_rx_batch *batch)
{
	struct xnf_rx *rx = &q->rx;
	enum xnf_rsp_err err;
	union xnf_rx_any copy;
	enum xnf_rx_result result;
	u32 bytes;

	RING_COPY_RESPONSE(&rx->ring, rx->ring.rsp_cons, &copy);
	result = xnf_rx_feed(&rx->packet, &rx->rules, &copy, &err);
	rx->pending_bufs[rx->nr_pending_bufs++] = rx->buf[rx->ring.rsp_cons & (XNF_RING_SLOTS - 1)];
	WRITE_ONCE(rx->ring.rsp_cons, rx->ring.rsp_cons + 1);
	if (result == XNF_RX_PART)
		return false;
	if (unlikely(result == XNF_RX_INVALID)) {
		xnf_rx_discard(q, err);
		return true;
	}
	bytes = xnf_rx_deliver(q);
	if (bytes) {
		batch->packets++;
		batch->bytes += bytes;
	}
	return true;
}

static void xnf_rx_count(struct xnf_stats *stats, const struct xnf_rx_batch *batch)
{
	u64_stats_update_begin(&stats->rx_sync);
	u64_stats_add(&stats->rx_packets, batch->packets);
	u64_stats_add(&stats->rx_bytes, batch->bytes);
	u64_stats_update_end(&stats->rx_sync);
}

/**
 * xnf_rx_poll() - deliver received packets
 * @q: the queue
 * @budget: most packets
 *
 * Frames go back to the backend every XNF_RX_BATCH entries, not at the end: a ring
 * holds no more than fourteen packets of 64 KB, and must not run dry meanwhile.
 *
 * Return: packets taken off the ring, valid or not. If the device breaks, those up to then.
 */
int xnf_rx_poll(struct xnf_queue *q, int budget)
{
	struct xnf_rx *rx = &q->rx;
	struct xnf_rx_batch batch = {};
	int pending, work = 0;
	u32 since = 0;

	while (work < budget) {
		pending = XFL_RING_PENDING(&rx->ring);
		if (unlikely(pending < 0)) {
			xfl_break(&q->xn->xd, "queue %u: impossible receive index", q->index);
			break;
		}
		if (!pending)
			break;
		while (pending-- && work < budget && xfl_believes(&q->xn->xd)) {
			if (xnf_rx_take_entry(q, &batch))
				work++;
			if (++since == XNF_RX_BATCH) {
				xnf_rx_refill(q);
				since = 0;
			}
		}
		if (!xfl_believes(&q->xn->xd))
			break;
	}
	xnf_rx_refill(q);
	if (unlikely(rx->xdp))
		xnf_xdp_flush(q);
	if (batch.packets)
		xnf_rx_count(&q->stats, &batch);
	return work;
}
