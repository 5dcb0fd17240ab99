// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Receiving: responses off the ring, packets up the stack, frames back on the ring.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/checksum.h>

#include "headers.h"
#include "netfront.h"
#include "pages.h"
#include "xsk.h"

/* ---- from frames to an skb ---- */

/*
 * A small packet is copied, and its frame is posted again with its grant. Of a larger packet only
 * the headers are copied, so that what is parsed cannot change any more. Its payload stays where it
 * is, after the grants of its frames have ended. With @copy_all of &struct xnf_rx it is copied too:
 * the backend is not trusted, or the queue serves a zero-copy socket.
 */

/* The bytes of a slot that are left once headers were copied from it. */
struct xnf_rx_rest {
	struct xnf_rx_buf *buf;
	u32 offset;
	u32 len;
};

/* Return: whether the backend can no longer write to the frame. */
static bool xnf_rx_take_frame(struct xnf_queue *q, struct xnf_rx_buf *buf)
{
	if (likely(xfl_grant_end(buf->gref))) {
		xfl_gref_push(&q->rx.grefs, buf->gref);
		return true;
	}
	xnf_rx_park(q, buf);
	xfl_break(&q->xn->xd, "queue %u: backend still maps a receive frame that it filled",
		  q->index);
	return false;
}

/* Return: the skb whose fragment list has room; the chain grows at its end as needed. */
static struct sk_buff *xnf_rx_skb_with_room(struct xnf_queue *q, struct sk_buff *head,
					    struct sk_buff *tail)
{
	struct sk_buff *next;

	if (likely(skb_shinfo(tail)->nr_frags < MAX_SKB_FRAGS))
		return tail;
	next = napi_alloc_skb(&q->napi, 0);
	if (!next)
		return NULL;
	if (tail == head)
		skb_shinfo(head)->frag_list = next;
	else
		tail->next = next;
	head->truesize += next->truesize;
	return next;
}

static void xnf_rx_skb_add_bytes(struct sk_buff *head, struct sk_buff *tail, struct page *page,
				 u32 offset, u32 len, u32 truesize)
{
	skb_add_rx_frag(tail, skb_shinfo(tail)->nr_frags, page, offset, len, truesize);
	if (tail == head)
		return;
	head->len += len;
	head->data_len += len;
	head->truesize += truesize;
}

/* With @copy_all, memory that the backend can write to never leaves the driver. */
static bool xnf_rx_skb_add_copy(struct xnf_rx *rx, struct sk_buff *head, struct sk_buff *tail,
				const struct xnf_rx_rest *r)
{
	u32 size = SKB_DATA_ALIGN(r->len);
	void *va = napi_alloc_frag(size);

	if (va) {
		struct page *page = virt_to_head_page(va);

		memcpy(va, xnf_rx_va(r->buf) + r->offset, r->len);
		xnf_rx_skb_add_bytes(head, tail, page, va - page_address(page), r->len, size);
	}
	xnf_rx_post(rx, r->buf);
	return va;
}

static bool xnf_rx_skb_add_frame(struct xnf_queue *q, struct sk_buff *head, struct sk_buff *tail,
				 const struct xnf_rx_rest *r)
{
	if (unlikely(!xnf_rx_take_frame(q, r->buf)))
		return false;
	xnf_rx_skb_add_bytes(head, tail, r->buf->page, r->buf->offset + r->offset, r->len,
			     XFL_FRAME_SIZE);
	if (q->rx.pages.pool)
		skb_mark_for_recycle(tail);
	return true;
}

/* Return: whether the bytes are in the packet; if not, the frame is posted again or parked. */
static bool xnf_rx_skb_add_rest(struct xnf_queue *q, struct sk_buff *head, struct sk_buff **tail,
				const struct xnf_rx_rest *r)
{
	struct sk_buff *room = xnf_rx_skb_with_room(q, head, *tail);

	if (unlikely(!room)) {
		xnf_rx_post(&q->rx, r->buf);
		return false;
	}
	*tail = room;
	return q->rx.copy_all ? xnf_rx_skb_add_copy(&q->rx, head, room, r) :
				xnf_rx_skb_add_frame(q, head, room, r);
}

static bool xnf_rx_skb_add_slots(struct xnf_queue *q, struct sk_buff *head, u32 pulled)
{
	struct xnf_rx *rx = &q->rx;
	const struct xnf_rx_packet *p = &rx->packet;
	struct sk_buff *tail = head;
	bool good = true;
	u32 k;

	for (k = 0; k < p->nr_slots; k++, pulled = 0) {
		struct xnf_rx_rest r = {
			.buf = &rx->pending_bufs[xnf_rx_entry(p, k)],
			.offset = p->slot[k].offset + pulled,
			.len = p->slot[k].len - pulled,
		};

		if (likely(good && r.len))
			good = xnf_rx_skb_add_rest(q, head, &tail, &r);
		else
			xnf_rx_post(rx, r.buf);
	}
	return good;
}

static void xnf_rx_post_extras(struct xnf_rx *rx)
{
	u32 i;

	for (i = 0; i < rx->packet.nr_extras; i++)
		xnf_rx_post(rx, &rx->pending_bufs[1 + i]);
}

/* ---- checksum and segmentation ---- */

static void xnf_rx_set_gso(struct sk_buff *skb, const struct xnf_rx_packet *p)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	info->gso_size = p->gso_size;
	info->gso_type = p->gso_type == XNF_GSO_TCPV6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	/* The stack verifies what another domain says, and counts the segments itself. */
	info->gso_type |= SKB_GSO_DODGY;
	info->gso_segs = 0;
}

static void xnf_rx_apply_extras(struct xnf_queue *q, struct sk_buff *skb)
{
	const struct xnf_rx_packet *p = &q->rx.packet;

	if (p->gso_size)
		xnf_rx_set_gso(skb, p);
	if (p->seen & BIT(XNF_EXTRA_HASH))
		xnf_rx_set_hash(q, skb);
}

/* Return: false if the checksum is left to us and cannot be completed. */
static bool xnf_rx_set_csum(struct sk_buff *skb, const struct xnf_rx_packet *p,
			    const struct xnf_headers *h)
{
	bool blank = p->flags & XNF_RXF_CSUM_BLANK;

	if (likely(blank && h->l4))
		return skb_partial_csum_set(skb, h->l4 - ETH_HLEN, h->csum);
	if (blank || p->gso_size) {
		/* Segments of a packet with a full checksum need it blank again. */
		skb->ip_summed = CHECKSUM_PARTIAL;
		return !skb_checksum_setup(skb, !blank);
	}
	if (p->flags & XNF_RXF_VALIDATED)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	return true;
}

static struct sk_buff *xnf_rx_finish_skb(struct xnf_queue *q, struct sk_buff *skb,
					 const struct xnf_headers *h)
{
	const struct xnf_rx_packet *p = &q->rx.packet;

	if (p->seen)
		xnf_rx_apply_extras(q, skb);
	skb->protocol = eth_type_trans(skb, q->xn->netdev);
	skb_reset_network_header(skb);
	if (unlikely(!xnf_rx_set_csum(skb, p, h))) {
		u64_stats_update_begin(&q->stats.rx_sync);
		u64_stats_inc(&q->stats.rx_errors);
		u64_stats_update_end(&q->stats.rx_sync);
		kfree_skb(skb);
		return NULL;
	}
	skb_record_rx_queue(skb, q->index);
	return skb;
}

/* ---- the whole packet ---- */

static struct sk_buff *xnf_rx_drop_packet(struct xnf_queue *q, struct sk_buff *skb)
{
	kfree_skb(skb);
	u64_stats_update_begin(&q->stats.rx_sync);
	u64_stats_inc(&q->stats.rx_dropped);
	u64_stats_update_end(&q->stats.rx_sync);
	return NULL;
}

static struct sk_buff *xnf_rx_skb_build(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;
	const struct xnf_rx_packet *p = &rx->packet;
	bool whole = p->len <= READ_ONCE(rx->copy_max) && p->nr_slots == 1;
	u32 head = whole ? p->len : min_t(u32, p->slot[0].len, XNF_RX_HEAD);
	struct xnf_headers h;
	struct sk_buff *skb;

	skb = napi_alloc_skb(&q->napi, head);
	if (unlikely(!skb)) {
		xnf_rx_repost(rx);
		return xnf_rx_drop_packet(q, NULL);
	}
	skb_put_data(skb, xnf_rx_va(&rx->pending_bufs[0]) + p->slot[0].offset, head);
	xnf_headers_find(skb->data, head, &h);
	xnf_rx_post_extras(rx);
	if (whole) {
		xnf_rx_post(rx, &rx->pending_bufs[0]);
		return xnf_rx_finish_skb(q, skb, &h);
	}
	__skb_trim(skb, h.len);
	if (unlikely(!xnf_rx_skb_add_slots(q, skb, h.len)))
		return xnf_rx_drop_packet(q, skb);
	return xnf_rx_finish_skb(q, skb, &h);
}

/**
 * xnf_rx_skb() - turn the packet that was just received into an skb
 * @q: the queue; its receive side has a whole packet
 *
 * Afterwards every pending frame is in the skb, posted again (xnf_rx_post()) or parked.
 *
 * Context: NAPI.
 * Return: the skb, or NULL if the packet was dropped, which is counted.
 */
static struct sk_buff *xnf_rx_skb(struct xnf_queue *q)
{
	struct sk_buff *skb = xnf_rx_skb_build(q);

	q->rx.nr_pending_bufs = 0;
	return skb;
}

/* ---- the poll ---- */

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
