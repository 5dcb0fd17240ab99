// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Running an XDP program on a received packet, and carrying out its verdict. The program sees a
 * private copy, or the packet itself if xsk_rx.c has found that in the chunk of a socket. Sending
 * what the program sends back, and what programs of other interfaces redirect to this one.
 */
#include <linux/bpf_trace.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <net/checksum.h>

#include "headers.h"
#include "pages.h"
#include "xdp.h"

/* ---- sending ---- */

/*
 * Frames that a program sends back, and those that are redirected here.
 *
 * A frame is sent as an skb around its memory. So the transmit ring knows one kind of packet, and
 * the memory goes back to its owner when the responses are there.
 */

/* Return: whether the frame was taken: it is on the ring, or was dropped. */
static bool xnf_xdp_send_one(struct xnf_queue *q, struct xdp_frame *frame)
{
	struct net_device *dev = q->xn->netdev;
	struct sk_buff *skb;

	if (frame->len < ETH_HLEN || !xnf_tx_ready(q))
		return false;
	skb = xdp_build_skb_from_frame(frame, dev);
	if (!skb)
		return false;
	skb_push(skb, ETH_HLEN);	/* undo eth_type_trans() */
	xnf_tx_add(q, skb);
	return true;
}

/* Put a frame on the transmit ring, unpublished, in NAPI. Return: whether it was taken. */
static bool xnf_xdp_send(struct xnf_queue *q, struct xdp_frame *frame)
{
	bool sent;

	__netif_tx_lock(q->txq, smp_processor_id());
	sent = xnf_xdp_send_one(q, frame);
	__netif_tx_unlock(q->txq);
	return sent;
}

/**
 * xnf_xdp_xmit() - ndo_xdp_xmit: frames redirected to this interface
 * @dev: the interface
 * @n: number of frames
 * @frames: the frames
 * @flags: XDP_XMIT_FLUSH at the last of them
 *
 * Context: softirq.
 * Return: how many were taken; the others stay the caller's.
 */
int xnf_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames, u32 flags)
{
	struct xnf_dev *xn = netdev_priv(dev);
	u32 nr_queues = READ_ONCE(xn->nr_queues);
	struct xnf_queue *q;
	int i;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	if (unlikely(!netif_running(dev)))
		return -ENETDOWN;
	q = &READ_ONCE(xn->queue)[smp_processor_id() % nr_queues];
	__netif_tx_lock(q->txq, smp_processor_id());
	for (i = 0; i < n; i++)
		if (!xnf_xdp_send_one(q, frames[i]))
			break;
	if (flags & XDP_XMIT_FLUSH)
		xnf_tx_publish(q);
	__netif_tx_unlock(q->txq);
	return i;
}

/* ---- the private copy ---- */

/* Position in the slots of a received packet. */
struct xnf_cursor {
	const struct xnf_rx *rx;
	u32 slot;
	u32 done;
};

static void xnf_xdp_copy_bytes(struct xnf_cursor *c, u8 *to, u32 len)
{
	const struct xnf_rx_packet *p = &c->rx->packet;

	while (len) {
		const struct xnf_rx_slot *s = &p->slot[c->slot];
		u32 n = min(len, s->len - c->done);
		const struct xnf_rx_buf *buf = &c->rx->pending_bufs[xnf_rx_entry(p, c->slot)];

		memcpy(to, xnf_rx_va(buf) + s->offset + c->done, n);
		to += n;
		len -= n;
		c->done += n;
		if (c->done == s->len) {
			c->slot++;
			c->done = 0;
		}
	}
}

static bool xnf_xdp_add_frag(struct xnf_xdp *x, struct xdp_buff *xdp, struct xnf_cursor *c, u32 len)
{
	struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);
	struct page *page;
	u32 offset;

	if (!xdp_buff_has_frags(xdp)) {
		info->nr_frags = 0;
		info->xdp_frags_size = 0;
		xdp_buff_set_frags_flag(xdp);
	}
	if (info->nr_frags == MAX_SKB_FRAGS)
		return false;
	page = xnf_pages_take(&x->pages, &offset);
	if (!page)
		return false;
	if (unlikely(page_is_pfmemalloc(page)))
		xdp_buff_set_frag_pfmemalloc(xdp);
	xnf_xdp_copy_bytes(c, page_address(page) + offset, len);
	skb_frag_fill_page_desc(&info->frags[info->nr_frags++], page, offset, len);
	info->xdp_frags_size += len;
	return true;
}

/* Return: whether the packet was copied; if not, nothing is left of the copy. */
static bool xnf_xdp_copy_packet(struct xnf_rx *rx, struct xdp_buff *xdp)
{
	u32 left = rx->packet.len, n = min_t(u32, left, XNF_XDP_LINEAR);
	struct xnf_xdp *x = rx->xdp;
	struct xnf_cursor c = { .rx = rx };
	struct page *page;
	u32 offset;

	if (left > n && !x->prog->aux->xdp_has_frags)
		return false;
	page = xnf_pages_take(&x->pages, &offset);
	if (!page)
		return false;
	xdp_init_buff(xdp, XFL_FRAME_SIZE, &x->rxq);
	xdp_prepare_buff(xdp, page_address(page) + offset, XDP_PACKET_HEADROOM, n, true);
	xnf_xdp_copy_bytes(&c, xdp->data, n);
	for (left -= n; left; left -= n) {
		n = min_t(u32, left, XFL_FRAME_SIZE);
		if (!xnf_xdp_add_frag(x, xdp, &c, n)) {
			xdp_return_buff(xdp);
			return false;
		}
	}
	return true;
}

/* ---- the checksum ---- */

static __wsum xnf_xdp_sum_frags(struct xdp_buff *xdp, __wsum sum, u32 at)
{
	const struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);
	u32 i;

	for (i = 0; i < info->nr_frags; i++) {
		const skb_frag_t *frag = &info->frags[i];

		sum = csum_block_add(sum, csum_partial(skb_frag_address(frag),
						       skb_frag_size(frag), 0), at);
		at += skb_frag_size(frag);
	}
	return sum;
}

/*
 * The sender left only the sum of the pseudo header. A program, or the receiver of a packet that
 * the program sends on, needs the whole checksum.
 */
static bool xnf_xdp_complete_csum(struct xdp_buff *xdp)
{
	u32 len = xdp->data_end - xdp->data;
	u32 head = min_t(u32, len, XNF_RX_HEAD);
	u8 copy[XNF_RX_HEAD];
	struct xnf_headers h;
	__wsum sum;

	/* The owner of a socket may change its memory meanwhile, so look at a copy. */
	memcpy(copy, xdp->data, head);
	xnf_headers_find(copy, head, &h);
	if (!h.l4)
		return false;
	sum = csum_partial(xdp->data + h.l4, len - h.l4, 0);
	if (xdp_buff_has_frags(xdp))
		sum = xnf_xdp_sum_frags(xdp, sum, len - h.l4);
	*(__sum16 *)(xdp->data + h.l4 + h.csum) = csum_fold(sum) ?: CSUM_MANGLED_0;
	return true;
}

/* ---- the verdict ---- */

static void xnf_xdp_count_packet(struct xnf_queue *q, enum xnf_xdp_count what)
{
	u64_stats_update_begin(&q->stats.rx_sync);
	u64_stats_inc(&q->stats.xdp[what]);
	u64_stats_update_end(&q->stats.rx_sync);
}

static struct sk_buff *xnf_xdp_drop_packet(struct xnf_queue *q, struct xdp_buff *xdp,
					   enum xnf_xdp_count what)
{
	if (xdp)
		xdp_return_buff(xdp);
	xnf_xdp_count_packet(q, what);
	return NULL;
}

static struct sk_buff *xnf_xdp_pass(struct xnf_queue *q, struct xdp_buff *xdp)
{
	struct xdp_frame *frame;
	struct sk_buff *skb;

	if (xdp->data_end - xdp->data < ETH_HLEN)
		return xnf_xdp_drop_packet(q, xdp, XNF_XDP_FAILED);
	frame = xdp_convert_buff_to_frame(xdp);
	if (!frame)
		return xnf_xdp_drop_packet(q, xdp, XNF_XDP_FAILED);
	skb = xdp_build_skb_from_frame(frame, q->xn->netdev);
	if (!skb) {
		xdp_return_frame(frame);
		return xnf_xdp_drop_packet(q, NULL, XNF_XDP_FAILED);
	}
	if (q->rx.packet.flags & (XNF_RXF_CSUM_BLANK | XNF_RXF_VALIDATED))
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (q->rx.packet.seen & BIT(XNF_EXTRA_HASH))
		xnf_rx_set_hash(q, skb);
	skb_record_rx_queue(skb, q->index);
	xnf_xdp_count_packet(q, XNF_XDP_PASS);
	return skb;
}

static void xnf_xdp_send_back(struct xnf_queue *q, struct xdp_buff *xdp)
{
	struct xdp_frame *frame = xdp_convert_buff_to_frame(xdp);

	if (!frame) {
		xnf_xdp_drop_packet(q, xdp, XNF_XDP_FAILED);
		return;
	}
	if (!xnf_xdp_send(q, frame)) {
		xdp_return_frame(frame);
		xnf_xdp_count_packet(q, XNF_XDP_FAILED);
		return;
	}
	q->rx.xdp->sent = true;
	xnf_xdp_count_packet(q, XNF_XDP_TX);
}

static struct sk_buff *xnf_xdp_do_action(struct xnf_queue *q, struct xdp_buff *xdp, u32 act)
{
	struct net_device *dev = q->xn->netdev;
	struct xnf_xdp *x = q->rx.xdp;

	switch (act) {
	case XDP_PASS:
		return xnf_xdp_pass(q, xdp);
	case XDP_TX:
		xnf_xdp_send_back(q, xdp);
		return NULL;
	case XDP_REDIRECT:
		if (xdp_do_redirect(dev, xdp, x->prog))
			break;
		x->redirected = true;
		xnf_xdp_count_packet(q, XNF_XDP_REDIRECT);
		return NULL;
	case XDP_DROP:
		return xnf_xdp_drop_packet(q, xdp, XNF_XDP_DROP);
	default:
		bpf_warn_invalid_xdp_action(dev, x->prog, act);
		break;
	case XDP_ABORTED:
		break;
	}
	trace_xdp_exception(dev, x->prog, act);
	return xnf_xdp_drop_packet(q, xdp, XNF_XDP_FAILED);
}

/**
 * xnf_xdp_run() - show a packet to the program
 * @q: the queue, which has a program; its receive side has what the backend said of the packet
 * @xdp: the packet
 *
 * Context: NAPI.
 * Return: the packet for the stack, or NULL if the stack is not to have it. Either is counted.
 */
struct sk_buff *xnf_xdp_run(struct xnf_queue *q, struct xdp_buff *xdp)
{
	/* A packet to be segmented: GSO was not advertised, see xdp.c. */
	if (unlikely(q->rx.packet.gso_size))
		return xnf_xdp_drop_packet(q, xdp, XNF_XDP_FAILED);
	if (q->rx.packet.flags & XNF_RXF_CSUM_BLANK && !xnf_xdp_complete_csum(xdp))
		return xnf_xdp_drop_packet(q, xdp, XNF_XDP_FAILED);
	return xnf_xdp_do_action(q, xdp, bpf_prog_run_xdp(q->rx.xdp->prog, xdp));
}

/**
 * xnf_xdp_rx() - show the packet that was just received to the program
 * @q: the queue, which has a program
 *
 * Afterwards every pending frame is posted again, see xnf_rx_post().
 *
 * Context: NAPI.
 * Return: the packet for the stack, or NULL if the stack is not to have it. Either is counted.
 */
struct sk_buff *xnf_xdp_rx(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;
	struct xdp_buff xdp;
	bool good = xnf_xdp_copy_packet(rx, &xdp);

	xnf_rx_repost(rx);
	if (!good)
		return xnf_xdp_drop_packet(q, NULL, XNF_XDP_FAILED);
	return xnf_xdp_run(q, &xdp);
}

/* At the end of a poll, send what the program redirected or sent back. */
void xnf_xdp_flush(struct xnf_queue *q)
{
	struct xnf_xdp *x = q->rx.xdp;

	if (x->redirected)
		xdp_do_flush();
	if (x->sent)
		xnf_tx_flush(q);
	x->redirected = false;
	x->sent = false;
}
