// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The netif protocol's pure core: planning of slots, the check of a backend's responses, putting
 * received packets together, and the steps to another multicast list. See wire.h.
 */
#include "wire.h"
#include "wire_layout.h"

/* ---- transmit ---- */

/**
 * xnf_tx_count() - data slots of a packet if nothing is copied
 * @piece: the packet's bytes
 * @nr: number of pieces
 */
u32 xnf_tx_count(const struct xnf_piece *piece, u32 nr)
{
	u32 i, slots = 0;

	for (i = 0; i < nr; i++)
		slots += xfl_frames_spanned(piece[i].offset, piece[i].len);
	return slots;
}

/**
 * xnf_cut_next() - take the next run of bytes that lies in one frame
 * @cut: position, at first { .piece = list, .nr = pieces }
 * @first: the list, for the index of the chunk's piece
 * @chunk: the run
 *
 * Return: false if there is none left.
 */
bool xnf_cut_next(struct xnf_cut *cut, const struct xnf_piece *first, struct xnf_chunk *chunk)
{
	const struct xnf_piece *end = first + cut->nr;

	while (cut->piece < end && cut->done == cut->piece->len) {
		cut->piece++;
		cut->done = 0;
	}
	if (cut->piece == end)
		return false;
	chunk->index = (u32)(cut->piece - first);
	chunk->offset = cut->done;
	chunk->len = xfl_frame_chunk((u64)cut->piece->offset + cut->done,
				     cut->piece->len - cut->done);
	cut->done += chunk->len;
	return true;
}

/**
 * xnf_tx_count_copying() - data slots of a packet if small chunks are copied
 * @piece: the packet's bytes
 * @nr: number of pieces
 * @copy_below: chunks shorter than this are copied, see xnf_tx_copies(); chunks
 *	copied one after the other are packed into whole frames
 */
static u32 xnf_tx_count_copying(const struct xnf_piece *piece, u32 nr, u32 copy_below)
{
	struct xnf_cut cut = { .piece = piece, .nr = nr };
	u32 slots = 0, emitted = 0, run = 0;
	struct xnf_chunk chunk;

	while (xnf_cut_next(&cut, piece, &chunk)) {
		if (xnf_tx_copies(chunk.len, emitted, copy_below)) {
			run += chunk.len;
		} else {
			slots += xfl_frames_spanned(0, run) + 1;
			run = 0;
		}
		emitted += chunk.len;
	}
	return slots + xfl_frames_spanned(0, run);
}

/**
 * xnf_tx_plan() - how much of a packet has to be copied to fit a slot limit
 * @piece: the packet's bytes
 * @nr: number of pieces
 * @limit: most data slots
 * @copy_below: in: least threshold to consider, out: least that fits, of those
 *	tried: a quarter, a half, a whole frame, everything
 *
 * Return: number of data slots, -EMSGSIZE if the packet does not fit even if all is copied.
 */
int xnf_tx_plan(const struct xnf_piece *piece, u32 nr, u32 limit, u32 *copy_below)
{
	static const u32 thresholds[] = {
		XFL_FRAME_SIZE / 4, XFL_FRAME_SIZE / 2, XFL_FRAME_SIZE, XNF_COPY_ALL
	};
	u32 i, slots;

	for (i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++) {
		if (thresholds[i] < *copy_below)
			continue;
		slots = xnf_tx_count_copying(piece, nr, thresholds[i]);
		if (slots <= limit) {
			*copy_below = thresholds[i];
			return (int)slots;
		}
	}
	return -EMSGSIZE;
}

/**
 * xnf_tx_check_rsp() - check a transmit response
 * @status: copied once from the ring
 * @extra_rsps_due: extras on the ring that have no response yet
 * @err: set to the counter of the error, XNF_OK for none
 *
 * A null response has no id and is for an extra. If it were taken for a data slot's, that slot
 * would never come back.
 *
 * Return: what the response is for. After an invalid one the ring cannot be believed any more.
 */
enum xnf_tx_rsp_kind xnf_tx_check_rsp(s16 status, u32 extra_rsps_due, enum xnf_rsp_err *err)
{
	*err = XNF_OK;
	if (likely(status == XNF_RSP_OKAY))
		return XNF_TX_RSP_SLOT;
	if (status == XNF_RSP_NULL)
		return extra_rsps_due ? XNF_TX_RSP_EXTRA : XNF_TX_RSP_INVALID;
	if (status == XNF_RSP_ERROR)
		*err = XNF_TX_ERROR;
	else if (status == XNF_RSP_DROPPED)
		*err = XNF_TX_DROPPED;
	else
		*err = XNF_TX_BAD_STATUS;
	return XNF_TX_RSP_SLOT;
}

/* ---- multicast ---- */

/* Return: index of the address in the list, @f->nr if it is not there. */
static u32 xnf_filter_find(const struct xnf_filter *f, const u8 *addr)
{
	u32 i;

	for (i = 0; i < f->nr; i++)
		if (!memcmp(f->addr[i], addr, sizeof(f->addr[i])))
			break;
	return i;
}

static void xnf_filter_fill_extra(struct xnf_extra *extra, u8 type, const u8 *addr)
{
	*extra = (struct xnf_extra){ .type = type };
	memcpy(extra->u.mcast.addr, addr, sizeof(extra->u.mcast.addr));
}

/**
 * xnf_filter_step() - one change on the way to the wanted list
 * @has: the backend's list
 * @want: the wanted list
 * @extra: set to the change; deletions come first, so that the list never gets too long
 *
 * Return: false if there is nothing to change.
 */
bool xnf_filter_step(const struct xnf_filter *has, const struct xnf_filter *want,
		     struct xnf_extra *extra)
{
	u32 i;

	for (i = 0; i < has->nr; i++)
		if (xnf_filter_find(want, has->addr[i]) == want->nr) {
			xnf_filter_fill_extra(extra, XNF_EXTRA_MCAST_DEL, has->addr[i]);
			return true;
		}
	for (i = 0; i < want->nr; i++)
		if (xnf_filter_find(has, want->addr[i]) == has->nr) {
			xnf_filter_fill_extra(extra, XNF_EXTRA_MCAST_ADD, want->addr[i]);
			return true;
		}
	return false;
}

/**
 * xnf_filter_done() - a change was sent
 * @has: the backend's list, updated
 * @extra: the change, from xnf_filter_step()
 */
void xnf_filter_done(struct xnf_filter *has, const struct xnf_extra *extra)
{
	u32 at = xnf_filter_find(has, extra->u.mcast.addr);

	if (extra->type == XNF_EXTRA_MCAST_ADD)
		memcpy(has->addr[has->nr++], extra->u.mcast.addr, sizeof(has->addr[0]));
	else if (at < has->nr)
		memmove(has->addr[at], has->addr[--has->nr], sizeof(has->addr[0]));
}

/* ---- receive ---- */

/* Forget a packet that is half received. */
void xnf_rx_reset(struct xnf_rx_packet *p)
{
	p->expect = XNF_RX_EXPECT_FIRST;
	p->nr_slots = 0;
	p->nr_extras = 0;
}

static enum xnf_rsp_err xnf_rx_check_slot(const struct xnf_rx_rsp *rsp, u32 least)
{
	if (unlikely(rsp->status < 0))
		return XNF_RX_BAD_STATUS;
	if (unlikely((u32)rsp->status < least))
		return XNF_RX_SHORT;
	if (unlikely((u32)rsp->offset + (u32)rsp->status > XFL_FRAME_SIZE))
		return XNF_RX_BAD_RANGE;
	return XNF_OK;
}

static void xnf_rx_add_slot(struct xnf_rx_packet *p, const struct xnf_rx_rsp *rsp)
{
	p->slot[p->nr_slots].offset = rsp->offset;
	p->slot[p->nr_slots].len = (u16)rsp->status;
	p->nr_slots++;
	p->len += (u32)rsp->status;
}

static enum xnf_rsp_err xnf_rx_feed_first(struct xnf_rx_packet *p, const struct xnf_rx_rsp *rsp)
{
	enum xnf_rsp_err v = xnf_rx_check_slot(rsp, XNF_FIRST_SLOT_MIN);

	if (unlikely(rsp->flags & XNF_RXF_GSO_PREFIX))
		v = XNF_RX_BAD_FLAGS;
	p->flags = rsp->flags;
	p->more = rsp->flags & XNF_RXF_MORE;
	p->seen = 0;
	p->gso_size = 0;
	p->gso_type = XNF_GSO_NONE;
	p->nr_slots = 0;
	p->nr_extras = 0;
	p->len = 0;
	if (likely(v == XNF_OK))
		xnf_rx_add_slot(p, rsp);
	if (rsp->flags & XNF_RXF_EXTRA)
		p->expect = XNF_RX_EXPECT_EXTRA;
	else if (rsp->flags & XNF_RXF_MORE)
		p->expect = XNF_RX_EXPECT_DATA;
	return v;
}

static enum xnf_rsp_err xnf_rx_feed_gso(struct xnf_rx_packet *p, const struct xnf_rx_rules *rules,
					const struct xnf_extra *extra)
{
	u16 size = extra->u.gso.size;
	u8 type = extra->u.gso.type;

	/* For the stack the largest size is GSO_BY_FRAGS, which means something else. */
	if (!size || size == 0xffff)
		return XNF_RX_BAD_GSO;
	if (type > XNF_GSO_TCPV6 || !(rules->gso & 1u << type))
		return XNF_RX_BAD_GSO;
	p->gso_size = size;
	p->gso_type = type;
	return XNF_OK;
}

static enum xnf_rsp_err xnf_rx_feed_hash(struct xnf_rx_packet *p, const struct xnf_extra *extra)
{
	const u8 *value = extra->u.hash.value;

	if (extra->u.hash.algorithm != XNF_HASH_ALG_TOEPLITZ ||
	    extra->u.hash.type >= XNF_NR_HASH_TYPES)
		return XNF_RX_BAD_EXTRA;
	p->hash_type = extra->u.hash.type;
	p->hash = value[0] | (u32)value[1] << 8 | (u32)value[2] << 16 | (u32)value[3] << 24;
	return XNF_OK;
}

static enum xnf_rsp_err xnf_rx_feed_extra(struct xnf_rx_packet *p, const struct xnf_rx_rules *rules,
					  const struct xnf_extra *extra)
{
	if (!(extra->flags & XNF_EXTRAF_MORE))
		p->expect = p->more ? XNF_RX_EXPECT_DATA : XNF_RX_EXPECT_FIRST;
	if (extra->type < XNF_EXTRA_GSO || extra->type > XNF_EXTRA_MAX ||
	    !(rules->extras & 1u << extra->type) || p->seen & 1u << extra->type)
		return XNF_RX_BAD_EXTRA;
	p->seen |= (u8)(1u << extra->type);
	p->nr_extras++;
	if (extra->type == XNF_EXTRA_GSO)
		return xnf_rx_feed_gso(p, rules, extra);
	return extra->type == XNF_EXTRA_HASH ? xnf_rx_feed_hash(p, extra) : XNF_OK;
}

static enum xnf_rsp_err xnf_rx_feed_data(struct xnf_rx_packet *p, const struct xnf_rx_rules *rules,
					 const struct xnf_rx_rsp *rsp)
{
	enum xnf_rsp_err v = xnf_rx_check_slot(rsp, 1);

	if (!(rsp->flags & XNF_RXF_MORE))
		p->expect = XNF_RX_EXPECT_FIRST;
	if (v != XNF_OK)
		return v;
	if (rsp->flags & (XNF_RXF_EXTRA | XNF_RXF_GSO_PREFIX))
		return XNF_RX_BAD_FLAGS;
	if (p->nr_slots >= rules->max_slots || p->nr_slots >= XNF_RX_SLOTS_MAX)
		return XNF_RX_TOO_MANY;
	xnf_rx_add_slot(p, rsp);
	return p->len > XNF_RX_PACKET_MAX ? XNF_RX_TOO_LONG : XNF_OK;
}

/* The rest of an invalid packet: nothing is checked, only its end is looked for. */
static void xnf_rx_skip(struct xnf_rx_packet *p, const union xnf_rx_any *copy)
{
	if (p->expect == XNF_RX_SKIP_EXTRA) {
		if (!(copy->extra.flags & XNF_EXTRAF_MORE))
			p->expect = p->more ? XNF_RX_SKIP_DATA : XNF_RX_EXPECT_FIRST;
	} else if (!(copy->rsp.flags & XNF_RXF_MORE)) {
		p->expect = XNF_RX_EXPECT_FIRST;
	}
}

static void xnf_rx_start_skipping(struct xnf_rx_packet *p)
{
	if (p->expect == XNF_RX_EXPECT_EXTRA)
		p->expect = XNF_RX_SKIP_EXTRA;
	else if (p->expect == XNF_RX_EXPECT_DATA)
		p->expect = XNF_RX_SKIP_DATA;
}

/**
 * xnf_rx_feed() - take the next response off the receive ring
 * @p: the packet being put together; zeroed, or xnf_rx_reset(), at the start
 * @rules: what was agreed
 * @copy: private copy of the ring entry
 * @err: set to the counter of the packet's first error when it is found, XNF_OK otherwise
 *
 * A caller keeps at most as many buffers as @rules allow. Once a packet is found invalid, its
 * buffers go back at once, and so do those that still come. If the rest of a packet is not
 * published yet, it is waited for.
 *
 * Return: what became of the packet.
 */
enum xnf_rx_result xnf_rx_feed(struct xnf_rx_packet *p, const struct xnf_rx_rules *rules,
			       const union xnf_rx_any *copy, enum xnf_rsp_err *err)
{
	enum xnf_rsp_err v;

	*err = XNF_OK;
	switch (p->expect) {
	case XNF_RX_EXPECT_FIRST:
		v = xnf_rx_feed_first(p, &copy->rsp);
		break;
	case XNF_RX_EXPECT_EXTRA:
		v = xnf_rx_feed_extra(p, rules, &copy->extra);
		break;
	case XNF_RX_EXPECT_DATA:
		v = xnf_rx_feed_data(p, rules, &copy->rsp);
		break;
	default:
		xnf_rx_skip(p, copy);
		return XNF_RX_INVALID;
	}
	if (unlikely(v != XNF_OK)) {
		*err = v;
		xnf_rx_start_skipping(p);
		return XNF_RX_INVALID;
	}
	return xnf_rx_idle(p) ? XNF_RX_WHOLE : XNF_RX_PART;
}
