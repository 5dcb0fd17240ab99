// SPDX-License-Identifier: GPL-2.0
/*
 * Who looks at a ring, and when: after an event, because somebody polls, or because a
 * request takes long.
 */
#include "blkfront.h"

/**
 * bf_arm() - ask for an event with the next response
 * @ring: the ring; all that it holds was taken
 *
 * Not asked for again where it was asked for already. Where there is no ring, or
 * nobody wants events, or will look anyway, nothing happens.
 *
 * Context: ring lock held.
 * Return: whether it came meanwhile, so that no event will.
 */
bool bf_arm(struct bf_ring *ring)
{
	u32 cons = ring->front.rsp_cons;

	lockdep_assert_held(&ring->lock);
	if (ring->silent || ring->deferred || !ring->front.sring || !xfl_believes(&ring->bf->xd))
		return false;
	if (ring->event == cons + 1)
		return false;
	ring->event = cons + 1;
	return XFL_RING_ARM_AT(&ring->front, cons, ring->event);
}

/*
 * Enough for a ring of small requests. At most half a megabyte to copy, and the request that
 * exceeds it, with interrupts off.
 */
#define BF_EVENT_BUDGET		128

/* Pollers and the timeout handler can take their time. */
#define BF_LOOK_BUDGET		4096

/* So often is copied and looked before others get a turn. */
#define BF_DEFERRED_LAPS	16

/**
 * bf_defer() - have somebody look who may take longer
 * @ring: the ring; no event is asked for until that was done
 *
 * Context: ring lock held.
 */
void bf_defer(struct bf_ring *ring)
{
	lockdep_assert_held(&ring->lock);
	if (ring->deferred)
		return;
	WRITE_ONCE(ring->deferred, true);
	ring->stats.deferred++;
	queue_work(bf_deferred_wq, &ring->deferred_work);
}

/* Return: whether that was all, and events are asked for again. */
static bool bf_deferred_over(struct bf_ring *ring)
{
	bool more;

	spin_lock_irq(&ring->lock);
	WRITE_ONCE(ring->deferred, false);
	more = bf_arm(ring) || bf_first_to_stage(ring);
	WRITE_ONCE(ring->deferred, more);
	spin_unlock_irq(&ring->lock);
	return !more;
}

/**
 * bf_deferred_work() - what is too much for an interrupt: much to copy, either way
 * @work: deferred_work of the ring
 *
 * One request's data is copied between two looks at the ring.
 */
void bf_deferred_work(struct work_struct *work)
{
	struct bf_ring *ring = container_of(work, struct bf_ring, deferred_work);
	unsigned int laps = BF_DEFERRED_LAPS;
	bool any;

	mutex_lock(&ring->turn);
	do {
		any = bf_complete(ring, NULL, BF_EVENT_BUDGET);
		any |= bf_stage_first(ring);
		cond_resched();
	} while (--laps && (any || !bf_deferred_over(ring)));
	mutex_unlock(&ring->turn);
	if (!laps)
		queue_work(bf_deferred_wq, &ring->deferred_work);
}

/**
 * bf_interrupt() - the backend raised its doorbell
 * @irq: interrupt
 * @data: the ring
 */
irqreturn_t bf_interrupt(int irq, void *data)
{
	struct bf_ring *ring = data;
	u32 prod;

	xfl_evtchn_event(&ring->ec);
	ring->stats.events++;
	if (unlikely(!bf_complete(ring, &prod, BF_EVENT_BUDGET)))
		ring->stats.idle_events++;
	/* Events of a backend that is not believed stay off. */
	if (xfl_believes(&ring->bf->xd))
		xfl_evtchn_eoi(&ring->ec, prod);
	return IRQ_HANDLED;
}

/*
 * Outside the interrupt handler. If it is not our turn, somebody else looks at the ring,
 * or it is being taken down and its requests are looked after.
 */
static bool bf_look(struct bf_ring *ring)
{
	bool any;

	if (!mutex_trylock(&ring->turn))
		return false;
	any = bf_complete(ring, NULL, BF_LOOK_BUDGET);
	mutex_unlock(&ring->turn);
	return any;
}

/**
 * bf_poll() - blk_mq_ops.poll: somebody would rather look than wait for an event
 * @hctx: hardware context
 * @batch: not used: the ring's own round completes in batches
 */
int bf_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *batch)
{
	return bf_look(hctx->driver_data);
}

/**
 * bf_listen() - have events on a ring that nobody may poll any more
 * @ring: the ring
 */
void bf_listen(struct bf_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	WRITE_ONCE(ring->silent, false);
	spin_unlock_irqrestore(&ring->lock, flags);
	bf_complete(ring, NULL, BF_LOOK_BUDGET);
}

/**
 * bf_silence() - the end of bf_listen()
 * @ring: a ring that is polled
 */
void bf_silence(struct bf_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	WRITE_ONCE(ring->silent, true);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * bf_timeout() - blk_mq_ops.timeout: a request takes long
 * @rq: the request
 *
 * Its pages are granted, so it cannot be given up here; but an event may have
 * been lost. Or the backend was restarted, and the thread that runs all watches waits for this very
 * request, as it does when it takes a CPU away: so the life cycle is made to look by time as well.
 *
 * Return: BLK_EH_DONE if it is complete now, else BLK_EH_RESET_TIMER.
 */
enum blk_eh_timer_return bf_timeout(struct request *rq)
{
	struct bf_ring *ring = bf_ring_of(rq);
	bool expected = !READ_ONCE(ring->silent) && !READ_ONCE(ring->deferred);
	bool found = bf_look(ring);

	if (blk_mq_request_started(rq) && !blk_mq_request_completed(rq)) {
		/* A backend that is gone, or another one, may have been told of to nobody. */
		xfl_look(&ring->bf->xd);
		return BLK_EH_RESET_TIMER;
	}
	if (found && expected)
		dev_warn_once(disk_to_dev(rq->q->disk), "an event was lost; found by timeout\n");
	return BLK_EH_DONE;
}
