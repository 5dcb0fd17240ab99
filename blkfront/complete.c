// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Completion. Responses are copied and checked under the ring lock. Grants end (xbf_end_grants() in
 * submit.c), and requests complete, outside it. Each round also dispatches what waits. When no
 * response is left, an event is asked for at the next.
 */
#include "blkfront.h"

/* After a protocol error the ring is not looked at again: xfl_break() withholds belief. */
static void xbf_protocol_error(struct xbf_ring *ring, const char *what, int err)
{
	lockdep_assert_held(&ring->lock);
	ring->mode = XBF_RING_HOLD;
	xfl_break(&ring->xb->xd, "ring %td: %s (%pe)", ring - ring->xb->ring, what, ERR_PTR(err));
}

/*
 * What a request costs once its last response is there: one for the request, and one for each frame
 * to copy back or to end. A write that was copied has no such frames.
 */
static int xbf_cost(const struct xbf_req *br)
{
	return br->copied && br->op == XBF_WRITE ? 1 : 1 + br->segs;
}

static int xbf_take_response(struct xbf_ring *ring, struct list_head *responded, int *budget)
{
	struct xbf_wire_response wire;
	struct xbf_rsp rsp;
	struct xbf_req *br;
	int err;

	RING_COPY_RESPONSE(&ring->front, ring->front.rsp_cons, &wire);
	err = xbf_rsp_check(&ring->table, &wire, &rsp);
	if (unlikely(err))
		return err;
	/* Only xbf_fail_copied() takes a slot's owner away. The ring is not believed by then. */
	if (WARN_ON_ONCE(!rsp.owner))
		return -ENOENT;
	WRITE_ONCE(ring->front.rsp_cons, ring->front.rsp_cons + 1);
	br = rsp.owner;
	if (xbf_tally_add(&br->tally, rsp.status)) {
		list_add_tail(&br->link, responded);
		*budget -= xbf_cost(br);
	}
	return 0;
}

/* Moves requests to @responded with their last response. Return: whether there was a response. */
static bool xbf_take_responses(struct xbf_ring *ring, struct list_head *responded, int *budget)
{
	u32 before = ring->front.rsp_cons;
	int pending, err;

	lockdep_assert_held(&ring->lock);
	while (*budget > 0 && (pending = XFL_RING_PENDING(&ring->front))) {
		if (unlikely(pending < 0)) {
			xbf_protocol_error(ring, "impossible response index", pending);
			goto out;
		}
		while (pending-- && *budget > 0) {
			err = xbf_take_response(ring, responded, budget);
			if (unlikely(err)) {
				xbf_protocol_error(ring, "response to nothing we asked", err);
				goto out;
			}
		}
	}
out:
	return ring->front.rsp_cons != before;
}

/*
 * A backend that responds to a request and goes on mapping its data could read or change pages that
 * have another user by then. Such a request is not completed: it leaves @ready for @stuck.
 */
static void xbf_return_all_refs(struct xbf_ring *ring, struct list_head *ready)
{
	struct xbf_req *br, *next;

	lockdep_assert_held(&ring->lock);
	list_for_each_entry_safe(br, next, ready, link) {
		if (br->copied && br->op == XBF_READ)
			ring->stats.bytes_copied += blk_rq_bytes(xbf_rq(br));
		xbf_return_refs(ring, br);
		if (likely(!br->nr_stuck))
			continue;
		list_move_tail(&br->link, &ring->stuck);
		xbf_protocol_error(ring, "grant still in use after the response", -EBUSY);
	}
}

static blk_status_t xbf_unsupported(struct request *rq)
{
	struct xbf_dev *xb = xbf_ring_of(rq)->xb;

	switch (req_op(rq)) {
	case REQ_OP_FLUSH:
		/* A backend that cannot flush has no volatile cache either. */
		if (xchg(&xb->flush_op, 0)) {
			if (xfl_may_log(&xb->xd))
				dev_warn(disk_to_dev(rq->q->disk),
					 "backend cannot flush after all: treated as write-through\n");
			xbf_disk_update(xb);
		}
		return BLK_STS_OK;
	case REQ_OP_DISCARD:
		blk_queue_disable_discard(rq->q);
		return BLK_STS_NOTSUPP;
	case REQ_OP_SECURE_ERASE:
		blk_queue_disable_secure_erase(rq->q);
		return BLK_STS_NOTSUPP;
	default:
		return BLK_STS_NOTSUPP;
	}
}

static blk_status_t xbf_rq_status(struct request *rq)
{
	switch (xbf_req_of(rq)->tally.worst) {
	case XBF_OK:
		return BLK_STS_OK;
	case XBF_UNSUPPORTED:
		return xbf_unsupported(rq);
	default:
		return BLK_STS_IOERR;
	}
}

/* blk_mq_ops.complete, for a request that the backend has responded to and has no access to. */
void xbf_complete_rq(struct request *rq)
{
	blk_mq_end_request(rq, xbf_rq_status(rq));
}

/*
 * Somebody polls for this request, but its ring is not a polled one, and an event came first. Linux
 * 6.1 keeps the bios of polled requests in a cache that has no lock against interrupts.
 */
static void xbf_clear_polled(struct request *rq)
{
	struct bio *bio;

	__rq_for_each_bio(bio, rq)
		bio_clear_polled(bio);
}

static void xbf_complete_requests(struct list_head *ready)
{
	DEFINE_IO_COMP_BATCH(batch);
	struct xbf_req *br, *next;

	list_for_each_entry_safe(br, next, ready, link) {
		struct request *rq = xbf_rq(br);

		if (unlikely(rq->cmd_flags & REQ_POLLED) && !in_task())
			xbf_clear_polled(rq);
		if (!blk_mq_complete_request_remote(rq) &&
		    !blk_mq_add_to_batch(rq, &batch, br->tally.worst != XBF_OK,
					 blk_mq_end_request_batch))
			xbf_complete_rq(rq);
	}
	INIT_LIST_HEAD(ready);
	if (batch.complete)
		batch.complete(&batch);
}

/**
 * xbf_arm() - ask for an event at the next response
 * @ring: the ring; every response on it was taken
 *
 * Does nothing if the event was asked for already, if the ring is closed, not believed or polled,
 * or if @deferred_work will look anyway.
 *
 * Context: ring lock held.
 * Return: whether the response came meanwhile, so that no event will.
 */
bool xbf_arm(struct xbf_ring *ring)
{
	u32 cons = ring->front.rsp_cons;

	lockdep_assert_held(&ring->lock);
	/* xbf_open_rings() writes @polled without the lock. */
	if (READ_ONCE(ring->polled) || ring->deferred)
		return false;
	if (!ring->front.sring || !xfl_believes(&ring->xb->xd))
		return false;
	if (ring->armed_at == cons + 1)
		return false;
	ring->armed_at = cons + 1;
	return XFL_RING_ARM_AT(&ring->front, cons, ring->armed_at);
}

/* Only after a response was taken: a poller that finds none need not wake the life cycle. */
static void xbf_check_drained(struct xbf_ring *ring)
{
	lockdep_assert_held(&ring->lock);
	if (unlikely(ring->mode != XBF_RING_LIVE) &&
	    ring->table.slots.nr_free == ring->table.slots.nr)
		xfl_look(&ring->xb->xd);
}

static void xbf_end_data(struct xbf_ring *ring, struct xbf_req *br)
{
	if (br->copied)
		xbf_copy_back(ring, br);
	else
		xbf_end_grants(ring, br);
}

/**
 * xbf_complete() - complete the requests that the backend has responded to
 * @ring: the ring
 * @cons: for the interrupt handler: set to the index of the next response; %NULL for others
 * @budget: how much to take on, as in xbf_cost(); one request may exceed it. The rest is left to
 *	@deferred_work of the ring or, if the ring is polled, to whoever looks next
 *
 * A request passes two rounds. The first takes its last response under the lock, and ends its
 * grants or copies its data back without the lock: it is on @responded. The second gives its
 * references back under the lock, and completes it without the lock: it is on @ready.
 *
 * Context: any.
 * Return: whether there was a response.
 */
bool xbf_complete(struct xbf_ring *ring, u32 *cons, int budget)
{
	LIST_HEAD(responded);
	LIST_HEAD(ready);
	struct xbf_req *br;
	unsigned long flags;
	bool any = false;
	bool took, notify, more;

	do {
		spin_lock_irqsave(&ring->lock, flags);
		xbf_return_all_refs(ring, &ready);
		took = ring->front.sring && xfl_believes(&ring->xb->xd) &&
		       xbf_take_responses(ring, &responded, &budget);
		any |= took;
		notify = xbf_dispatch(ring);
		/*
		 * Process context may be preempted before the next round, and has to ask for an
		 * event in each. The interrupt handler cannot be: it asks in the round that takes
		 * no request, which is its last unless a response came meanwhile.
		 */
		more = (!cons || list_empty(&responded)) && xbf_arm(ring);
		if (more && budget <= 0) {
			xbf_defer(ring);
			more = false;
		}
		if (took)
			xbf_check_drained(ring);
		if (cons)
			*cons = ring->front.rsp_cons;
		spin_unlock_irqrestore(&ring->lock, flags);

		if (notify)
			xfl_evtchn_notify(&ring->ec);
		xbf_complete_requests(&ready);
		list_for_each_entry(br, &responded, link)
			xbf_end_data(ring, br);
		list_splice_init(&responded, &ready);
	} while (more || !list_empty(&ready));
	return any;
}
