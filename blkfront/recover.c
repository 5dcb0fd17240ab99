// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of requests when their connection ends.
 *
 * DOC: each request in flight goes exactly one of three ways, once its ring can
 * bring no more answers. If the backend still maps its data it is parked, and
 * goes one of the other two ways when the backend lets go. Else it waits for
 * the next backend, or it fails.
 */
#include "blkfront.h"

static bool bf_ring_idle(struct bf_ring *ring)
{
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&ring->lock, flags);
	idle = !ring->front.sring || ring->table.slots.nr_free == ring->table.slots.nr;
	spin_unlock_irqrestore(&ring->lock, flags);
	return idle;
}

/**
 * bf_rings_idle() - whether nothing is under way
 * @bf: the device
 *
 * Context: any.
 */
bool bf_rings_idle(struct blkfront *bf)
{
	unsigned int i;

	for (i = 0; i < bf->nr_live; i++)
		if (!bf_ring_idle(&bf->ring[i]))
			return false;
	return true;
}

/**
 * bf_rings_hold() - whether requests wait
 * @bf: the device
 *
 * Context: any.
 */
bool bf_rings_hold(struct blkfront *bf)
{
	unsigned long flags;
	unsigned int i;
	bool hold = false;

	for (i = 0; i < bf->nr_rings && !hold; i++) {
		spin_lock_irqsave(&bf->ring[i].lock, flags);
		hold = !list_empty(&bf->ring[i].waiting);
		spin_unlock_irqrestore(&bf->ring[i].lock, flags);
	}
	return hold;
}

/* Where the waiting list begins for others: behind the rest of what was sent in part. */
static struct list_head *bf_behind_rest(struct bf_ring *ring)
{
	struct bf_req *first = list_first_entry_or_null(&ring->waiting, struct bf_req, link);

	return first && first->placed ? &first->link : &ring->waiting;
}

/* Last step of a request that was given up or taken over: to the next backend, or to an end. */
static void bf_resubmit(struct bf_ring *ring, struct bf_req *br)
{
	unsigned long flags;
	bool dead;

	spin_lock_irqsave(&ring->lock, flags);
	dead = ring->mode == BF_RING_DEAD;
	br->placed = 0;
	if (!dead) {
		list_add(&br->link, bf_behind_rest(ring));
		/* Under the lock: a ring that is live now has its channel. */
		if (bf_pump(ring))
			xfl_evtchn_notify(&ring->ec);
	}
	spin_unlock_irqrestore(&ring->lock, flags);

	if (dead)
		blk_mq_end_request(bf_rq(br), BLK_STS_IOERR);
}

/* The turn of the first ring keeps bf_set_live() from handing out rings anew meanwhile. */
static void bf_unpark(void *data)
{
	struct bf_req *br = data;
	struct request *rq = bf_rq(br);
	struct blkfront *bf = bf_ring_of(rq)->bf;

	br->nr_refs = 0;
	br->nr_stuck = 0;
	bf_get(bf);
	mutex_lock(&bf->ring[0].turn);
	bf_resubmit(bf_ring_of(rq), br);
	mutex_unlock(&bf->ring[0].turn);
	bf_put(bf);
}

/*
 * A part's owner appears once per part: it is taken when it is met first, and
 * told by its link from then on. Of one that was sent in part, the rest waits.
 */
static void bf_gather(struct bf_ring *ring, struct list_head *found)
{
	struct bf_req *first = list_first_entry_or_null(&ring->waiting, struct bf_req, link);
	struct bfw_table *t = &ring->table;
	u32 i;

	lockdep_assert_held(&ring->lock);
	list_splice_tail_init(&ring->stuck, found);
	for (i = 0; i < t->slots.nr; i++) {
		struct bf_req *br = t->sent[i].owner;

		if (!t->slots.slot[i].in_flight)
			continue;
		xfl_slot_put(&t->slots, i);
		if (br && list_empty(&br->link))	/* else see bf_fail_copied() */
			list_add_tail(&br->link, found);
	}
	if (first && first->placed)
		list_move_tail(&first->link, found);
}

static void bf_release(struct bf_ring *ring, struct bf_req *br)
{
	unsigned long flags;
	unsigned int stuck;

	bf_end_grants(ring, br);
	spin_lock_irqsave(&ring->lock, flags);
	bf_return_refs(ring, br);
	ring->stats.requeued++;
	stuck = br->nr_stuck;
	if (stuck) {
		ring->stats.parked++;
		xfl_gref_abandon(&ring->grefs, stuck);
	}
	spin_unlock_irqrestore(&ring->lock, flags);

	if (!stuck) {
		bf_resubmit(ring, br);
		return;
	}
	if (xfl_may_log(&ring->bf->xd))
		dev_warn(&ring->bf->xd.xbdev->dev,
			 "request at sector %llu waits: backend still maps %u frames\n",
			 (u64)blk_rq_pos(bf_rq(br)), stuck);
	xfl_park_in(&br->parked, br->ref, stuck, bf_unpark, br);
}

/**
 * bf_recover() - settle all requests of a ring whose backend has gone
 * @ring: a ring that no interrupt reaches any more
 * @keep: whether there may be another backend; else requests fail
 *
 * Requests go to the head of the waiting list, before what came later.
 */
void bf_recover(struct bf_ring *ring, bool keep)
{
	struct bf_req *br, *next;
	unsigned long flags;
	LIST_HEAD(found);

	spin_lock_irqsave(&ring->lock, flags);
	ring->mode = keep ? BF_RING_HOLD : BF_RING_DEAD;
	if (ring->front.sring)
		bf_gather(ring, &found);
	spin_unlock_irqrestore(&ring->lock, flags);

	/* From the last to the first, as each goes before those that wait. */
	list_for_each_entry_safe_reverse(br, next, &found, link) {
		list_del_init(&br->link);
		bf_release(ring, br);
	}
	if (!keep)
		bf_fail_waiting(ring);
}

/**
 * bf_end_flushes() - end the flushes that wait: a backend without a cache needs none
 * @bf: a device whose rings hold requests back
 */
void bf_end_flushes(struct blkfront *bf)
{
	struct bf_req *br, *next;
	unsigned int i;
	LIST_HEAD(done);

	for (i = 0; i < bf->nr_rings; i++) {
		spin_lock_irq(&bf->ring[i].lock);
		list_for_each_entry_safe(br, next, &bf->ring[i].waiting, link)
			if (req_op(bf_rq(br)) == REQ_OP_FLUSH)
				list_move_tail(&br->link, &done);
		spin_unlock_irq(&bf->ring[i].lock);
	}
	list_for_each_entry_safe(br, next, &done, link)
		blk_mq_end_request(bf_rq(br), BLK_STS_OK);
}

/* Whether a part of a request that waits may be in the backend's hands. */
static bool bf_on_ring(const struct bf_ring *ring, const struct bf_req *br)
{
	return br->placed && ring->front.sring;
}

/**
 * bf_fail_waiting() - end what waits on a ring, and what will come, in error
 * @ring: the ring, its turn held
 */
void bf_fail_waiting(struct bf_ring *ring)
{
	struct bf_req *br, *next;
	unsigned long flags;
	LIST_HEAD(failed);

	lockdep_assert_held(&ring->turn);
	spin_lock_irqsave(&ring->lock, flags);
	ring->mode = BF_RING_DEAD;
	list_for_each_entry_safe(br, next, &ring->waiting, link)
		if (!bf_on_ring(ring, br))
			list_move_tail(&br->link, &failed);
	spin_unlock_irqrestore(&ring->lock, flags);

	list_for_each_entry_safe(br, next, &failed, link)
		blk_mq_end_request(bf_rq(br), BLK_STS_IOERR);
}

/**
 * bf_fail_all() - bf_fail_waiting() for every ring
 * @bf: the device
 *
 * Context: process, no turn held: whoever copies a request's data has it, and is waited for.
 */
void bf_fail_all(struct blkfront *bf)
{
	unsigned int i;

	for (i = 0; i < bf->nr_rings; i++) {
		mutex_lock(&bf->ring[i].turn);
		bf_fail_waiting(&bf->ring[i]);
		mutex_unlock(&bf->ring[i].turn);
	}
}

static void bf_ring_fail_copied(struct bf_ring *ring)
{
	struct bfw_table *t = &ring->table;
	struct bf_req *br, *next;
	LIST_HEAD(failed);
	u32 i;

	mutex_lock(&ring->turn);
	spin_lock_irq(&ring->lock);
	br = list_first_entry_or_null(&ring->waiting, struct bf_req, link);
	if (br && br->copied)	/* the rest of one that was sent in part */
		list_move_tail(&br->link, &failed);
	for (i = 0; ring->front.sring && i < t->slots.nr; i++) {
		br = t->sent[i].owner;
		if (!t->slots.slot[i].in_flight || !br || (br->segs && !br->copied))
			continue;
		/* Slot and frames stay in flight; nobody answers for the request any more. */
		t->sent[i].owner = NULL;
		if (list_empty(&br->link))
			list_add_tail(&br->link, &failed);
	}
	spin_unlock_irq(&ring->lock);
	mutex_unlock(&ring->turn);

	list_for_each_entry_safe(br, next, &failed, link) {
		list_del_init(&br->link);
		blk_mq_end_request(bf_rq(br), BLK_STS_IOERR);
	}
}

/**
 * bf_fail_copied() - fail the requests whose data the backend reaches in frames of ours only
 * @bf: a device that is removed while its backend maps a ring; its rings are not believed any more
 *
 * The frames stay as they are.
 */
void bf_fail_copied(struct blkfront *bf)
{
	unsigned int i;

	for (i = 0; i < bf->nr_live; i++)
		bf_ring_fail_copied(&bf->ring[i]);
}
