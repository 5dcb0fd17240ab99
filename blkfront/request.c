// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * From a block request to ring requests. Its data is granted frame by frame, and each frame becomes
 * a segment of a ring request.
 */
#include "blkfront.h"
#include "segs.h"

static union xbf_wire_request *xbf_next_entry(struct xbf_ring *ring)
{
	return RING_GET_REQUEST(&ring->front, ring->front.req_prod_pvt++);
}

/* Return: a slot of the table. The caller has checked the credit: -ENOSPC cannot happen. */
static int xbf_register(struct xbf_ring *ring, struct xbf_req *br)
{
	int slot = xbf_send(&ring->table, br->op, br);

	if (WARN_ON_ONCE(slot < 0))
		return slot;
	ring->stats.parts++;
	return slot;
}

static u64 xbf_id(const struct xbf_ring *ring, int slot)
{
	return xfl_slot_id(&ring->table.slots, slot);
}

/* Return: whether there is a part to put segments in. */
static bool xbf_next_part(struct xbf_ring *ring, struct xbf_req *br, struct xbf_layout *layout)
{
	struct xbf_part part = { .op = br->op, .handle = ring->handle };
	int slot = xbf_register(ring, br);

	if (unlikely(slot < 0))
		return false;
	part.id = xbf_id(ring, slot);
	if (ring->indirect) {
		part.frame = ring->indirect[slot].va;
		part.frame_gref = ring->indirect[slot].gref;
	}
	xbf_open_part(layout, xbf_next_entry(ring), &part);
	return true;
}

static grant_ref_t xbf_grant_frame(struct xbf_ring *ring, struct xbf_req *br,
				   const struct xbf_run *seg)
{
	grant_ref_t ref = xfl_gref_pop(&ring->grefs);

	/* For a write the backend reads memory only. */
	xfl_grant(&ring->grefs, ref, xfl_gfn(xbf_seg_page(seg), offset_in_page(seg->addr)),
		  br->op == XBF_WRITE);
	br->ref[br->nr_refs++] = ref;
	ring->stats.grants_made++;
	return ref;
}

/* Return: whether the request has what its data goes through. */
static bool xbf_begin_data(struct xbf_ring *ring, struct xbf_req *br)
{
	struct request *rq = xbf_rq(br);

	if (ring->pframes.frame && !br->nr_refs) {
		if (unlikely(!xbf_pframes_take(ring, br)))
			return false;
		xbf_copy_out(ring, br);
	}
	xbf_layout_init(&br->layout, blk_rq_pos(rq), br->segs, ring->cap);
	if (br->copied && br->op == XBF_WRITE)
		ring->stats.bytes_copied += blk_rq_bytes(rq);
	return true;
}

/* Return: whether the segment is on the ring. */
static bool xbf_place_seg(struct xbf_ring *ring, struct xbf_req *br, struct xbf_layout *layout,
			  const struct xbf_run *seg, u32 nr)
{
	if (xbf_part_full(layout)) {
		if (unlikely(!xbf_credits(&ring->table)))
			return false;
		if (unlikely(!xbf_next_part(ring, br, layout)))
			return false;
	}
	xbf_place(layout, br->copied ? ring->pframes.frame[br->ref[nr]].gref :
		  xbf_grant_frame(ring, br, seg), seg);
	return true;
}

/* Return: whether the whole request is on the ring now. */
static bool xbf_issue_data(struct xbf_ring *ring, struct xbf_req *br)
{
	struct xbf_layout layout;
	struct xbf_segs segs;
	struct xbf_run seg;
	u32 nr = 0;

	if (likely(!br->placed) && unlikely(!xbf_begin_data(ring, br)))
		return false;
	layout = br->layout;
	xbf_for_each_seg(seg, segs, xbf_rq(br)) {
		if (likely(nr >= br->placed) && !xbf_place_seg(ring, br, &layout, &seg, nr))
			break;
		nr++;
	}
	br->layout = layout;
	br->placed = nr;
	/* A request that waits with its data copied is one that was sent in part. */
	if (unlikely(!nr && br->copied))
		xbf_return_refs(ring, br);
	return nr == br->segs;
}

static bool xbf_issue_flush(struct xbf_ring *ring, struct xbf_req *br)
{
	int slot;

	/* The request may have been made for an earlier backend that flushes another way. */
	br->op = READ_ONCE(ring->xb->flush_op) ?: br->op;
	slot = xbf_register(ring, br);
	if (unlikely(slot < 0))
		return false;
	xbf_encode_flush(xbf_next_entry(ring), br->op, ring->handle, xbf_id(ring, slot));
	return true;
}

static bool xbf_issue_discard(struct xbf_ring *ring, struct xbf_req *br)
{
	struct request *rq = xbf_rq(br);
	int slot = xbf_register(ring, br);

	if (unlikely(slot < 0))
		return false;
	xbf_encode_discard(xbf_next_entry(ring), blk_rq_pos(rq), blk_rq_sectors(rq),
			   req_op(rq) == REQ_OP_SECURE_ERASE, ring->handle, xbf_id(ring, slot));
	return true;
}

/**
 * xbf_issue() - put a request on its ring, or as much of it as the ring has slots for
 * @ring: a live ring with a free slot, and with references or frames for the whole request
 * @br: the request: new, after xbf_pframes_take(), or put on the ring in part by an earlier call
 *
 * What is on the ring belongs to the backend until it has responded to the last part.
 *
 * Context: ring lock held. Does not push.
 * Return: whether the whole request is on the ring. If not, it is the next one to be issued.
 */
bool xbf_issue(struct xbf_ring *ring, struct xbf_req *br)
{
	lockdep_assert_held(&ring->lock);
	if (!br->placed) {
		br->tally = (struct xbf_tally){ .parts_left = xbf_parts(br->segs, ring->cap) };
		ring->stats.requests++;
	}
	if (br->segs)
		return xbf_issue_data(ring, br);
	if (br->op == XBF_DISCARD)
		return xbf_issue_discard(ring, br);
	return xbf_issue_flush(ring, br);
}
