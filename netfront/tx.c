// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Sending: checking packets of the stack, putting them and XDP frames on the ring, notifying the
 * backend, accounting.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <net/sock.h>

#include "netfront.h"
#include "tx_skb.h"

/* ---- putting a packet on the ring ---- */

/*
 * Which bytes of a packet are copied, which are granted, and the requests for both. xnf_tx_put()
 * and all that it calls run under the transmit lock and with ring room for the largest packet.
 */

/**
 * struct xnf_put - a packet on its way to the ring
 * @tx: transmit side of the queue
 * @skb: the packet
 * @left: data slots still to be put
 * @holders: slots so far that hold @skb
 * @flags: XNF_TXF_* of slot 0
 * @first: slot 0 is still to be put
 * @count_in_cb: nobody else has a reference to @skb, so its control buffer is ours to count in
 */
struct xnf_put {
	struct xnf_tx *tx;
	struct sk_buff *skb;
	u32 left;
	u32 holders;
	u16 flags;
	bool first;
	bool count_in_cb;
};

static void xnf_tx_put_extra(struct xnf_tx *tx, const struct sk_buff *skb)
{
	u8 type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 ? XNF_GSO_TCPV6 : XNF_GSO_TCPV4;
	struct xnf_extra *entry;

	entry = (struct xnf_extra *)xnf_tx_next(tx);
	*entry = xnf_tx_extra_gso(skb_shinfo(skb)->gso_size, type);
	tx->extra_rsps_due++;
}

static void xnf_tx_put_request(struct xnf_put *p, u32 index, grant_ref_t gref, u32 offset, u32 len)
{
	struct xnf_tx *tx = p->tx;
	struct xnf_tx_slot *slot = &tx->slot[index];
	struct xnf_tx_req req = {
		.gref = gref,
		.offset = offset,
		.flags = --p->left ? XNF_TXF_MORE : 0,
		.id = xfl_slot_id(&tx->slots, index),
		.size = len,
	};

	slot->len = len;
	slot->first = p->first;
	if (p->first) {
		req.flags |= p->flags;
		req.size = p->skb->len;
	}
	*xnf_tx_next(tx) = req;
	if (p->first && p->flags & XNF_TXF_EXTRA)
		xnf_tx_put_extra(tx, p->skb);
	p->first = false;
}

static void xnf_tx_slot_set_skb(struct xnf_put *p, struct xnf_tx_slot *slot)
{
	slot->skb = p->skb;
	slot->count_in_cb = p->count_in_cb;
	p->holders++;
}

/*
 * Copy the first @len bytes of the packet to the slot's own buffer. The slot holds the packet all
 * the same: a socket counts packets that are not freed, and its limit on them is the only brake on
 * a sender that outruns the backend.
 */
static void xnf_tx_put_slot_buf(struct xnf_put *p, u32 len)
{
	u32 index = xnf_tx_slot_get(p->tx);
	struct xnf_tx_slot *slot = &p->tx->slot[index];

	if (likely(len <= skb_headlen(p->skb)))
		memcpy(slot->buf, p->skb->data, len);
	else
		skb_copy_bits(p->skb, 0, slot->buf, len);
	xnf_tx_slot_set_skb(p, slot);
	xnf_tx_put_request(p, index, slot->buf_gref, slot->buf_offset, len);
}

/* Grant a run of the packet's own memory, with one slot for each frame. */
static void xnf_tx_put_granted(struct xnf_put *p, struct page *page, u32 offset, u32 len)
{
	struct xnf_tx *tx = p->tx;

	while (len) {
		u32 chunk = xfl_frame_chunk(offset, len);
		u32 index = xnf_tx_slot_get(p->tx);
		struct xnf_tx_slot *slot = &tx->slot[index];

		xnf_tx_slot_set_skb(p, slot);
		slot->granted = true;
		xfl_grant(&tx->grefs, slot->gref, xfl_gfn(page, offset), true);
		xnf_tx_put_request(p, index, slot->gref, xfl_frame_offset(offset), chunk);
		offset += chunk;
		len -= chunk;
	}
}

static void xnf_tx_put_frags(struct xnf_put *p)
{
	const struct skb_shared_info *info = skb_shinfo(p->skb);
	u32 i;

	for (i = 0; i < info->nr_frags; i++)
		xnf_tx_put_granted(p, skb_frag_page(&info->frags[i]), skb_frag_off(&info->frags[i]),
				   skb_frag_size(&info->frags[i]));
}

/*
 * The last response for its slots frees a packet. The control buffer of a shared packet is not
 * ours to count in, so each slot takes a reference to the packet instead.
 */
static void xnf_tx_count_holders(struct xnf_put *p)
{
	if (p->count_in_cb) {
		xnf_tx_skb(p->skb)->pending = p->holders;
		return;
	}
	while (--p->holders)
		skb_get(p->skb);
}

static u32 xnf_tx_list_pieces(const struct sk_buff *skb, struct xnf_piece *piece)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	u32 i;

	piece[0].offset = offset_in_page(skb->data);
	piece[0].len = skb_headlen(skb);
	for (i = 0; i < info->nr_frags; i++) {
		piece[i + 1].offset = skb_frag_off(&info->frags[i]);
		piece[i + 1].len = skb_frag_size(&info->frags[i]);
	}
	return i + 1;
}

/*
 * Bytes to copy to the buffer of slot 0: all of a linear area that fits, so that headers cost no
 * grant; and enough of a linear area that starts too close to the end of a frame.
 */
static u32 xnf_tx_lead_length(const struct xnf_piece *head, u32 copy_max)
{
	if (head->len <= copy_max)
		return head->len;
	if (xfl_frame_chunk(head->offset, head->len) < XNF_FIRST_SLOT_MIN)
		return min(head->len, XNF_SLOT_BUF_MIN);
	return 0;
}

/* ---- packets over the slot limit, or for a backend that may see no memory of ours ---- */

/**
 * struct xnf_gather - the bounce frame being filled
 * @frame: index of the frame
 * @fill: bytes in the frame; 0 if none is taken
 */
struct xnf_gather {
	u16 frame;
	u32 fill;
};

static void xnf_gather_flush(struct xnf_put *p, struct xnf_gather *g)
{
	u32 index;

	if (!g->fill)
		return;
	index = xnf_tx_slot_get(p->tx);
	p->tx->slot[index].bounce = g->frame;
	xnf_tx_slot_set_skb(p, &p->tx->slot[index]);
	xnf_tx_put_request(p, index, p->tx->bounce[g->frame].gref, 0, g->fill);
	g->fill = 0;
}

static void xnf_gather_bytes(struct xnf_put *p, struct xnf_gather *g, u32 from, u32 len)
{
	while (len) {
		u32 n;

		if (!g->fill)
			g->frame = p->tx->bounce_free[--p->tx->nr_bounce_free];
		n = min(len, XFL_FRAME_SIZE - g->fill);
		skb_copy_bits(p->skb, from, p->tx->bounce[g->frame].va + g->fill, n);
		g->fill += n;
		from += n;
		len -= n;
		if (g->fill == XFL_FRAME_SIZE)
			xnf_gather_flush(p, g);
	}
}

static void xnf_tx_put_chunk(struct xnf_put *p, const struct xnf_chunk *chunk)
{
	const skb_frag_t *frag;

	if (!chunk->index) {
		xnf_tx_put_granted(p, virt_to_page(p->skb->data),
				   offset_in_page(p->skb->data) + chunk->offset, chunk->len);
		return;
	}
	frag = &skb_shinfo(p->skb)->frags[chunk->index - 1];
	xnf_tx_put_granted(p, skb_frag_page(frag), skb_frag_off(frag) + chunk->offset, chunk->len);
}

static int xnf_tx_put_gathered(struct xnf_put *p, const struct xnf_piece *piece, u32 nr)
{
	u32 copy_below = p->tx->copy_all ? XNF_COPY_ALL : 0;
	struct xnf_cut cut = { .piece = piece, .nr = nr };
	struct xnf_gather g = {};
	struct xnf_chunk chunk;
	u32 done = 0;
	int slots;

	slots = xnf_tx_plan(piece, nr, p->tx->max_slots, &copy_below);
	if (slots < 0)
		return slots;
	if (WARN_ON_ONCE(p->tx->nr_bounce_free < slots) || !xnf_tx_has_slots(p->tx, slots))
		return -ENOSPC;
	p->left = slots;
	while (xnf_cut_next(&cut, piece, &chunk)) {
		if (xnf_tx_copies(chunk.len, done, copy_below)) {
			xnf_gather_bytes(p, &g, done, chunk.len);
		} else {
			xnf_gather_flush(p, &g);
			xnf_tx_put_chunk(p, &chunk);
		}
		done += chunk.len;
	}
	xnf_gather_flush(p, &g);
	return 0;
}

/* ---- any packet ---- */

static int xnf_tx_put_large(struct xnf_put *p, bool *gathered)
{
	struct xnf_piece piece[MAX_SKB_FRAGS + 1];
	u32 nr = xnf_tx_list_pieces(p->skb, piece);
	u32 lead = xnf_tx_lead_length(&piece[0], READ_ONCE(p->tx->copy_max));
	bool headless = piece[0].len < XNF_FIRST_SLOT_MIN;
	u32 slots;

	slots = (lead ? 1 : 0) + xfl_frames_spanned(piece[0].offset + lead, piece[0].len - lead) +
		xnf_tx_count(piece + 1, nr - 1);
	if (unlikely(slots > p->tx->max_slots || p->tx->copy_all || headless)) {
		*gathered = true;
		return xnf_tx_put_gathered(p, piece, nr);
	}
	if (unlikely(!xnf_tx_has_slots(p->tx, slots)))
		return -ENOSPC;
	p->left = slots;
	if (lead)
		xnf_tx_put_slot_buf(p, lead);
	xnf_tx_put_granted(p, virt_to_page(p->skb->data), piece[0].offset + lead,
			   piece[0].len - lead);
	xnf_tx_put_frags(p);
	return 0;
}

static u16 xnf_tx_first_flags(const struct sk_buff *skb)
{
	u16 flags = 0;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		flags = XNF_TXF_CSUM_BLANK | XNF_TXF_VALIDATED;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		flags = XNF_TXF_VALIDATED;
	if (skb_is_gso(skb))
		flags |= XNF_TXF_EXTRA;
	return flags;
}

/**
 * xnf_tx_put() - put a packet on the ring, unpublished
 * @tx: transmit side; has room for the largest packet, see xnf_tx_may_send()
 * @skb: the packet, at least an Ethernet header and at most XNF_TX_PACKET_MAX long;
 *	on success the ring owns it until all its responses are there
 * @gathered: set if the packet was copied to bounce frames
 *
 * Context: transmit lock.
 * Return: 0, -EMSGSIZE if the packet does not fit in the slots allowed even if it is copied, or
 * -ENOSPC if the driver lost slots; on error nothing of @skb is on the ring.
 */
static int xnf_tx_put(struct xnf_tx *tx, struct sk_buff *skb, bool *gathered)
{
	struct xnf_put p = {
		.tx = tx,
		.skb = skb,
		.left = 1,
		.flags = xnf_tx_first_flags(skb),
		.first = true,
		.count_in_cb = !skb_shared(skb),
	};
	int err;

	if (skb->len <= READ_ONCE(tx->copy_max)) {
		if (unlikely(!xnf_tx_has_slots(tx, 1)))
			return -ENOSPC;
		xnf_tx_put_slot_buf(&p, skb->len);
	} else {
		err = xnf_tx_put_large(&p, gathered);
		if (unlikely(err))
			return err;
	}
	xnf_tx_count_holders(&p);
	return 0;
}

/* ---- sending ---- */

/*
 * The timer is started after the push. If it fires in between, its poll sees the packet and starts
 * the timer anew.
 */
static void xnf_tx_push(struct xnf_queue *q)
{
	if (XFL_RING_PUSH(&q->tx.ring))
		xfl_evtchn_notify(&q->tx_ec);
	timer_reduce(&q->timer, jiffies + XNF_TX_LINGER);
	if (unlikely(xnf_tx_within_slack(q->tx.asked, q->tx.ring.rsp_cons)))
		xnf_tx_arm_asked(q);
}

/*
 * Whether the sender may need the response to this packet, or to one shortly before it, to go on.
 * A datagram socket is limited by its packets under way. A program that sends by a ring of
 * AF_PACKET or AF_XDP waits for its buffers, and so does one that lent its memory (zero copy). A
 * stream waits for its peer, whose packet brings a poll.
 */
static bool xnf_tx_is_waited_for(struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (unlikely(skb_zcopy(skb)))
		return true;
	if (!sk || !sk_fullsock(sk) || sk->sk_type == SOCK_STREAM)
		return false;
	return !sock_writeable(sk) || sk->sk_family == PF_PACKET || sk->sk_family == PF_XDP;
}

/* Have an event at the response to the last packet: xnf_tx_push() asks for it. */
static void xnf_tx_ask_event(struct xnf_tx *tx)
{
	WRITE_ONCE(tx->asked, tx->ring.req_prod_pvt);
}

/* Make room for the next packet, or stop the queue; NAPI starts it again. */
static void xnf_tx_look_ahead(struct xnf_queue *q)
{
	struct xnf_tx *tx = &q->tx;

	if (likely(xnf_tx_may_send(tx, xnf_tx_need(tx))))
		return;
	xnf_tx_reap(q, 0);
	if (xnf_tx_may_send(tx, xnf_tx_need(tx)))
		return;
	netif_tx_stop_queue(q->txq);
	u64_stats_update_begin(&q->stats.tx_sync);
	u64_stats_inc(&q->stats.tx_stopped);
	u64_stats_update_end(&q->stats.tx_sync);
}

static void xnf_tx_count_packet(struct xnf_stats *stats, u32 bytes, bool gathered)
{
	u64_stats_update_begin(&stats->tx_sync);
	u64_stats_inc(&stats->tx_packets);
	u64_stats_add(&stats->tx_bytes, bytes);
	if (unlikely(gathered))
		u64_stats_inc(&stats->tx_gathered);
	u64_stats_update_end(&stats->tx_sync);
}

/* Packets before this one may wait to be published, so publish them also if this one is dropped. */
static netdev_tx_t xnf_tx_drop(struct xnf_queue *q, struct sk_buff *skb)
{
	u64_stats_update_begin(&q->stats.tx_sync);
	u64_stats_inc(&q->stats.tx_dropped);
	u64_stats_update_end(&q->stats.tx_sync);
	dev_kfree_skb_any(skb);
	if (q->tx.ring.sring && xfl_believes(&q->xn->xd) && !netdev_xmit_more())
		xnf_tx_push(q);
	return NETDEV_TX_OK;
}

/* There is no ring, or it must not be written; if the guest suspends, perhaps only for a moment. */
static netdev_tx_t xnf_tx_refuse(struct xnf_queue *q, struct sk_buff *skb)
{
	if (!q->tx.ring.sring || READ_ONCE(q->xn->xd.withheld) != XFL_WITHHELD_SUSPEND)
		return xnf_tx_drop(q, skb);
	netif_tx_stop_queue(q->txq);
	return NETDEV_TX_BUSY;
}

static bool xnf_offer_takes_blank_csum(const struct xnf_offer *offer, const struct sk_buff *skb)
{
	return vlan_get_protocol(skb) == htons(ETH_P_IPV6) ? offer->csum_ipv6 : !offer->no_csum;
}

static bool xnf_offer_takes_gso(const struct xnf_offer *offer, const struct sk_buff *skb)
{
	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6)
		return offer->gso_tcpv6;
	return offer->gso_tcpv4;
}

/*
 * A packet that waited in a qdisc was made for an earlier backend, and the stack does not check it
 * again. The number of pieces does not matter: too many are gathered.
 *
 * Return: whether the packet can be sent, perhaps only after its checksum was completed here.
 */
static bool xnf_tx_check(const struct xnf_offer *offer, struct sk_buff *skb)
{
	bool blank = skb->ip_summed == CHECKSUM_PARTIAL && !xnf_offer_takes_blank_csum(offer, skb);

	if (skb_is_gso(skb))
		return !blank && xnf_offer_takes_gso(offer, skb);
	return !blank || !skb_checksum_help(skb);
}

/* ndo_start_xmit */
netdev_tx_t xnf_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_queue *q = &READ_ONCE(xn->queue)[skb_get_queue_mapping(skb)];
	struct xnf_tx *tx = &q->tx;
	u32 bytes = skb->len;
	bool gathered = false;
	bool push, waited;

	if (unlikely(!tx->ring.sring || !xfl_believes(&xn->xd)))
		return xnf_tx_refuse(q, skb);
	if (unlikely(bytes < ETH_HLEN || bytes > XNF_TX_PACKET_MAX))
		return xnf_tx_drop(q, skb);
	if (unlikely(!xnf_tx_may_send(tx, xnf_tx_need(tx)))) {
		netif_tx_stop_queue(q->txq);
		return NETDEV_TX_BUSY;
	}
	if (unlikely(xn->needs_tx_check) && !xnf_tx_check(&xn->offer, skb))
		return xnf_tx_drop(q, skb);
	skb_tx_timestamp(skb);
	/* A backend may hold a packet for long; the end of a namespace must not wait for it. */
	nf_reset_ct(skb);
	waited = xnf_tx_is_waited_for(skb);
	if (unlikely(xnf_tx_put(tx, skb, &gathered)))
		return xnf_tx_drop(q, skb);
	xnf_tx_count_packet(&q->stats, bytes, gathered);
	/*
	 * Before anything is reaped: a hostile backend may guess the id, and respond to a packet
	 * that it has not seen. BQL would then hear of its end first.
	 */
	push = __netdev_tx_sent_queue(q->txq, bytes, netdev_xmit_more());
	if (waited || netif_xmit_stopped(q->txq))
		xnf_tx_ask_event(tx);
	xnf_tx_look_ahead(q);
	if (push || netif_tx_queue_stopped(q->txq))
		xnf_tx_push(q);
	return NETDEV_TX_OK;
}

/* ndo_features_check: slot 0 has 16 bits for the length, so a longer packet must be segmented. */
netdev_features_t xnf_features_check(struct sk_buff *skb, struct net_device *dev,
				     netdev_features_t features)
{
	if (unlikely(skb->len > XNF_TX_PACKET_MAX))
		features &= ~NETIF_F_GSO_MASK;
	return vlan_features_check(skb, features);
}

/* ---- packets that do not come from the stack ---- */

/* Whether xnf_tx_add() may be called. The transmit lock is held. */
bool xnf_tx_ready(struct xnf_queue *q)
{
	xnf_tx_assert_locked(&q->tx);
	return q->tx.ring.sring && xfl_believes(&q->xn->xd) && !netif_tx_queue_stopped(q->txq) &&
	       xnf_tx_may_send(&q->tx, xnf_tx_need(&q->tx));
}

/**
 * xnf_tx_add() - put a packet on the ring, to be published by xnf_tx_publish()
 * @q: the queue, under its transmit lock; xnf_tx_ready() said yes
 * @skb: the packet; freed when its responses are there, or at once if it cannot be sent
 */
void xnf_tx_add(struct xnf_queue *q, struct sk_buff *skb)
{
	u32 bytes = skb->len;
	bool gathered = false;

	xnf_tx_assert_locked(&q->tx);
	if (unlikely(bytes > XNF_TX_PACKET_MAX || xnf_tx_put(&q->tx, skb, &gathered))) {
		xnf_tx_drop(q, skb);
		return;
	}
	xnf_tx_count_packet(&q->stats, bytes, gathered);
	netdev_tx_sent_queue(q->txq, bytes);
	if (netif_xmit_stopped(q->txq))
		xnf_tx_ask_event(&q->tx);
	xnf_tx_look_ahead(q);
}

/* Let the backend see what xnf_tx_add() put on the ring. The transmit lock is held. */
void xnf_tx_publish(struct xnf_queue *q)
{
	xnf_tx_assert_locked(&q->tx);
	if (q->tx.ring.sring && xfl_believes(&q->xn->xd))
		xnf_tx_push(q);
}

/* xnf_tx_publish() for a softirq that does not hold the transmit lock. */
void xnf_tx_flush(struct xnf_queue *q)
{
	__netif_tx_lock(q->txq, smp_processor_id());
	xnf_tx_publish(q);
	__netif_tx_unlock(q->txq);
}
