// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Submission: a request of the block layer goes on the ring, or waits. Grants of its data are made
 * and ended here.
 *
 * A request's data is granted frame by frame. Each frame becomes a segment of a ring request, and
 * each ring request is a part of the request.
 *
 * A request takes as many credits (free ring slots) as it has parts. If there are too few, it puts
 * as many parts on the ring as it can, and waits at the head of the ring's list with the others.
 * Whoever returns credits dispatches from that list, so the block layer need not try again. A
 * request needs no more references than the ring has in reserve: once the ring is empty, it can go.
 *
 * Large and small requests. A disk of 20 MB/s needs 50 ms for a request of 1 MB, and there may be
 * dozens. A request of XBF_SMALL frames at most is small:
 *
 * - A small request goes before large ones that wait, and between the parts of one that is sent in
 *   part. At most XBF_PASSES small ones go before each large one, lest it starves.
 * - Large requests have at most XBF_SLOT_FRAMES frames per slot in flight, however much an indirect
 *   request carries: nothing can pass what the backend has taken.
 * - Small requests keep their order, and so do large ones.
 */
#include "blkfront.h"
#include "rq_walk.h"

/* ---- checking a request ---- */

/*
 * A segment describes whole logical blocks inside a frame, and a request has XBF_MAX_SEGS at most.
 * The block layer knows these limits: what fails here is a fault of ours, or came around it.
 */
static blk_status_t xbf_prepare_data(struct xbf_dev *xb, struct request *rq, struct xbf_req *br)
{
	struct xbf_measures m;

	/* By a partition table the last block of a partition can be half a block. */
	if (unlikely(blk_rq_bytes(rq) & xb->block_mask)) {
		dev_err_ratelimited(disk_to_dev(rq->q->disk), "half a block cannot be sent\n");
		return BLK_STS_IOERR;
	}
	m = xbf_measure(rq);
	if (WARN_ON_ONCE((m.shape & xb->block_mask) || !m.segs || m.segs > XBF_MAX_SEGS))
		return BLK_STS_IOERR;
	br->op = rq_data_dir(rq) == WRITE ? XBF_WRITE : XBF_READ;
	br->segs = m.segs;
	return BLK_STS_OK;
}

static blk_status_t xbf_prepare(struct xbf_dev *xb, struct request *rq, struct xbf_req *br)
{
	INIT_LIST_HEAD(&br->link);
	br->copied = false;
	br->placed = 0;
	br->nr_refs = 0;
	br->nr_stuck = 0;
	switch (req_op(rq)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		return xbf_prepare_data(xb, rq, br);
	case REQ_OP_FLUSH:
		br->op = READ_ONCE(xb->flush_op);
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
		br->op = XBF_DISCARD;
		break;
	default:
		return BLK_STS_NOTSUPP;
	}
	br->segs = 0;
	return BLK_STS_OK;
}

static bool xbf_nothing_to_flush(const struct request *rq, const struct xbf_req *br)
{
	return req_op(rq) == REQ_OP_FLUSH && !br->op;
}

/* ---- granting its data, and taking it back ---- */

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

/**
 * xbf_end_grants() - take back access to a request's data
 * @ring: the ring that the request was sent by
 * @br: a request that is ours: responded to, or given up
 *
 * Persistent frames stay granted. References that the backend still uses move to the front of
 * @br->ref, and @br->nr_stuck counts them. After the first of these no other grant of the ring is
 * ended here: the kernel logs each failed attempt, and the parking place tries without a line.
 */
void xbf_end_grants(struct xbf_ring *ring, struct xbf_req *br)
{
	unsigned int i;

	if (br->copied)
		return;
	for (i = br->nr_stuck; i < br->nr_refs; i++) {
		if (likely(!READ_ONCE(ring->grants_stuck) && xfl_grant_end(br->ref[i])))
			continue;
		WRITE_ONCE(ring->grants_stuck, true);
		swap(br->ref[br->nr_stuck], br->ref[i]);
		br->nr_stuck++;
	}
}

/* Gives a request's references back after xbf_end_grants(), or its persistent frames. */
void xbf_return_refs(struct xbf_ring *ring, struct xbf_req *br)
{
	lockdep_assert_held(&ring->lock);
	if (br->copied)
		while (br->nr_refs)
			ring->pframes.free[ring->pframes.nr_free++] = br->ref[--br->nr_refs];
	br->copied = false;
	ring->stats.grants_ended += br->nr_refs - br->nr_stuck;
	while (br->nr_refs > br->nr_stuck)
		xfl_gref_push(&ring->grefs, br->ref[--br->nr_refs]);
}

/* ---- writing its parts to the ring ---- */

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
 * Return: whether the whole request is on the ring. If not, it waits at the head of the ring's
 * list, where only small ones go before it.
 */
static bool xbf_issue(struct xbf_ring *ring, struct xbf_req *br)
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

/* ---- whether it can go now ---- */

/* So many frames are copied under the lock: to take the lock twice would cost more. */
#define XBF_SMALL	4u

/* As many reads as may pass a write in mq-deadline, the in-tree driver's default. */
#define XBF_PASSES	32u

/* As many as the in-tree driver sends by default: 4 MB in a ring of one frame. */
#define XBF_SLOT_FRAMES	32u

static bool xbf_is_small(const struct xbf_req *br)
{
	return br->segs <= XBF_SMALL;
}

static struct xbf_req *xbf_first_waiting(struct xbf_ring *ring)
{
	return list_first_entry_or_null(&ring->waiting, struct xbf_req, link);
}

/* References that a request sent in part has yet to take. They are not for others. */
static u32 xbf_refs_promised(struct xbf_ring *ring)
{
	const struct xbf_req *first = xbf_first_waiting(ring);

	return first && first->placed && !first->copied ? first->segs - first->placed : 0;
}

static bool xbf_refs_for(struct xbf_ring *ring, u32 segs)
{
	u32 owned = ring->grefs.nr_owned;
	bool enough = xfl_grefs_want(&ring->grefs, segs + xbf_refs_promised(ring));

	if (unlikely(ring->grefs.nr_owned != owned))
		xbf_trim_later(ring);
	return enough;
}

static bool xbf_memory_for(struct xbf_ring *ring, u32 segs)
{
	struct xbf_pframe_pool *pool = &ring->pframes;

	if (!pool->frame)
		return xbf_refs_for(ring, segs);
	return likely(pool->nr_free >= segs) ||
	       xbf_pframes_grow(ring, segs, GFP_NOWAIT | __GFP_NOWARN);
}

/* Frames of data that requests in flight, or being copied, use. */
static u32 xbf_frames_in_flight(const struct xbf_ring *ring)
{
	if (ring->pframes.frame)
		return ring->pframes.nr - ring->pframes.nr_free;
	return xfl_grefs_in_use(&ring->grefs) - (ring->indirect ? ring->table.slots.nr : 0);
}

static bool xbf_leaves_room(const struct xbf_ring *ring, const struct xbf_req *br)
{
	u32 most = ring->pframes.frame ? ring->pframes.max - XBF_PFRAMES_SPARE :
				      ring->table.slots.nr * XBF_SLOT_FRAMES;

	return xbf_is_small(br) || xbf_frames_in_flight(ring) + br->segs <= most;
}

/* A ring that is withheld is LIVE until the life cycle's work gets to it. Nothing goes there. */
static bool xbf_may_send(const struct xbf_ring *ring)
{
	lockdep_assert_held(&ring->lock);
	return ring->mode == XBF_RING_LIVE && xfl_believes(&ring->xb->xd);
}

static bool xbf_can_issue(struct xbf_ring *ring, const struct xbf_req *br)
{
	return xbf_may_send(ring) && xbf_credits(&ring->table) &&
	       (br->nr_refs || (xbf_leaves_room(ring, br) && xbf_memory_for(ring, br->segs)));
}

static bool xbf_much_to_copy(const struct xbf_ring *ring, const struct xbf_req *br)
{
	return ring->pframes.frame && br->op == XBF_WRITE && !xbf_is_small(br) && !br->nr_refs;
}

/*
 * Copies the data of a large write outside the lock, if nothing waits and it could be issued.
 * xbf_admit() checks anew, as the ring may change meanwhile. Its frames cannot go away:
 * xbf_disconnect() waits for the queue to be quiesced first.
 */
static void xbf_copy_early(struct xbf_ring *ring, struct xbf_req *br, unsigned long *flags)
	__must_hold(&ring->lock)
{
	lockdep_assert_held(&ring->lock);
	if (!xbf_much_to_copy(ring, br) || !list_empty(&ring->waiting) || !xbf_can_issue(ring, br))
		return;
	if (unlikely(!xbf_pframes_take(ring, br)))
		return;
	spin_unlock_irqrestore(&ring->lock, *flags);
	xbf_copy_out(ring, br);
	spin_lock_irqsave(&ring->lock, *flags);
}

/* ---- waiting ---- */

/*
 * Where a request waits. The list has the request that was sent in part, if any, then small ones,
 * then large ones. After a reconnect what is sent again comes first, in the order it had.
 */
static struct list_head *xbf_wait_position(struct xbf_ring *ring, const struct xbf_req *br)
{
	struct xbf_req *other;

	if (!xbf_is_small(br) || list_empty(&ring->waiting) ||
	    xbf_is_small(list_last_entry(&ring->waiting, struct xbf_req, link)))
		return &ring->waiting;
	list_for_each_entry(other, &ring->waiting, link)
		if (!other->placed && !xbf_is_small(other))
			return &other->link;
	return &ring->waiting;
}

static void xbf_wait(struct xbf_ring *ring, struct xbf_req *br)
{
	lockdep_assert_held(&ring->lock);
	ring->stats.waits++;
	list_add_tail(&br->link, xbf_wait_position(ring, br));
}

static struct xbf_req *xbf_first_large(struct xbf_ring *ring)
{
	struct xbf_req *br;

	list_for_each_entry(br, &ring->waiting, link)
		if (!xbf_is_small(br))
			return br;
	return NULL;
}

/* The waiting request that is the next to be sent, once it can be. */
static struct xbf_req *xbf_next_waiting(struct xbf_ring *ring)
{
	struct xbf_req *first = xbf_first_waiting(ring), *second, *large;

	if (!first || list_is_singular(&ring->waiting))
		return first;
	if (unlikely(ring->passes >= XBF_PASSES)) {
		large = xbf_first_large(ring);
		if (large)
			return large;
		ring->passes = 0;
	}
	if (xbf_is_small(first))
		return first;
	second = list_next_entry(first, link);
	/* References may be too few for the second, while the first has a promise of its own. */
	return xbf_is_small(second) && xbf_can_issue(ring, second) ? second : first;
}

/* Return: whether all of it was sent. */
static bool xbf_issue_waiting(struct xbf_ring *ring, struct xbf_req *br)
{
	if (!xbf_issue(ring, br)) {
		if (br->placed)
			list_move(&br->link, &ring->waiting);
		return false;
	}
	list_del_init(&br->link);
	ring->passes = xbf_is_small(br) && !list_empty(&ring->waiting) ? ring->passes + 1 : 0;
	return true;
}

/* ---- dispatching ---- */

static blk_status_t xbf_admit(struct xbf_ring *ring, struct xbf_req *br)
{
	lockdep_assert_held(&ring->lock);
	if (likely(list_empty(&ring->waiting) && xbf_can_issue(ring, br))) {
		if (unlikely(!xbf_issue(ring, br)))
			xbf_wait(ring, br);
		return BLK_STS_OK;
	}
	/* Data that was copied was copied in vain: requests that wait before need the frames. */
	xbf_return_refs(ring, br);
	if (unlikely(ring->mode == XBF_RING_DEAD))
		return BLK_STS_IOERR;
	xbf_wait(ring, br);
	return BLK_STS_OK;
}

/* Return: whether the backend has to be notified. */
static bool xbf_push(struct xbf_ring *ring)
{
	bool notify = xbf_may_send(ring) && XFL_RING_PUSH(&ring->front);

	if (notify)
		ring->stats.doorbells++;
	return notify;
}

/* Has @deferred_work look at the ring. No event is asked for until it has. Ring lock held. */
void xbf_defer(struct xbf_ring *ring)
{
	lockdep_assert_held(&ring->lock);
	if (ring->deferred)
		return;
	WRITE_ONCE(ring->deferred, true);
	ring->stats.deferred++;
	queue_work(xbf_deferred_wq, &ring->deferred_work);
}

/**
 * xbf_dispatch() - put waiting requests on the ring, as far as credit, references and frames go
 * @ring: the ring
 *
 * Stops at a write with much to copy, and leaves it to xbf_copy_and_dispatch().
 *
 * Context: ring lock held.
 * Return: whether the backend has to be notified.
 */
bool xbf_dispatch(struct xbf_ring *ring)
{
	struct xbf_req *br;
	bool sent = false;

	lockdep_assert_held(&ring->lock);
	while ((br = xbf_next_waiting(ring))) {
		if (br == ring->copying || !xbf_can_issue(ring, br))
			break;
		if (xbf_much_to_copy(ring, br)) {
			xbf_defer(ring);
			break;
		}
		sent = true;
		if (!xbf_issue_waiting(ring, br))
			break;
	}
	return sent && xbf_push(ring);
}

/* The next request to be sent, if it can be sent and has much to copy; else NULL. */
struct xbf_req *xbf_first_to_copy(struct xbf_ring *ring)
{
	struct xbf_req *br;

	lockdep_assert_held(&ring->lock);
	br = xbf_next_waiting(ring);
	return br && xbf_much_to_copy(ring, br) && xbf_can_issue(ring, br) ? br : NULL;
}

/**
 * xbf_copy_and_dispatch() - copy the data of xbf_first_to_copy() outside the lock, then dispatch
 * @ring: the ring
 *
 * Context: process; @poll_lock of the ring held, so the connection stays.
 * Return: whether there was such a request.
 */
bool xbf_copy_and_dispatch(struct xbf_ring *ring)
{
	struct xbf_req *br;
	bool notify;

	lockdep_assert_held(&ring->poll_lock);
	spin_lock_irq(&ring->lock);
	br = xbf_first_to_copy(ring);
	if (!br || unlikely(!xbf_pframes_take(ring, br))) {
		spin_unlock_irq(&ring->lock);
		return false;
	}
	ring->copying = br;
	spin_unlock_irq(&ring->lock);

	xbf_copy_out(ring, br);

	spin_lock_irq(&ring->lock);
	ring->copying = NULL;
	notify = xbf_dispatch(ring);
	/* Copied in vain if the ring has stopped, or requests that are sent again went first. */
	if (!list_empty(&br->link) && !br->placed)
		xbf_return_refs(ring, br);
	spin_unlock_irq(&ring->lock);
	if (notify)
		xfl_evtchn_notify(&ring->ec);
	return true;
}

/* ---- calls of the block layer and of the life cycle ---- */

/* blk_mq_ops.queue_rq. Return: BLK_STS_OK also if the request has to wait; an error ends it. */
blk_status_t xbf_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct xbf_ring *ring = xbf_hctx_ring(hctx);
	struct request *rq = bd->rq;
	struct xbf_req *br = xbf_req_of(rq);
	blk_status_t status = xbf_prepare(ring->xb, rq, br);
	unsigned long flags;
	bool notify = false;

	if (unlikely(status))
		return status;
	blk_mq_start_request(rq);
	if (unlikely(xbf_nothing_to_flush(rq, br))) {
		blk_mq_end_request(rq, BLK_STS_OK);
		if (bd->last)
			xbf_commit_rqs(hctx);
		return BLK_STS_OK;
	}

	spin_lock_irqsave(&ring->lock, flags);
	xbf_copy_early(ring, br, &flags);
	status = xbf_admit(ring, br);
	/*
	 * xbf_admit() may have returned frames that the head of the list waits for. With nothing in
	 * flight no response would have it dispatched.
	 */
	if (unlikely(!list_empty(&ring->waiting)))
		notify = xbf_dispatch(ring);
	if (bd->last)
		notify |= xbf_push(ring);
	spin_unlock_irqrestore(&ring->lock, flags);

	if (notify)
		xfl_evtchn_notify(&ring->ec);
	return status;
}

/* blk_mq_ops.commit_rqs: a batch ended without its last request. */
void xbf_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct xbf_ring *ring = xbf_hctx_ring(hctx);
	unsigned long flags;
	bool notify;

	spin_lock_irqsave(&ring->lock, flags);
	notify = xbf_push(ring);
	spin_unlock_irqrestore(&ring->lock, flags);
	if (notify)
		xfl_evtchn_notify(&ring->ec);
}

/* Pushes what is on the ring, then changes the mode. XBF_RING_LIVE dispatches what waits. */
void xbf_ring_set_mode(struct xbf_ring *ring, enum xbf_ring_mode mode)
{
	unsigned long flags;
	bool notify;

	spin_lock_irqsave(&ring->lock, flags);
	notify = xbf_push(ring);
	ring->mode = mode;
	notify |= xbf_dispatch(ring);
	spin_unlock_irqrestore(&ring->lock, flags);
	if (notify)
		xfl_evtchn_notify(&ring->ec);
}
