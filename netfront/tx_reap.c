// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Transmit responses: asking for events at them, checking them, ending grants, freeing packets,
 * giving chunks back to zero-copy sockets. What becomes of packets that get no response. Also the
 * timer of a queue, which the receive side uses too.
 */
#include <linux/netdevice.h>

#include "netfront.h"
#include "tx_skb.h"
#include "xsk.h"

/* ---- when an event is asked for ---- */

/* Return: for how long no response came though some are due, in jiffies. */
static unsigned long xnf_tx_stall_time(struct xnf_queue *q, u32 cons, u32 due)
{
	bool waiting = READ_ONCE(q->due) && cons == READ_ONCE(q->due_at);

	WRITE_ONCE(q->due, due > 0);
	if (due && waiting)
		return jiffies - READ_ONCE(q->due_since);
	WRITE_ONCE(q->due_at, cons);
	WRITE_ONCE(q->due_since, jiffies);
	return 0;
}

/*
 * A backend need not take requests, and may take them again at any time: its interface is down, its
 * domain is paused, it limits our rate. So the timer looks less and less often, and that is all.
 * But then an event is asked for at the first response, and the backend is notified again, in case
 * a notification was lost.
 */
static void xnf_tx_look_again(struct xnf_queue *q, unsigned long stall)
{
	timer_reduce(&q->timer, jiffies + clamp_t(unsigned long, stall, XNF_TX_LINGER,
						  XNF_TX_LOOK));
}

/*
 * The event is asked for at half of the responses due, so that senders go on while the backend
 * handles the other half. Where that is less than XNF_TX_SLACK it is asked for there, or sooner if
 * a sender waits. The timer looks after responses that bring no event. xnf_tx_push() starts it for
 * requests that are published later.
 */
static u32 xnf_tx_event_batch(const struct xnf_queue *q, u32 cons, u32 due)
{
	u32 asked = READ_ONCE(q->tx.asked);
	u32 batch = due / 2;

	if (batch < XNF_TX_SLACK)
		batch = xnf_tx_within_slack(asked, cons) ? asked - cons : XNF_TX_SLACK;
	return min(batch, READ_ONCE(q->xn->coalesce.tx_frames));
}

static bool xnf_tx_arm_at(struct xnf_tx *tx, u32 cons, u32 at)
{
	WRITE_ONCE(tx->armed, at);
	return XFL_RING_ARM_AT(&tx->ring, cons, at);
}

/*
 * Ask for an event at a later response, at the end of a poll. Return: whether so many responses
 * came meanwhile that no event will.
 */
bool xnf_tx_arm(struct xnf_queue *q)
{
	struct xnf_tx *tx = &q->tx;
	u32 cons = READ_ONCE(tx->ring.rsp_cons);
	u32 due = READ_ONCE(tx->ring.req_prod_pvt) - cons;
	unsigned long stall = xnf_tx_stall_time(q, cons, due);
	u32 batch = stall > XNF_TX_LINGER ? 1 : xnf_tx_event_batch(q, cons, due);
	bool more;
	u32 asked;

	if (due)
		xnf_tx_look_again(q, stall);
	more = xnf_tx_arm_at(tx, cons, cons + batch);
	/*
	 * A sender that set @asked just now has compared it with the event that was asked for
	 * before this one, and so may have asked for none. Look again.
	 */
	asked = READ_ONCE(tx->asked);
	if (unlikely(batch <= XNF_TX_SLACK && xnf_tx_within_slack(asked, cons) &&
		     asked - cons < batch) &&
	    xnf_tx_arm_at(tx, cons, asked))
		more = true;
	return more;
}

/**
 * xnf_tx_arm_asked() - ask for an event at the response that a sender waits for
 * @q: the queue, under its transmit lock; the requests of that sender were just published
 *
 * The pair of xnf_tx_arm(). Either side writes what it wants, and then reads what the other side
 * wrote. A full barrier is between the two, here that of publishing. So at least one side sees
 * both, and asks for the earlier event.
 */
void xnf_tx_arm_asked(struct xnf_queue *q)
{
	struct xnf_tx *tx = &q->tx;
	u32 cons = tx->ring.rsp_cons;
	u32 armed = READ_ONCE(tx->armed);

	xnf_tx_assert_locked(tx);
	if (xnf_tx_within_slack(armed, cons) && armed - cons > tx->asked - cons &&
	    xnf_tx_arm_at(tx, cons, tx->asked))
		napi_schedule(&q->napi);
}

static bool xnf_tx_is_stalled(const struct xnf_queue *q)
{
	return READ_ONCE(q->due) && READ_ONCE(q->due_at) == READ_ONCE(q->tx.ring.rsp_cons) &&
	       time_after_eq(jiffies, READ_ONCE(q->due_since) + XNF_TX_LOOK);
}

static void xnf_tx_notify_again(struct xnf_queue *q)
{
	u64_stats_update_begin(&q->stats.kick_sync);
	u64_stats_inc(&q->stats.tx_kicks);
	u64_stats_update_end(&q->stats.kick_sync);
	xfl_evtchn_notify(&q->tx_ec);
}

/* The queue's timer: poll where no event will come, and notify a backend that stalls. */
void xnf_queue_timer(struct timer_list *t)
{
	struct xnf_queue *q = timer_container_of(q, t, timer);

	if (unlikely(xnf_tx_is_stalled(q)) && xfl_believes(&q->xn->xd))
		xnf_tx_notify_again(q);
	napi_schedule(&q->napi);
}

/* ---- responses ---- */

/*
 * @last: the connection ends. Then the reference is given back to the kernel, with
 * xfl_grant_end_free(): the kernel logs a line for each reference that it has to keep itself.
 */
static bool xnf_tx_slot_end_grant(struct xnf_tx *tx, struct xnf_tx_slot *slot, bool last)
{
	if (likely(!last))
		return xfl_grant_end(slot->gref);
	if (!xfl_grant_end_free(&tx->grefs, slot->gref))
		return false;
	slot->gref = INVALID_GRANT_REF;
	return true;
}

/* Return: false if the backend still maps what it was granted; then the slot keeps its packet. */
static bool xnf_tx_slot_end(struct xnf_tx *tx, struct xnf_tx_slot *slot, int budget, bool last)
{
	struct sk_buff *skb = slot->skb;

	if (slot->bounce != XNF_NO_BOUNCE) {
		tx->bounce_free[tx->nr_bounce_free++] = slot->bounce;
		slot->bounce = XNF_NO_BOUNCE;
	}
	if (!skb)
		return true;
	if (slot->granted && unlikely(!xnf_tx_slot_end_grant(tx, slot, last)))
		return false;
	slot->skb = NULL;
	slot->granted = false;
	if (!slot->count_in_cb || !--xnf_tx_skb(skb)->pending)
		napi_consume_skb(skb, budget);
	return true;
}

/* A slot of a socket's packet has its response. The transmit lock is held. */
static void xnf_xsk_slot_completed(struct xnf_queue *q, struct xnf_tx_slot *slot)
{
	xnf_tx_assert_locked(&q->tx);
	slot->xsk = false;
	if (q->xsk)
		q->xsk->pending[slot->seq]--;
}

/*
 * Give back the chunks of packets that have all responses, up to the first that has not. The
 * transmit lock is held, or the queue is not live.
 */
void xnf_xsk_complete(struct xnf_queue *q)
{
	struct xnf_xsk *x = q->xsk;
	u32 from = x->head;

	while (x->head != x->tail && !x->pending[x->head % XNF_RING_SLOTS])
		x->head++;
	if (x->head != from)
		xsk_tx_completed(x->pool, x->head - from);
}

/* Give all chunks back, as no more responses are believed. The queue is not live. */
static void xnf_xsk_tx_drop(struct xnf_queue *q)
{
	memset(q->xsk->pending, 0, sizeof(q->xsk->pending));
	xnf_xsk_complete(q);
}

static void xnf_tx_count_error(struct xnf_stats *stats, enum xnf_rsp_err err, bool first)
{
	u64_stats_update_begin(&stats->tx_sync);
	u64_stats_inc(&stats->rsp_err[err]);
	if (first)
		u64_stats_inc(&stats->tx_errors);
	u64_stats_update_end(&stats->tx_sync);
}

/* Return: bytes of the slot, or a negative errno: nothing on this ring is believed any more. */
static int xnf_tx_take_response(struct xnf_queue *q, const struct xnf_tx_rsp *rsp, int budget)
{
	struct xnf_tx *tx = &q->tx;
	enum xnf_rsp_err err;
	struct xnf_tx_slot *slot;
	int index;

	switch (xnf_tx_check_rsp(rsp->status, tx->extra_rsps_due, &err)) {
	case XNF_TX_RSP_SLOT:
		break;
	case XNF_TX_RSP_EXTRA:
		tx->extra_rsps_due--;
		return 0;
	case XNF_TX_RSP_INVALID:
		return -EPROTO;
	}
	index = xfl_slot_find(&tx->slots, rsp->id);
	if (unlikely(index < 0))
		return index;
	slot = &tx->slot[index];
	if (unlikely(err != XNF_OK)) {
		xnf_tx_count_error(&q->stats, err, slot->first);
		if (!slot->len)		/* a request without a packet, see mcast.c */
			xnf_mcast_refused(q->xn);
	}
	if (unlikely(slot->xsk)) {
		xnf_xsk_slot_completed(q, slot);
		xfl_slot_put(&tx->slots, index);
		return 0;	/* BQL does not count packets of zero-copy sockets */
	}
	if (unlikely(!xnf_tx_slot_end(tx, slot, budget, false)))
		return -EBUSY;
	xfl_slot_put(&tx->slots, index);
	return slot->len;
}

/**
 * xnf_tx_reap() - take all responses that wait on the ring
 * @q: the queue
 * @budget: NAPI's; 0 if called from elsewhere
 *
 * Context: transmit lock.
 */
void xnf_tx_reap(struct xnf_queue *q, int budget)
{
	struct xnf_tx_front_ring *ring = &q->tx.ring;
	u32 bytes = 0;
	int pending, ret;

	xnf_tx_assert_locked(&q->tx);
	if (!xfl_believes(&q->xn->xd))
		return;
	pending = XFL_RING_PENDING(ring);
	ret = pending;
	while (pending > 0) {
		struct xnf_tx_rsp rsp;

		RING_COPY_RESPONSE(ring, ring->rsp_cons, &rsp);
		ret = xnf_tx_take_response(q, &rsp, budget);
		if (unlikely(ret < 0))
			break;
		WRITE_ONCE(ring->rsp_cons, ring->rsp_cons + 1);
		pending--;
		bytes += ret;
	}
	if (unlikely(ret < 0))
		xfl_break(&q->xn->xd, "queue %u: transmit response (error %d)", q->index, ret);
	if (unlikely(q->xsk))
		xnf_xsk_complete(q);
	netdev_tx_completed_queue(q->txq, 1, bytes);
}

static void xnf_tx_reap_and_wake(struct xnf_queue *q, int budget)
{
	struct xnf_tx *tx = &q->tx;

	xnf_tx_reap(q, budget);
	if (netif_tx_queue_stopped(q->txq) && xfl_believes(&q->xn->xd) &&
	    xnf_tx_may_send(tx, max(XNF_TX_WAKE_ROOM, xnf_tx_need(tx))))
		netif_tx_wake_queue(q->txq);
}

/**
 * xnf_tx_poll() - take responses in NAPI, and wake a stopped queue
 * @q: the queue
 * @budget: NAPI's; 0 from netpoll
 *
 * Netpoll polls from wherever a message is printed. That may be under this very lock, as the grant
 * table logs a frame that is still mapped. So netpoll only tries the lock, and comes again.
 */
void xnf_tx_poll(struct xnf_queue *q, int budget)
{
	if (!xnf_tx_has_responses(&q->tx) && !netif_tx_queue_stopped(q->txq))
		return;
	if (likely(budget)) {
		__netif_tx_lock(q->txq, smp_processor_id());
	} else {
		/* As __netif_tx_trylock(), through which sparse does not see on arm64. */
		if (!spin_trylock(&q->txq->_xmit_lock))
			return;
		WRITE_ONCE(q->txq->xmit_lock_owner, smp_processor_id());
	}
	xnf_tx_reap_and_wake(q, budget);
	__netif_tx_unlock(q->txq);
}

/**
 * xnf_tx_try_drain() - take responses, and see whether none is due any more
 * @q: the queue; nobody sends on it
 *
 * Return: true if no packet is on the ring, or no response to it will be believed.
 */
bool xnf_tx_try_drain(struct xnf_queue *q)
{
	struct xnf_tx_front_ring *ring = &q->tx.ring;
	bool drained;

	__netif_tx_lock_bh(q->txq);
	xnf_tx_reap(q, 0);
	drained = ring->rsp_cons == ring->req_prod_pvt || !xfl_believes(&q->xn->xd);
	__netif_tx_unlock_bh(q->txq);
	return drained;
}

/* ---- the end of a connection ---- */

/*
 * The backend still maps some frames of a packet: one in each slot that still has the packet. These
 * are parked together, and the packet is kept whole until the last is unmapped.
 */
static u32 xnf_tx_park_skb(struct xnf_tx *tx, struct sk_buff *skb)
{
	grant_ref_t *refs = kcalloc(XNF_RING_SLOTS, sizeof(*refs), GFP_NOIO);
	u32 i, nr = 0;

	for (i = 0; i < XNF_RING_SLOTS; i++) {
		struct xnf_tx_slot *slot = &tx->slot[i];

		if (slot->skb != skb)
			continue;
		if (nr && !slot->count_in_cb)
			dev_consume_skb_any(skb);	/* the reference that this slot took */
		if (refs)
			refs[nr] = slot->gref;
		nr++;
		slot->skb = NULL;
		slot->gref = INVALID_GRANT_REF;
	}
	/* Without @refs, references and packet are leaked, which is safe. */
	xfl_grefs_park(&tx->grefs, refs, nr, xfl_park_free_skb, skb);
	kfree(refs);
	return nr;
}

static u32 xnf_tx_slots_end(struct xnf_tx *tx)
{
	u32 i, dropped = 0;

	for (i = 0; i < XNF_RING_SLOTS; i++) {
		if (!tx->slot_memory[i].in_flight)
			continue;
		if (tx->slot[i].first)
			dropped++;
		xnf_tx_slot_end(tx, &tx->slot[i], 0, true);
		xfl_slot_put(&tx->slots, i);
	}
	return dropped;
}

/**
 * xnf_tx_drop_all() - give up packets that got no response
 * @q: the queue; no longer live
 *
 * Context: process, after the backend let go of the ring or will not any more.
 */
void xnf_tx_drop_all(struct xnf_queue *q)
{
	struct xnf_tx *tx = &q->tx;
	u32 i, dropped, parked = 0;

	dropped = xnf_tx_slots_end(tx);
	for (i = 0; i < XNF_RING_SLOTS; i++)
		if (tx->slot[i].skb)
			parked += xnf_tx_park_skb(tx, tx->slot[i].skb);
	if (parked && xfl_may_log(&q->xn->xd))
		dev_warn(&q->xn->xd.xbdev->dev,
			 "queue %u: backend still maps %u transmit frames, keeping their packets\n",
			 q->index, parked);
	u64_stats_update_begin(&q->stats.tx_sync);
	u64_stats_add(&q->stats.tx_dropped, dropped);
	u64_stats_update_end(&q->stats.tx_sync);
	/* A new queue that was never used shares BQL and socket with the queue in use. */
	if (q != &q->xn->queue[q->index])
		return;
	netdev_tx_reset_queue(q->txq);
	if (q->xsk)
		xnf_xsk_tx_drop(q);
}
