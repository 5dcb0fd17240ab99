// SPDX-License-Identifier: GPL-2.0
/*
 * Submission: what the block layer hands us goes on the ring, or waits its turn.
 *
 * DOC: a request takes as many credits (free ring slots) as it has parts. One
 * that finds too few puts what it can on the ring and waits at the head of the
 * ring's list with the rest. Whoever returns credits sends from that list, so the
 * block layer need not be asked to try again. A request takes no more references
 * than the ring keeps in reserve, so one can go at the latest when the ring is empty.
 *
 * DOC: large and small. A disk of 20 MB/s needs 50 ms for a request of 1 MB, and there
 * may be dozens. So a small one, of BF_SMALL frames at most, goes before those that wait, and
 * between the parts of one that is sent in part; and large ones have no more under
 * way than BF_SLOT_FRAMES a slot, however much an indirect request carries: what
 * the backend has taken, nobody can pass. So that large ones are not starved, no more than
 * BF_PASSES small ones go before each of them. Among small ones, and among large ones, it is
 * first come first served.
 */
#include "blkfront.h"
#include "segs.h"

/*
 * Only whole logical blocks inside a frame can be described, and only so many frames. The
 * block layer knows, so what fails here is a fault of ours or of whoever came past it.
 */
static blk_status_t bf_prepare_data(struct blkfront *bf, struct request *rq, struct bf_req *br)
{
	struct bfw_measures m;

	/* A partition table can say where half a block is the last one. */
	if (unlikely(blk_rq_bytes(rq) & bf->block_mask)) {
		dev_err_ratelimited(disk_to_dev(rq->q->disk), "half a block cannot be sent\n");
		return BLK_STS_IOERR;
	}
	m = bf_measure(rq);
	if (WARN_ON_ONCE((m.shape & bf->block_mask) || !m.segs || m.segs > BFW_MAX_SEGS))
		return BLK_STS_IOERR;
	br->op = rq_data_dir(rq) == WRITE ? BFW_WRITE : BFW_READ;
	br->segs = m.segs;
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

/* Up to so many frames are copied under the lock: to take it twice would cost more. */
#define BF_SMALL	4u

/* As many reads as mq-deadline, the default for the in-tree driver, lets pass a write. */
#define BF_PASSES	32u

/* As many as the in-tree driver sends: 4 MB in a ring of one frame. */
#define BF_SLOT_FRAMES	32u

static bool bf_is_small(const struct bf_req *br)
{
	return br->segs <= BF_SMALL;
}

static struct bf_req *bf_first_waiting(struct bf_ring *ring)
{
	return list_first_entry_or_null(&ring->waiting, struct bf_req, link);
}

/* References that one sent in part has yet to take are not for others. */
static u32 bf_refs_promised(struct bf_ring *ring)
{
	const struct bf_req *first = bf_first_waiting(ring);

	return first && first->placed && !first->copied ? first->segs - first->placed : 0;
}

static bool bf_refs_for(struct bf_ring *ring, u32 segs)
{
	u32 owned = ring->grefs.nr_owned;
	bool enough = xfl_grefs_want(&ring->grefs, segs + bf_refs_promised(ring));

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

/* Frames of data that are under way. */
static u32 bf_frames_out(const struct bf_ring *ring)
{
	if (ring->keep.frame)
		return ring->keep.nr - ring->keep.nr_free;
	return ring->grefs.nr_owned - ring->grefs.nr_free -
	       (ring->indirect ? ring->table.slots.nr : 0);
}

static bool bf_leaves_room(const struct bf_ring *ring, const struct bf_req *br)
{
	u32 most = ring->keep.frame ? ring->keep.max - BF_KEEP_SPARE :
				      ring->table.slots.nr * BF_SLOT_FRAMES;

	return bf_is_small(br) || bf_frames_out(ring) + br->segs <= most;
}

static bool bf_can_issue(struct bf_ring *ring, const struct bf_req *br)
{
	return ring->mode == BF_RING_LIVE && bfw_credits(&ring->table) &&
	       (br->nr_refs || (bf_leaves_room(ring, br) && bf_memory_for(ring, br->segs)));
}

static bool bf_much_to_copy(const struct bf_ring *ring, const struct bf_req *br)
{
	return ring->keep.frame && br->op == BFW_WRITE && !bf_is_small(br) && !br->nr_refs;
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

/* The list is: what was sent in part, small ones, large ones; or nearly, after a reconnect. */
static struct list_head *bf_place_to_wait(struct bf_ring *ring, const struct bf_req *br)
{
	struct bf_req *other;

	if (!bf_is_small(br) || list_empty(&ring->waiting) ||
	    bf_is_small(list_last_entry(&ring->waiting, struct bf_req, link)))
		return &ring->waiting;
	list_for_each_entry(other, &ring->waiting, link)
		if (!other->placed && !bf_is_small(other))
			return &other->link;
	return &ring->waiting;
}

static void bf_wait(struct bf_ring *ring, struct bf_req *br)
{
	ring->stats.waits++;
	list_add_tail(&br->link, bf_place_to_wait(ring, br));
}

static struct bf_req *bf_first_large(struct bf_ring *ring)
{
	struct bf_req *br;

	list_for_each_entry(br, &ring->waiting, link)
		if (!bf_is_small(br))
			return br;
	return NULL;
}

/* Which of those that wait is the next to be sent, as soon as it can be. */
static struct bf_req *bf_next_waiting(struct bf_ring *ring)
{
	struct bf_req *first = bf_first_waiting(ring), *second, *large;

	if (!first || list_is_singular(&ring->waiting))
		return first;
	if (unlikely(ring->passes >= BF_PASSES)) {
		large = bf_first_large(ring);
		if (large)
			return large;
		ring->passes = 0;
	}
	if (bf_is_small(first))
		return first;
	second = list_next_entry(first, link);
	/* If references are short, the first one has its own. */
	return bf_is_small(second) && bf_can_issue(ring, second) ? second : first;
}

/* Return: whether all of it was sent. */
static bool bf_issue_waiting(struct bf_ring *ring, struct bf_req *br)
{
	if (!bf_issue(ring, br)) {
		list_move(&br->link, &ring->waiting);
		return false;
	}
	list_del_init(&br->link);
	ring->passes = bf_is_small(br) && !list_empty(&ring->waiting) ? ring->passes + 1 : 0;
	return true;
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
	while ((br = bf_next_waiting(ring))) {
		if (br == ring->staging || !bf_can_issue(ring, br))
			break;
		if (bf_much_to_copy(ring, br)) {
			bf_defer(ring);
			break;
		}
		sent = true;
		if (!bf_issue_waiting(ring, br))
			break;
	}
	return sent && bf_push(ring);
}

/**
 * bf_first_to_stage() - the request that is next to be sent, if it can be sent and has much to copy
 * @ring: the ring
 *
 * Context: ring lock held.
 * Return: the request or %NULL.
 */
struct bf_req *bf_first_to_stage(struct bf_ring *ring)
{
	struct bf_req *br = bf_next_waiting(ring);

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
