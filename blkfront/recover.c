// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * What becomes of requests when their connection ends.
 *
 * Once a ring can bring no more responses, each request in flight goes exactly one way. If the
 * backend still maps its data, it is parked until the backend has unmapped it. Then, or at once, it
 * waits for the next backend, or fails if there will be none.
 */
#include "blkfront.h"

static bool xbf_ring_idle(struct xbf_ring *ring)
{
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&ring->lock, flags);
	idle = !ring->front.sring || ring->table.slots.nr_free == ring->table.slots.nr;
	spin_unlock_irqrestore(&ring->lock, flags);
	return idle;
}

/* Whether no request is in flight. Context: any. */
bool xbf_rings_idle(struct xbf_dev *xb)
{
	unsigned int i;

	for (i = 0; i < xb->nr_live; i++)
		if (!xbf_ring_idle(&xb->ring[i]))
			return false;
	return true;
}

/* Whether a request waits. Context: any. */
bool xbf_rings_have_waiting(struct xbf_dev *xb)
{
	unsigned long flags;
	unsigned int i;
	bool hold = false;

	for (i = 0; i < xb->nr_rings && !hold; i++) {
		spin_lock_irqsave(&xb->ring[i].lock, flags);
		hold = !list_empty(&xb->ring[i].waiting);
		spin_unlock_irqrestore(&xb->ring[i].lock, flags);
	}
	return hold;
}

/* Where requests go that are sent again: behind the one that is sent in part, before all others. */
static struct list_head *xbf_wait_head(struct xbf_ring *ring)
{
	struct xbf_req *first = list_first_entry_or_null(&ring->waiting, struct xbf_req, link);

	return first && first->placed ? &first->link : &ring->waiting;
}

/* The last step of a request that was recovered: it waits for the next backend, or fails. */
static void xbf_requeue_or_fail(struct xbf_ring *ring, struct xbf_req *br)
{
	unsigned long flags;
	bool dead;

	spin_lock_irqsave(&ring->lock, flags);
	dead = ring->mode == XBF_RING_DEAD;
	br->placed = 0;
	if (!dead) {
		list_add(&br->link, xbf_wait_head(ring));
		/* Under the lock, as a live ring has its event channel. */
		if (xbf_dispatch(ring))
			xfl_evtchn_notify(&ring->ec);
	}
	spin_unlock_irqrestore(&ring->lock, flags);

	if (dead)
		blk_mq_end_request(xbf_rq(br), BLK_STS_IOERR);
}

/* The poll lock of the first ring keeps xbf_set_ring_map() from changing the ring map meanwhile. */
static void xbf_unpark(void *data)
{
	struct xbf_req *br = data;
	struct request *rq = xbf_rq(br);
	struct xbf_dev *xb = xbf_ring_of(rq)->xb;

	br->nr_refs = 0;
	br->nr_stuck = 0;
	xbf_get(xb);
	mutex_lock(&xb->ring[0].poll_lock);
	xbf_requeue_or_fail(xbf_ring_of(rq), br);
	mutex_unlock(&xb->ring[0].poll_lock);
	xbf_put(xb);
}

/*
 * Collects the requests that have a part in flight, each once: a request with several parts is on a
 * list from the first one on. One that was sent in part is taken off the waiting list.
 */
static void xbf_gather(struct xbf_ring *ring, struct list_head *found)
{
	struct xbf_req *first = list_first_entry_or_null(&ring->waiting, struct xbf_req, link);
	struct xbf_table *t = &ring->table;
	u32 i;

	lockdep_assert_held(&ring->lock);
	list_splice_tail_init(&ring->stuck, found);
	for (i = 0; i < t->slots.nr; i++) {
		struct xbf_req *br = t->sent[i].owner;

		if (!t->slots.slot[i].in_flight)
			continue;
		xfl_slot_put(&t->slots, i);
		/* xbf_fail_copied() leaves slots without an owner. */
		if (br && list_empty(&br->link))
			list_add_tail(&br->link, found);
	}
	if (first && first->placed)
		list_move_tail(&first->link, found);
}

static void xbf_release(struct xbf_ring *ring, struct xbf_req *br)
{
	unsigned long flags;
	unsigned int stuck;

	xbf_end_grants(ring, br);
	spin_lock_irqsave(&ring->lock, flags);
	xbf_return_refs(ring, br);
	ring->stats.requeued++;
	stuck = br->nr_stuck;
	if (stuck) {
		ring->stats.parked++;
		/*
		 * The ring lock guards the stack. xbf_release() parks outside that lock, with the
		 * request's own record, so xfl_grefs_park() does not fit.
		 */
		xfl_gref_disown(&ring->grefs, stuck);
	}
	spin_unlock_irqrestore(&ring->lock, flags);

	if (!stuck) {
		xbf_requeue_or_fail(ring, br);
		return;
	}
	if (xfl_may_log(&ring->xb->xd))
		dev_warn(&ring->xb->xd.xbdev->dev,
			 "request at sector %llu waits: backend still maps %u frames\n",
			 (u64)blk_rq_pos(xbf_rq(br)), stuck);
	xfl_park_in(&br->parked, br->ref, stuck, xbf_unpark, br);
}

/* Whether a part of a waiting request may be in flight. */
static bool xbf_on_ring(const struct xbf_ring *ring, const struct xbf_req *br)
{
	lockdep_assert_held(&ring->lock);
	return br->placed && ring->front.sring;
}

/* Fails the requests that wait on a ring, and those that will come. Its poll lock is held. */
static void xbf_fail_waiting(struct xbf_ring *ring)
{
	struct xbf_req *br, *next;
	unsigned long flags;
	LIST_HEAD(failed);

	lockdep_assert_held(&ring->poll_lock);
	spin_lock_irqsave(&ring->lock, flags);
	ring->mode = XBF_RING_DEAD;
	list_for_each_entry_safe(br, next, &ring->waiting, link)
		if (!xbf_on_ring(ring, br))
			list_move_tail(&br->link, &failed);
	spin_unlock_irqrestore(&ring->lock, flags);

	list_for_each_entry_safe(br, next, &failed, link)
		blk_mq_end_request(xbf_rq(br), BLK_STS_IOERR);
}

/**
 * xbf_recover() - requeue, park or fail all requests of a ring whose connection ends
 * @ring: a ring that no interrupt reaches any more, its poll lock held
 * @requeue: whether there may be another backend; else requests fail
 *
 * Requests go to the head of the waiting list, before those that came later.
 */
void xbf_recover(struct xbf_ring *ring, bool requeue)
{
	struct xbf_req *br, *next;
	unsigned long flags;
	LIST_HEAD(found);

	lockdep_assert_held(&ring->poll_lock);
	spin_lock_irqsave(&ring->lock, flags);
	ring->mode = requeue ? XBF_RING_HOLD : XBF_RING_DEAD;
	if (ring->front.sring)
		xbf_gather(ring, &found);
	spin_unlock_irqrestore(&ring->lock, flags);

	/* Last one first, since each goes to the head of the waiting list. */
	list_for_each_entry_safe_reverse(br, next, &found, link) {
		list_del_init(&br->link);
		xbf_release(ring, br);
	}
	if (!requeue)
		xbf_fail_waiting(ring);
}

/* Completes the flushes that wait: the new backend has no cache. No ring is live. */
void xbf_end_flushes(struct xbf_dev *xb)
{
	struct xbf_req *br, *next;
	unsigned int i;
	LIST_HEAD(done);

	for (i = 0; i < xb->nr_rings; i++) {
		spin_lock_irq(&xb->ring[i].lock);
		list_for_each_entry_safe(br, next, &xb->ring[i].waiting, link)
			if (req_op(xbf_rq(br)) == REQ_OP_FLUSH)
				list_move_tail(&br->link, &done);
		spin_unlock_irq(&xb->ring[i].lock);
	}
	list_for_each_entry_safe(br, next, &done, link)
		blk_mq_end_request(xbf_rq(br), BLK_STS_OK);
}

/**
 * xbf_fail_all() - xbf_fail_waiting() for every ring
 * @xb: the device
 *
 * Context: process, no poll lock held. Waits for whoever copies a request's data under that lock.
 */
void xbf_fail_all(struct xbf_dev *xb)
{
	unsigned int i;

	for (i = 0; i < xb->nr_rings; i++) {
		mutex_lock(&xb->ring[i].poll_lock);
		xbf_fail_waiting(&xb->ring[i]);
		mutex_unlock(&xb->ring[i].poll_lock);
	}
}

static void xbf_ring_fail_copied(struct xbf_ring *ring)
{
	struct xbf_table *t = &ring->table;
	struct xbf_req *br, *next;
	LIST_HEAD(failed);
	u32 i;

	mutex_lock(&ring->poll_lock);
	spin_lock_irq(&ring->lock);
	br = list_first_entry_or_null(&ring->waiting, struct xbf_req, link);
	/* Only a request that was sent in part is copied and on the list. */
	if (br && br->copied)
		list_move_tail(&br->link, &failed);
	for (i = 0; ring->front.sring && i < t->slots.nr; i++) {
		br = t->sent[i].owner;
		if (!t->slots.slot[i].in_flight || !br || (br->segs && !br->copied))
			continue;
		/* The slot and the frames stay in flight, without a request. */
		t->sent[i].owner = NULL;
		if (list_empty(&br->link))
			list_add_tail(&br->link, &failed);
	}
	spin_unlock_irq(&ring->lock);
	mutex_unlock(&ring->poll_lock);

	list_for_each_entry_safe(br, next, &failed, link) {
		list_del_init(&br->link);
		blk_mq_end_request(xbf_rq(br), BLK_STS_IOERR);
	}
}

/**
 * xbf_fail_copied() - fail the requests whose data the backend reaches in persistent frames only
 * @xb: a device that is removed while its backend maps a ring; its rings are not believed any more
 *
 * The frames stay granted.
 */
void xbf_fail_copied(struct xbf_dev *xb)
{
	unsigned int i;

	for (i = 0; i < xb->nr_live; i++)
		xbf_ring_fail_copied(&xb->ring[i]);
}
