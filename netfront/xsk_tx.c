// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Sending from the chunks of a zero-copy socket. Their frames are granted already, so a packet
 * takes only requests. Some room is left for the stack, which stops a queue that it finds full.
 */
#include <linux/etherdevice.h>

#include "xsk.h"

/* Descriptors of one poll. */
#define XNF_XSK_BATCH	64u

/**
 * struct xnf_xsk_piece - the bytes of a packet that are still to be put
 * @addr: of the next byte, in the umem
 * @left: bytes
 * @total: bytes of the whole packet, for slot 0; 0 once slot 0 is put
 */
struct xnf_xsk_piece {
	u64 addr;
	u32 left;
	u32 total;
};

/**
 * struct xnf_xsk_sent - what one poll did
 * @packets: put on the ring
 * @bytes: of these packets
 * @dropped: packets that cannot be sent
 */
struct xnf_xsk_sent {
	u32 packets;
	u32 bytes;
	u32 dropped;
};

static void xnf_xsk_put_slot(struct xnf_xsk *x, struct xnf_tx *tx, struct xnf_xsk_piece *p, u32 len,
			     bool copy)
{
	u32 index = xnf_tx_slot_get(tx);
	struct xnf_tx_slot *slot = &tx->slot[index];
	bool more = p->left > len;
	struct xnf_tx_req req = {
		.gref = copy ? slot->buf_gref : xnf_umem_frame(x->umem, p->addr)->gref,
		.offset = copy ? slot->buf_offset : xfl_frame_offset(p->addr),
		.flags = more ? XNF_TXF_MORE : 0,
		.id = xfl_slot_id(&tx->slots, index),
		.size = p->total ?: len,
	};

	if (copy)
		memcpy(slot->buf, xsk_buff_raw_get_data(x->pool, p->addr), len);
	slot->len = len;
	slot->first = p->total > 0;
	slot->xsk = true;
	slot->seq = x->tail;
	x->pending[x->tail % XNF_RING_SLOTS]++;
	*xnf_tx_next(tx) = req;
	p->total = 0;
	p->addr += len;
	p->left -= len;
}

/* Bytes to copy, if slot 0 would otherwise end before an Ethernet header does. */
static u32 xnf_xsk_lead_length(const struct xdp_desc *desc)
{
	if (likely(xfl_frame_chunk(desc->addr, desc->len) >= XNF_FIRST_SLOT_MIN))
		return 0;
	return min(desc->len, XNF_SLOT_BUF_MIN);
}

/* Return: false if the packet cannot be sent. */
static bool xnf_xsk_put_packet(struct xnf_xsk *x, struct xnf_tx *tx, const struct xdp_desc *desc)
{
	u32 lead = xnf_xsk_lead_length(desc);
	u32 slots = (lead ? 1 : 0) + xfl_frames_spanned(desc->addr + lead, desc->len - lead);
	struct xnf_xsk_piece p = {
		.addr = desc->addr, .left = desc->len, .total = desc->len,
	};

	if (desc->len < ETH_HLEN || desc->len > XNF_TX_PACKET_MAX || slots > tx->max_slots ||
	    !xnf_tx_has_slots(tx, slots))
		return false;
	if (lead)
		xnf_xsk_put_slot(x, tx, &p, lead, true);
	while (p.left)
		xnf_xsk_put_slot(x, tx, &p, xfl_frame_chunk(p.addr, p.left), false);
	return true;
}

static void xnf_xsk_count_sent(struct xnf_queue *q, const struct xnf_xsk_sent *s)
{
	u64_stats_update_begin(&q->stats.tx_sync);
	u64_stats_add(&q->stats.tx_packets, s->packets);
	u64_stats_add(&q->stats.tx_bytes, s->bytes);
	u64_stats_add(&q->stats.tx_dropped, s->dropped);
	u64_stats_add(&q->stats.tx_xsk_packets, s->packets);
	u64_stats_update_end(&q->stats.tx_sync);
}

/* How many packets there is room for, at their longest. The stack keeps what wakes its queue. */
static u32 xnf_xsk_tx_room(const struct xnf_xsk *x, const struct xnf_tx *tx)
{
	u32 room = xnf_tx_room(tx), stack = max(XNF_TX_WAKE_ROOM, xnf_tx_need(tx));
	u32 entries = room > stack ? room - stack : 0;

	return min3(entries / x->slots, XNF_RING_SLOTS - (x->tail - x->head), XNF_XSK_BATCH);
}

/* Not by xsk_tx_peek_release_desc_batch(): in some kernels it writes past the pool's tx_descs. */
static u32 xnf_xsk_put_packets(struct xnf_queue *q, u32 room)
{
	struct xnf_xsk *x = q->xsk;
	struct xnf_xsk_sent s = {};
	struct xdp_desc desc;
	u32 nr;

	for (nr = 0; nr < room && xsk_tx_peek_desc(x->pool, &desc); nr++) {
		if (xnf_xsk_put_packet(x, &q->tx, &desc)) {
			s.packets++;
			s.bytes += desc.len;
		} else {
			s.dropped++;
		}
		x->tail++;
	}
	if (nr) {
		xsk_tx_release(x->pool);
		xnf_xsk_count_sent(q, &s);
	}
	return nr;
}

/* Return: whether there may be more to send, and room for more. */
static bool xnf_xsk_send_batch(struct xnf_queue *q)
{
	struct xsk_buff_pool *pool = q->xsk->pool;
	u32 room = xnf_xsk_tx_room(q->xsk, &q->tx);
	u32 nr = 0;

	if (room) {
		xsk_set_tx_need_wakeup(pool);
		smp_mb();	/* the flag before the look: nothing put there later is missed */
		nr = xnf_xsk_put_packets(q, room);
	}
	if (nr) {
		xnf_tx_publish(q);
		xnf_xsk_complete(q);
	}
	/* Without room a response wakes us, and the socket need not. */
	if (nr == room)
		xsk_clear_tx_need_wakeup(pool);
	return room && nr == room;
}

/* Send what a socket has ready, in NAPI. Return: whether to come again at once. */
bool xnf_xsk_send(struct xnf_queue *q)
{
	bool more;

	__netif_tx_lock(q->txq, smp_processor_id());
	more = xnf_xsk_send_batch(q);
	__netif_tx_unlock(q->txq);
	return more;
}
