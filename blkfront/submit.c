// SPDX-License-Identifier: GPL-2.0
/*
 * Submission: what the block layer hands us goes on the ring, or waits its turn.
 *
 * DOC: a request takes as many credits (free ring slots) as it has parts. One
 * that finds too few puts what it can on the ring and waits at the head of the
 * ring's list with the rest, and everything behind it waits too. Whoever returns
 * credits sends from the head of that list, so the block layer need not be asked
 * to try again. A request takes no more references than the ring keeps in reserve,
 * so the head of the list can go at the latest when the ring is empty.
 */
#include "blkfront.h"
#include "segs.h"

/*
 * Only whole logical blocks inside a frame can be described, and only so many frames. The
 * block layer knows, so what fails here is a fault of ours or of whoever came past it.
 */
static blk_status_t bf_prepare_data(struct blkfront *bf, struct request *rq, struct bf_req *br)
{
	u32 shape = 0, nr = 0;
	struct bf_segs segs;
	struct bfw_run seg;

	bf_for_each_seg(seg, segs, rq) {
		shape |= bfw_check_seg(&seg);
		nr++;
	}
	if (WARN_ON_ONCE((shape & bf->block_mask) || !nr || nr > BFW_MAX_SEGS))
		return BLK_STS_IOERR;
	br->op = rq_data_dir(rq) == WRITE ? BFW_WRITE : BFW_READ;
	br->segs = nr;
	return BLK_STS_OK;
}

static blk_status_t bf_prepare(struct blkfront *bf, struct request *rq, struct bf_req *br)
{
	INIT_LIST_HEAD(&br->link);
	br->copied = false;
	br->placed = 0;
	br->nr_refs = 0;
	br->nr_stuck = 0;
	switch (req_op(rq)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		return bf_prepare_data(bf, rq, br);
	case REQ_OP_FLUSH:
		br->op = READ_ONCE(bf->flush_op);
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
		br->op = BFW_DISCARD;
		break;
	default:
		return BLK_STS_NOTSUPP;
	}
	br->segs = 0;
	return BLK_STS_OK;
}

static bool bf_nothing_to_flush(const struct request *rq, const struct bf_req *br)
{
	return req_op(rq) == REQ_OP_FLUSH && !br->op;
}

static bool bf_refs_for(struct bf_ring *ring, u32 segs)
{
	u32 owned = ring->grefs.nr_owned;
	bool enough = xfl_grefs_want(&ring->grefs, segs);

	if (unlikely(ring->grefs.nr_owned != owned))
		bf_trim_later(ring);
	return enough;
}

static bool bf_memory_for(struct bf_ring *ring, u32 segs)
{
	struct bf_keep *k = &ring->keep;

	if (!k->frame)
		return bf_refs_for(ring, segs);
	return likely(k->nr_free >= segs) || bf_keep_grow(ring, segs, GFP_NOWAIT | __GFP_NOWARN);
}

static bool bf_can_issue(struct bf_ring *ring, const struct bf_req *br)
{
	return ring->mode == BF_RING_LIVE && bfw_credits(&ring->table) &&
	       (br->nr_refs || bf_memory_for(ring, br->segs));
}

/* Up to so many frames are copied under the lock: to take it twice would cost more. */
#define BF_COPY_LOCKED	4u

static bool bf_much_to_copy(const struct bf_ring *ring, const struct bf_req *br)
{
	return ring->keep.frame && br->op == BFW_WRITE && br->segs > BF_COPY_LOCKED &&
	       !br->nr_refs;
}

/*
 * Copies a large write now, outside the lock. What happens to the ring meanwhile
 * bf_admit() finds out; the frames stay, see bf_disconnect().
 */
static void bf_stage(struct bf_ring *ring, struct bf_req *br, unsigned long *flags)
	__must_hold(&ring->lock)
{
	if (!bf_much_to_copy(ring, br) || !list_empty(&ring->waiting) || !bf_can_issue(ring, br))
		return;
	bf_keep_take(ring, br);
	spin_unlock_irqrestore(&ring->lock, *flags);
	bf_copy_out(ring, br);
	spin_lock_irqsave(&ring->lock, *flags);
}

static void bf_wait(struct bf_ring *ring, struct bf_req *br)
{
	ring->stats.waits++;
	list_add_tail(&br->link, &ring->waiting);
}

static blk_status_t bf_admit(struct bf_ring *ring, struct bf_req *br)
{
	if (likely(list_empty(&ring->waiting) && bf_can_issue(ring, br))) {
		if (unlikely(!bf_issue(ring, br)))
			bf_wait(ring, br);
		return BLK_STS_OK;
	}
	/* Copied in vain: whoever waits before it may need the frames. */
	bf_return_refs(ring, br);
	if (unlikely(ring->mode == BF_RING_DEAD))
		return BLK_STS_IOERR;
	bf_wait(ring, br);
	return BLK_STS_OK;
}

/* Return: whether the doorbell has to be rung. */
static bool bf_push(struct bf_ring *ring)
{
	bool notify = ring->mode == BF_RING_LIVE && XFL_RING_PUSH(&ring->front);

	ring->stats.doorbells += notify;
	return notify;
}

/**
 * bf_pump() - send waiting requests as far as credits go
 * @ring: the ring
 *
 * A write with much to copy is left to bf_stage_first(), with all that wait behind it.
 *
 * Context: ring lock held.
 * Return: whether the doorbell has to be rung.
 */
bool bf_pump(struct bf_ring *ring)
{
	struct bf_req *br;
	bool sent = false;

	lockdep_assert_held(&ring->lock);
	while ((br = list_first_entry_or_null(&ring->waiting, struct bf_req, link))) {
		if (br == ring->staging || !bf_can_issue(ring, br))
			break;
		if (bf_much_to_copy(ring, br)) {
			bf_defer(ring);
			break;
		}
		sent = true;
		if (!bf_issue(ring, br))
			break;
		list_del_init(&br->link);
	}
	return sent && bf_push(ring);
}

/**
 * bf_first_to_stage() - the first request that waits, if it can be sent and has much to copy
 * @ring: the ring
 *
 * Context: ring lock held.
 * Return: the request or %NULL.
 */
struct bf_req *bf_first_to_stage(struct bf_ring *ring)
{
	struct bf_req *br = list_first_entry_or_null(&ring->waiting, struct bf_req, link);

	return br && bf_much_to_copy(ring, br) && bf_can_issue(ring, br) ? br : NULL;
}

/**
 * bf_stage_first() - send the first request that waits, if it is a write with much to copy
 * @ring: the ring
 *
 * The data is copied outside the lock.
 *
 * Context: process; @turn of the ring held, so the connection stays.
 * Return: whether there was one.
 */
bool bf_stage_first(struct bf_ring *ring)
{
	struct bf_req *br;
	bool notify;

	lockdep_assert_held(&ring->turn);
	spin_lock_irq(&ring->lock);
	br = bf_first_to_stage(ring);
	if (!br) {
		spin_unlock_irq(&ring->lock);
		return false;
	}
	bf_keep_take(ring, br);
	ring->staging = br;
	spin_unlock_irq(&ring->lock);

	bf_copy_out(ring, br);

	spin_lock_irq(&ring->lock);
	ring->staging = NULL;
	notify = bf_pump(ring);
	/* Copied in vain: the ring has stopped, or others that were sent before went first. */
	if (!list_empty(&br->link) && !br->placed)
		bf_return_refs(ring, br);
	spin_unlock_irq(&ring->lock);
	if (notify)
		xfl_evtchn_notify(&ring->ec);
	return true;
}

/**
 * bf_queue_rq() - blk_mq_ops.queue_rq
 * @hctx: hardware context, whose ring takes the request
 * @bd: the request, and whether it is the last of a batch
 *
 * Return: BLK_STS_OK once the request is ours, also if it has to wait; an error
 * ends it.
 */
blk_status_t bf_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct bf_ring *ring = hctx->driver_data;
	struct request *rq = bd->rq;
	struct bf_req *br = bf_req_of(rq);
	blk_status_t status = bf_prepare(ring->bf, rq, br);
	unsigned long flags;
	bool notify = false;

	if (unlikely(status))
		return status;
	blk_mq_start_request(rq);
	if (unlikely(bf_nothing_to_flush(rq, br))) {
		blk_mq_end_request(rq, BLK_STS_OK);
		if (bd->last)
			bf_commit_rqs(hctx);
		return BLK_STS_OK;
	}

	spin_lock_irqsave(&ring->lock, flags);
	bf_stage(ring, br, &flags);
	status = bf_admit(ring, br);
	/* It may have held what the first one waits for, and nothing else be under way. */
	if (unlikely(!list_empty(&ring->waiting)))
		notify = bf_pump(ring);
	if (bd->last)
		notify |= bf_push(ring);
	spin_unlock_irqrestore(&ring->lock, flags);

	if (notify)
		xfl_evtchn_notify(&ring->ec);
	return status;
}

/**
 * bf_commit_rqs() - blk_mq_ops.commit_rqs: a batch ended without its last request
 * @hctx: hardware context
 */
void bf_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct bf_ring *ring = hctx->driver_data;
	unsigned long flags;
	bool notify;

	spin_lock_irqsave(&ring->lock, flags);
	notify = bf_push(ring);
	spin_unlock_irqrestore(&ring->lock, flags);
	if (notify)
		xfl_evtchn_notify(&ring->ec);
}

/**
 * bf_ring_set_mode() - what becomes of requests from now on
 * @ring: the ring
 * @mode: if this is BF_RING_LIVE, what waits is sent; what was put on the ring before is
 *	sent in any case
 */
void bf_ring_set_mode(struct bf_ring *ring, enum bf_ring_mode mode)
{
	unsigned long flags;
	bool notify;

	spin_lock_irqsave(&ring->lock, flags);
	notify = bf_push(ring);
	ring->mode = mode;
	notify |= bf_pump(ring);
	spin_unlock_irqrestore(&ring->lock, flags);
	if (notify)
		xfl_evtchn_notify(&ring->ec);
}
