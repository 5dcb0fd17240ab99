// SPDX-License-Identifier: GPL-2.0
/*
 * From a block request to ring requests: its data is granted frame by frame,
 * and each frame becomes a segment where the backend will read it.
 */
#include "blkfront.h"
#include "segs.h"

static union bfw_request *bf_next_slot(struct bf_ring *ring)
{
	return RING_GET_REQUEST(&ring->front, ring->front.req_prod_pvt++);
}

/* Credit was checked by the caller, so there is a slot. */
static u64 bf_register(struct bf_ring *ring, struct bf_req *br, u8 op, int *slot)
{
	*slot = bfw_send(&ring->table, op, br);
	ring->stats.parts++;
	return xfl_slot_id(&ring->table.slots, *slot);
}

static void bf_next_part(struct bf_ring *ring, struct bf_req *br, struct bfw_layout *layout)
{
	struct bfw_part part = { .op = br->op, .handle = ring->handle };
	int slot;

	part.id = bf_register(ring, br, br->op, &slot);
	if (ring->indirect) {
		part.frame = ring->indirect[slot].seg;
		part.frame_gref = ring->indirect[slot].gref;
	}
	bfw_open_part(layout, bf_next_slot(ring), &part);
}

static grant_ref_t bf_grant_frame(struct bf_ring *ring, struct bf_req *br,
				  const struct bfw_run *seg)
{
	grant_ref_t ref = xfl_gref_pop(&ring->grefs);

	/* A backend writes to memory only where it reads from the disk. */
	xfl_grant(&ring->grefs, ref, xfl_gfn(bf_seg_page(seg), offset_in_page(seg->addr)),
		  br->op == BFW_WRITE);
	br->ref[br->nr_refs++] = ref;
	ring->stats.grants_made++;
	return ref;
}

static void bf_begin_data(struct bf_ring *ring, struct bf_req *br)
{
	struct request *rq = bf_rq(br);

	if (ring->keep.frame && !br->nr_refs) {
		bf_keep_take(ring, br);
		bf_copy_out(ring, br);
	}
	bfw_layout_init(&br->layout, blk_rq_pos(rq), br->segs, ring->cap);
	if (br->copied && br->op == BFW_WRITE)
		ring->stats.bytes_copied += blk_rq_bytes(rq);
}

/* Return: whether it was placed. */
static bool bf_place_seg(struct bf_ring *ring, struct bf_req *br, struct bfw_layout *layout,
			 const struct bfw_run *seg, u32 nr)
{
	if (bfw_part_full(layout)) {
		if (unlikely(!bfw_credits(&ring->table)))
			return false;
		bf_next_part(ring, br, layout);
	}
	bfw_place(layout, br->copied ? ring->keep.frame[br->ref[nr]].gref :
		  bf_grant_frame(ring, br, seg), seg);
	return true;
}

/* Return: whether all of it is on the ring now. */
static bool bf_issue_data(struct bf_ring *ring, struct bf_req *br)
{
	struct bfw_layout layout;
	struct bf_segs segs;
	struct bfw_run seg;
	u32 nr = 0;

	if (likely(!br->placed))
		bf_begin_data(ring, br);
	layout = br->layout;
	bf_for_each_seg(seg, segs, bf_rq(br)) {
		if (likely(nr >= br->placed) && !bf_place_seg(ring, br, &layout, &seg, nr))
			break;
		nr++;
	}
	br->layout = layout;
	br->placed = nr;
	return nr == br->segs;
}

static void bf_issue_flush(struct bf_ring *ring, struct bf_req *br)
{
	int slot;
	u64 id;

	/* It may have been meant for a backend that flushes another way. */
	br->op = READ_ONCE(ring->bf->flush_op) ?: br->op;
	id = bf_register(ring, br, br->op, &slot);
	bfw_encode_flush(bf_next_slot(ring), br->op, ring->handle, id);
}

static void bf_issue_discard(struct bf_ring *ring, struct bf_req *br)
{
	struct request *rq = bf_rq(br);
	int slot;
	u64 id = bf_register(ring, br, br->op, &slot);

	bfw_encode_discard(bf_next_slot(ring), blk_rq_pos(rq), blk_rq_sectors(rq),
			   req_op(rq) == REQ_OP_SECURE_ERASE, ring->handle, id);
}

/**
 * bf_issue() - put a request on its ring, or as much of it as the ring has slots for
 * @ring: a live ring with a free slot and references enough for all of the request
 * @br: the request, without references unless bf_keep_take() was called for it, or with
 *	what an earlier call did not put there
 *
 * What was put there is the backend's until its last part is answered.
 *
 * Context: ring lock held. Does not push.
 * Return: whether all of it is there. Else it has to be the next one issued.
 */
bool bf_issue(struct bf_ring *ring, struct bf_req *br)
{
	lockdep_assert_held(&ring->lock);
	if (!br->placed) {
		br->tally = (struct bfw_tally){ .parts_left = bfw_parts(br->segs, ring->cap) };
		ring->stats.requests++;
	}
	if (br->segs)
		return bf_issue_data(ring, br);
	if (br->op == BFW_DISCARD)
		bf_issue_discard(ring, br);
	else
		bf_issue_flush(ring, br);
	return true;
}
