// SPDX-License-Identifier: GPL-2.0
/*
 * From a block request to ring requests: its data is granted frame by frame,
 * and each frame becomes a segment where the backend will read it.
 */
#include "blkfront.h"

static union bfw_request *bf_next_slot(struct bf_ring *ring)
{
	return RING_GET_REQUEST(&ring->front, ring->front.req_prod_pvt++);
}

/* Credit was checked by the caller, so there is a slot. */
static u64 bf_register(struct bf_ring *ring, struct bf_req *br, u8 op, int *slot)
{
	*slot = bfw_send(&ring->table, op, br);
	ring->stats.parts++;
	br->tally.parts_left++;
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

static void bf_place_kept(struct bf_ring *ring, struct bf_req *br, struct bfw_layout *layout,
			  const struct bio_vec *bv, u32 *nr)
{
	u32 offset = bv->bv_offset;
	u32 left = bv->bv_len;

	while (left) {
		const struct bf_kept *at = &ring->keep.frame[br->ref[(*nr)++]];
		u32 len = xfl_frame_chunk(offset, left);

		if (bfw_part_full(layout))
			bf_next_part(ring, br, layout);
		bfw_place(layout, at->gref, offset, len);
		offset += len;
		left -= len;
	}
}

static void bf_place_run(struct bf_ring *ring, struct bf_req *br, struct bfw_layout *layout,
			 const struct bio_vec *bv)
{
	/* A backend writes to memory only where it reads from the disk. */
	bool readonly = br->op == BFW_WRITE;
	u32 offset = bv->bv_offset;
	u32 left = bv->bv_len;

	while (left) {
		grant_ref_t ref = xfl_gref_pop(&ring->grefs);
		u32 len = xfl_frame_chunk(offset, left);

		if (bfw_part_full(layout))
			bf_next_part(ring, br, layout);
		xfl_grant(&ring->grefs, ref, xfl_gfn(bv->bv_page, offset), readonly);
		bfw_place(layout, ref, offset, len);
		br->ref[br->nr_refs++] = ref;
		offset += len;
		left -= len;
	}
}

static void bf_issue_data(struct bf_ring *ring, struct bf_req *br)
{
	struct request *rq = bf_rq(br);
	struct bfw_layout layout;
	struct req_iterator iter;
	struct bio_vec bv;
	u32 nr = 0;

	if (ring->keep.frame && !br->nr_refs) {
		bf_keep_take(ring, br);
		bf_copy_out(ring, br);
	}
	bfw_layout_init(&layout, blk_rq_pos(rq), br->segs, ring->cap);
	rq_for_each_bvec(bv, rq, iter) {
		if (br->copied)
			bf_place_kept(ring, br, &layout, &bv, &nr);
		else
			bf_place_run(ring, br, &layout, &bv);
	}
	if (!br->copied)
		ring->stats.grants_made += br->segs;
	else if (br->op == BFW_WRITE)
		ring->stats.bytes_copied += blk_rq_bytes(rq);
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
 * bf_issue() - put a request on its ring
 * @ring: a live ring with slots and references enough for it
 * @br: the request, without references unless bf_keep_take() was called for it; now the
 *	backend's until its last part is answered
 *
 * Context: ring lock held. Does not push.
 */
void bf_issue(struct bf_ring *ring, struct bf_req *br)
{
	lockdep_assert_held(&ring->lock);
	INIT_LIST_HEAD(&br->link);
	br->tally = (struct bfw_tally){};
	ring->stats.requests++;

	if (br->segs)
		bf_issue_data(ring, br);
	else if (br->op == BFW_DISCARD)
		bf_issue_discard(ring, br);
	else
		bf_issue_flush(ring, br);
}
