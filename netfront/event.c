// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Event channels and the poll that they start.
 */
#include <linux/netdevice.h>
#include <linux/string.h>

#include "netfront.h"
#include "xsk.h"

static irqreturn_t xnf_tx_interrupt(int irq, void *data)
{
	struct xnf_queue *q = data;

	xfl_evtchn_event(&q->tx_ec);
	napi_schedule(&q->napi);
	return IRQ_HANDLED;
}

static irqreturn_t xnf_rx_interrupt(int irq, void *data)
{
	struct xnf_queue *q = data;

	xfl_evtchn_event(&q->rx_ec);
	napi_schedule(&q->napi);
	return IRQ_HANDLED;
}

/**
 * xnf_events_bind() - give a queue its event channels
 * @q: the queue; @q->xn->split says how many
 *
 * The interrupts have the names of the in-tree driver, by the device's number on the Xen bus. Tools
 * that pin interrupts look for these, and a new name of the interface does not change them.
 *
 * Return: 0 or a negative errno; then none is bound.
 */
int xnf_events_bind(struct xnf_queue *q)
{
	struct xenbus_device *xbdev = q->xn->xd.xbdev;
	const char *number = kbasename(xbdev->nodename);
	bool split = q->xn->split;
	int err;

	q->rx_ec = (struct xfl_evtchn){};
	snprintf(q->tx_name, sizeof(q->tx_name), "vif%s-q%u%s", number, q->index,
		 split ? "-tx" : "");
	snprintf(q->rx_name, sizeof(q->rx_name), "vif%s-q%u-rx", number, q->index);
	err = xfl_evtchn_bind(xbdev, &q->tx_ec, xnf_tx_interrupt, q->tx_name, q);
	if (err || !split)
		return err;
	err = xfl_evtchn_bind(xbdev, &q->rx_ec, xnf_rx_interrupt, q->rx_name, q);
	if (err)
		xfl_evtchn_unbind(&q->xn->xd, &q->tx_ec, q);
	return err;
}

void xnf_events_unbind(struct xnf_queue *q)
{
	xfl_evtchn_unbind(&q->xn->xd, &q->rx_ec, q);
	xfl_evtchn_unbind(&q->xn->xd, &q->tx_ec, q);
}

static void xnf_events_eoi(struct xnf_queue *q)
{
	u32 tx_prod = READ_ONCE(q->tx.ring.rsp_cons);
	u32 rx_prod = READ_ONCE(q->rx.ring.rsp_cons);

	if (!q->rx_ec.irq) {
		xfl_evtchn_eoi(&q->tx_ec, tx_prod + rx_prod);
		return;
	}
	xfl_evtchn_eoi(&q->tx_ec, tx_prod);
	xfl_evtchn_eoi(&q->rx_ec, rx_prod);
}

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
 * handles the other half. The timer looks after responses that bring no event. xnf_tx_push() starts
 * it for requests that are published later.
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

static bool xnf_tx_arm(struct xnf_queue *q)
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
 * xnf_events_hurry() - a sender waits for the response to what was just published
 * @q: the queue, under its transmit lock; no event was asked for at that response
 *
 * The pair of xnf_tx_arm(). Either side writes what it wants, and then reads what the other side
 * wrote. A full barrier is between the two, here that of publishing. So at least one side sees
 * both, and asks for the earlier event.
 */
void xnf_events_hurry(struct xnf_queue *q)
{
	struct xnf_tx *tx = &q->tx;
	u32 cons = tx->ring.rsp_cons;
	u32 armed = READ_ONCE(tx->armed);

	xnf_tx_assert_locked(tx);
	if (xnf_tx_within_slack(armed, cons) && armed - cons > tx->asked - cons &&
	    xnf_tx_arm_at(tx, cons, tx->asked))
		napi_schedule(&q->napi);
}

static bool xnf_rx_arm(struct xnf_queue *q)
{
	if (likely(READ_ONCE(q->xn->coalesce.rx_frames) == 1))
		return XFL_RING_ARM(&q->rx.ring, 1);
	return xnf_rx_arm_late(q);
}

static bool xnf_events_arm(struct xnf_queue *q)
{
	bool more = xnf_rx_arm(q);

	return xnf_tx_arm(q) || more;
}

/**
 * xnf_poll() - the queue's NAPI poll
 * @napi: embedded in the queue
 * @budget: most packets to receive; 0 from netpoll, for transmit responses alone
 *
 * On a broken device the poll completes, so that NAPI can be disabled. The interrupts are not
 * ended, so that none comes any more.
 */
int xnf_poll(struct napi_struct *napi, int budget)
{
	struct xnf_queue *q = container_of(napi, struct xnf_queue, napi);
	int work = 0;
	bool more;

	if (xfl_believes(&q->xn->xd))
		xnf_tx_poll(q, budget);
	if (!budget)
		return 0;
	if (xfl_believes(&q->xn->xd))
		work = xnf_rx_poll(q, budget);
	if (!xfl_believes(&q->xn->xd)) {
		work = min(work, budget - 1);
		napi_complete_done(napi, work);
		return work;
	}
	if (unlikely(q->xsk) && xnf_xsk_send(q))
		work = budget;
	if (work == budget || !napi_complete_done(napi, work))
		return work;
	/*
	 * In this order: a response that comes now has its event on the way. That event counts as
	 * spurious unless the producer has moved since the value that is given here.
	 */
	more = xnf_events_arm(q);
	xnf_events_eoi(q);
	if (more)
		napi_schedule(napi);
	return work;
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
void xnf_timer(struct timer_list *t)
{
	struct xnf_queue *q = timer_container_of(q, t, timer);

	if (unlikely(xnf_tx_is_stalled(q)) && xfl_believes(&q->xn->xd))
		xnf_tx_notify_again(q);
	napi_schedule(&q->napi);
}
