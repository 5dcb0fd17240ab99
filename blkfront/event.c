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
 * nobody wants events, nothing happens.
 *
 * Context: ring lock held.
 * Return: whether it came meanwhile, so that no event will.
 */
bool bf_arm(struct bf_ring *ring)
{
	u32 cons = ring->front.rsp_cons;

	lockdep_assert_held(&ring->lock);
	if (ring->silent || !ring->front.sring || xfl_broken(&ring->bf->xd))
		return false;
	if (ring->event == cons + 1)
		return false;
	ring->event = cons + 1;
	return XFL_RING_ARM_AT(&ring->front, cons, ring->event);
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
	if (unlikely(!bf_complete(ring, &prod)))
		ring->stats.idle_events++;
	/* Events of a backend that lied stay off. */
	if (likely(!xfl_broken(&ring->bf->xd)))
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
	any = bf_complete(ring, NULL);
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
	ring->silent = false;
	spin_unlock_irqrestore(&ring->lock, flags);
	bf_complete(ring, NULL);
}

/**
 * bf_timeout() - blk_mq_ops.timeout: a request takes long
 * @rq: the request
 *
 * Its pages are granted, so it cannot be given up here; but an event may have
 * been lost.
 *
 * Return: BLK_EH_DONE if it is complete now, else BLK_EH_RESET_TIMER.
 */
enum blk_eh_timer_return bf_timeout(struct request *rq)
{
	struct bf_ring *ring = bf_ring_of(rq);
	bool found = bf_look(ring);

	if (blk_mq_request_started(rq) && !blk_mq_request_completed(rq))
		return BLK_EH_RESET_TIMER;
	if (found && !ring->silent)
		dev_warn_once(disk_to_dev(rq->q->disk), "an event was lost; found by timeout\n");
	return BLK_EH_DONE;
}
