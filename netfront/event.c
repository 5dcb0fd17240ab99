// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Event channels, the poll that they start, and the receive response at which the next event comes.
 * For transmit responses, tx_reap.c has that.
 */
#include <linux/netdevice.h>
#include <linux/string.h>

#include <compat/hrtimer.h>

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
 * The two interrupts of a queue have the names of the in-tree driver, by the device's number on the
 * Xen bus. Tools that pin interrupts look for these, and a new name of the interface changes none.
 * A single interrupt is named likewise. The in-tree driver gives it the interface's name.
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
	u32 tx_cons = READ_ONCE(q->tx.ring.rsp_cons);
	u32 rx_cons = READ_ONCE(q->rx.ring.rsp_cons);

	if (!q->rx_ec.irq) {
		xfl_evtchn_eoi(&q->tx_ec, tx_cons + rx_cons);
		return;
	}
	xfl_evtchn_eoi(&q->tx_ec, tx_cons);
	xfl_evtchn_eoi(&q->rx_ec, rx_cons);
}

static enum hrtimer_restart xnf_rx_delay_expire(struct hrtimer *timer)
{
	struct xnf_queue *q = container_of(timer, struct xnf_queue, rx_delay.timer);

	napi_schedule(&q->napi);
	return HRTIMER_NORESTART;
}

void xnf_rx_delay_init(struct xnf_rx_delay *delay)
{
	hrtimer_setup(&delay->timer, xnf_rx_delay_expire, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
}

/**
 * xnf_rx_arm_late() - ask for an event several receive responses ahead
 * @q: the queue, its poll completed
 *
 * Only while responses come. If none came since an event was last asked for, the next response
 * brings one: so an idle queue has no timer, and the first packet no delay.
 *
 * This poll has completed, so the next one may ask for an event at the same time. The later write
 * of rsp_event wins, and can delay the event that the other poll asked for. The timer starts after
 * a late event was asked for, and bounds that delay. While it runs nobody asks for another event.
 *
 * Context: softirq.
 * Return: true if so many responses came meanwhile that no event will.
 */
static bool xnf_rx_arm_late(struct xnf_queue *q)
{
	const struct xnf_coalesce *c = &q->xn->coalesce;
	struct xnf_rx_delay *delay = &q->rx_delay;
	u32 cons = READ_ONCE(q->rx.ring.rsp_cons);
	bool more;

	if (cons == READ_ONCE(delay->cons))
		return !hrtimer_is_queued(&delay->timer) && XFL_RING_ARM(&q->rx.ring, 1);
	WRITE_ONCE(delay->cons, cons);
	more = XFL_RING_ARM(&q->rx.ring, READ_ONCE(c->rx_frames) ?: XNF_RX_FRAMES_MAX);
	hrtimer_start(&delay->timer, ns_to_ktime((u64)READ_ONCE(c->rx_usecs) * NSEC_PER_USEC),
		      HRTIMER_MODE_REL_PINNED);
	return more;
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
