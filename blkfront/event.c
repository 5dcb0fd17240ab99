// SPDX-License-Identifier: GPL-2.0
/*
 * Who looks at a ring, and when: after an event, because somebody polls, or because a
 * request takes long.
 */
#include "blkfront.h"

/**
 * xbf_arm() - ask for an event with the next response
 * @ring: the ring; all that it holds was taken
 *
 * Not asked for again where it was asked for already. Where there is no ring, or
 * nobody wants events, or will look anyway, nothing happens.
 *
 * Context: ring lock held.
 * Return: whether it came meanwhile, so that no event will.
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

/*
 * Enough for a ring of small requests. At most half a megabyte to copy, and the request that
 * exceeds it, with interrupts off.
 */
#define XBF_EVENT_BUDGET		128

/* Pollers and the timeout handler can take their time. */
#define XBF_POLL_BUDGET		4096

/* So often is copied and looked before others get a turn. */
#define XBF_DEFERRED_ROUNDS	16

/**
 * xbf_defer() - have somebody look who may take longer
 * @ring: the ring; no event is asked for until that was done
 *
 * Context: ring lock held.
 */
void xbf_defer(struct xbf_ring *ring)
{
	lockdep_assert_held(&ring->lock);
	if (ring->deferred)
		return;
	WRITE_ONCE(ring->deferred, true);
	ring->stats.deferred++;
	queue_work(xbf_deferred_wq, &ring->deferred_work);
}

/* Return: whether that was all, and events are asked for again. */
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

/**
 * xbf_deferred_work() - what is too much for an interrupt: much to copy, either way
 * @work: deferred_work of the ring
 *
 * One request's data is copied between two looks at the ring.
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

/**
 * xbf_interrupt() - the backend raised its doorbell
 * @irq: interrupt
 * @data: the ring
 */
irqreturn_t xbf_interrupt(int irq, void *data)
{
	struct xbf_ring *ring = data;
	u32 prod;

	xfl_evtchn_event(&ring->ec);
	/* xbf_stats_read() does not exclude the handler. */
	WRITE_ONCE(ring->stats.events, ring->stats.events + 1);
	if (unlikely(!xbf_complete(ring, &prod, XBF_EVENT_BUDGET)))
		WRITE_ONCE(ring->stats.idle_events, ring->stats.idle_events + 1);
	/* Events of a backend that is not believed stay off. */
	if (xfl_believes(&ring->xb->xd))
		xfl_evtchn_eoi(&ring->ec, prod);
	return IRQ_HANDLED;
}

/*
 * Outside the interrupt handler. Where the poll lock is taken, its owner looks at the ring, or
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

/**
 * xbf_poll() - blk_mq_ops.poll: somebody would rather look than wait for an event
 * @hctx: hardware context
 * @batch: not used: the ring's own round completes in batches
 */
int xbf_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *batch)
{
	return xbf_poll_ring(xbf_hctx_ring(hctx)) ? 1 : 0;
}

/**
 * xbf_ring_enable_events() - have events on a ring that nobody may poll any more
 * @ring: the ring
 */
void xbf_ring_enable_events(struct xbf_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	WRITE_ONCE(ring->polled, false);
	spin_unlock_irqrestore(&ring->lock, flags);
	xbf_complete(ring, NULL, XBF_POLL_BUDGET);
}

/**
 * xbf_ring_disable_events() - the end of xbf_ring_enable_events()
 * @ring: a ring that is polled
 */
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
 * Its pages are granted, so it cannot be given up here; but an event may have
 * been lost. Or the backend was restarted, and the thread that runs all watches waits for this very
 * request, as it does when it takes a CPU away: so the life cycle is made to look by time as well.
 *
 * Return: BLK_EH_DONE if it is complete now, else BLK_EH_RESET_TIMER.
 */
enum blk_eh_timer_return xbf_timeout(struct request *rq)
{
	struct xbf_ring *ring = xbf_ring_of(rq);
	bool expected = !READ_ONCE(ring->polled) && !READ_ONCE(ring->deferred);
	bool found = xbf_poll_ring(ring);

	if (blk_mq_request_started(rq) && !blk_mq_request_completed(rq)) {
		/* A backend that is gone, or another one, may have been told of to nobody. */
		xfl_look(&ring->xb->xd);
		return BLK_EH_RESET_TIMER;
	}
	if (found && expected)
		dev_warn_once(disk_to_dev(rq->q->disk), "an event was lost; found by timeout\n");
	return BLK_EH_DONE;
}
