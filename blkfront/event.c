// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Who looks at a ring, and when: the interrupt handler after an event, the work that does what is
 * too much for an interrupt, pollers, and the timeout handler when a request takes long.
 */
#include "blkfront.h"

/*
 * A full ring of requests of one frame fits. With interrupts off this is half a megabyte to copy
 * at most, and the one request that exceeds it.
 */
#define XBF_EVENT_BUDGET		128

/* Pollers and the timeout handler run in process context. */
#define XBF_POLL_BUDGET		4096

/* Rounds of xbf_deferred_work() before it lets other work items run. */
#define XBF_DEFERRED_ROUNDS	16

/* Return: whether nothing is left, and events are asked for again. */
static bool xbf_deferred_done(struct xbf_ring *ring)
{
	bool more;

	spin_lock_irq(&ring->lock);
	WRITE_ONCE(ring->deferred, false);
	more = xbf_arm(ring) || xbf_first_to_copy(ring);
	WRITE_ONCE(ring->deferred, more);
	spin_unlock_irq(&ring->lock);
	return !more;
}

/*
 * Does what is too much for an interrupt: completes many requests, and copies the data of large
 * writes, of one between two looks at the ring.
 */
void xbf_deferred_work(struct work_struct *work)
{
	struct xbf_ring *ring = container_of(work, struct xbf_ring, deferred_work);
	unsigned int rounds = XBF_DEFERRED_ROUNDS;
	bool any;

	mutex_lock(&ring->poll_lock);
	do {
		any = xbf_complete(ring, NULL, XBF_EVENT_BUDGET);
		any |= xbf_copy_and_dispatch(ring);
		cond_resched();
	} while (--rounds && (any || !xbf_deferred_done(ring)));
	mutex_unlock(&ring->poll_lock);
	if (!rounds)
		queue_work(xbf_deferred_wq, &ring->deferred_work);
}

/* Handler of the ring's event channel. */
irqreturn_t xbf_interrupt(int irq, void *data)
{
	struct xbf_ring *ring = data;
	u32 cons;

	xfl_evtchn_event(&ring->ec);
	/* xbf_stats_read() does not exclude the handler. */
	WRITE_ONCE(ring->stats.events, ring->stats.events + 1);
	if (unlikely(!xbf_complete(ring, &cons, XBF_EVENT_BUDGET)))
		WRITE_ONCE(ring->stats.idle_events, ring->stats.idle_events + 1);
	/* Events of a backend that is not believed stay off. */
	if (xfl_believes(&ring->xb->xd))
		xfl_evtchn_eoi(&ring->ec, cons);
	return IRQ_HANDLED;
}

/*
 * For all but the interrupt handler. Where the poll lock is taken, its owner looks at the ring, or
 * takes it down and sees to its requests.
 */
static bool xbf_poll_ring(struct xbf_ring *ring)
{
	bool any;

	if (!mutex_trylock(&ring->poll_lock))
		return false;
	any = xbf_complete(ring, NULL, XBF_POLL_BUDGET);
	mutex_unlock(&ring->poll_lock);
	return any;
}

/* blk_mq_ops.poll. Does not use @batch: xbf_complete() has a batch of its own. */
int xbf_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *batch)
{
	return xbf_poll_ring(xbf_hctx_ring(hctx)) ? 1 : 0;
}

/*
 * Has a polled ring raise events, for a time in which nobody may poll. Without the poll lock: its
 * callers are the life cycle, which takes rings down, and a suspend, which stops the life cycle.
 */
void xbf_ring_enable_events(struct xbf_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	WRITE_ONCE(ring->polled, false);
	spin_unlock_irqrestore(&ring->lock, flags);
	xbf_complete(ring, NULL, XBF_POLL_BUDGET);
}

/* Ends what xbf_ring_enable_events() began. */
void xbf_ring_disable_events(struct xbf_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	WRITE_ONCE(ring->polled, true);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_timeout() - blk_mq_ops.timeout: a request takes long
 * @rq: the request
 *
 * The request cannot be given up here, since its pages are granted. But its event may have been
 * lost. Or the backend was restarted while the thread of all watches waits for this very request,
 * as it does when it takes a CPU away. So the life cycle looks at the backend's state as well.
 *
 * Return: BLK_EH_DONE if the request is complete now, else BLK_EH_RESET_TIMER.
 */
enum blk_eh_timer_return xbf_timeout(struct request *rq)
{
	struct xbf_ring *ring = xbf_ring_of(rq);
	bool expected = !READ_ONCE(ring->polled) && !READ_ONCE(ring->deferred);
	bool found = xbf_poll_ring(ring);

	if (blk_mq_request_started(rq) && !blk_mq_request_completed(rq)) {
		/* The backend may be gone, or another one, without a watch having said so. */
		xfl_look(&ring->xb->xd);
		return BLK_EH_RESET_TIMER;
	}
	if (found && expected)
		dev_warn_once(disk_to_dev(rq->q->disk), "an event was lost; found by timeout\n");
	return BLK_EH_DONE;
}
