// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Putting a packet on the transmit ring: which of its bytes are copied, which are granted, and the
 * requests for both. Everything here runs under the transmit lock and with ring room for the
 * largest packet.
 */
#include <linux/skbuff.h>

#include "netfront.h"
#include "tx_skb.h"

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

/* ---- */

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
int xnf_tx_put(struct xnf_tx *tx, struct sk_buff *skb, bool *gathered)
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
