// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * What each step of the life cycle means for the rings: how many there are, which hardware context
 * has which, when they are open and send. And the end of a device. What the backend offers, and
 * what is published, is in negotiate.c; whether the disk is still the same, in same_disk.c.
 */
#include <linux/cpumask.h>
#include <linux/module.h>

#include <xenfront/xenstore.h>

#include "blkfront.h"
#include "params.h"

static struct xbf_dev *xbf_of(struct xfl_device *xd)
{
	return container_of(xd, struct xbf_dev, xd);
}

static void xbf_map_rings(struct xbf_dev *xb)
{
	struct blk_mq_hw_ctx *hctx;
	unsigned long i;

	lockdep_assert_held(&xb->ring[0].poll_lock);
	queue_for_each_hw_ctx(xb->gd->queue, hctx, i)
		WRITE_ONCE(hctx->driver_data, xbf_ring_for(xb, i));
}

/*
 * The first backend decides how many hardware contexts there are. With a later one that offers
 * fewer rings, several contexts share a ring. Nobody submits while the ring map changes, and
 * requests that wait move to ring 0, which every connection has, and which has events.
 */
static void xbf_set_ring_map(struct xbf_dev *xb, struct xbf_rings live)
{
	struct xbf_ring *first = &xb->ring[0];
	unsigned int i;

	if (live.event == xb->live.event && live.poll == xb->live.poll)
		return;
	if (xb->gd)
		blk_mq_quiesce_queue(xb->gd->queue);
	mutex_lock(&first->poll_lock);
	xb->live = live;
	WRITE_ONCE(xb->nr_live, live.event + live.poll);
	if (xb->gd)
		xbf_map_rings(xb);

	for (i = 1; i < xb->nr_rings; i++) {
		LIST_HEAD(moved);

		spin_lock_irq(&xb->ring[i].lock);
		list_splice_init(&xb->ring[i].waiting, &moved);
		/* An unused ring can be dead since a connection that failed. */
		if (i < xb->nr_live && xb->ring[i].mode == XBF_RING_DEAD)
			xb->ring[i].mode = XBF_RING_HOLD;
		spin_unlock_irq(&xb->ring[i].lock);
		spin_lock_irq(&first->lock);
		list_splice_tail(&moved, &first->waiting);
		spin_unlock_irq(&first->lock);
	}
	mutex_unlock(&first->poll_lock);
	if (xb->gd)
		blk_mq_unquiesce_queue(xb->gd->queue);
}

static int xbf_size_rings(struct xbf_dev *xb, const struct xbf_offer *offer)
{
	struct xbf_rings rings;
	int err;

	rings = xbf_share_rings(offer->queues, min(xbf_max_queues, num_online_cpus()),
				xbf_poll_queues);
	if (!xb->nr_rings) {
		err = xbf_rings_alloc(xb, rings.event + rings.poll, 1u << xbf_max_ring_page_order);
		if (err) {
			xbf_rings_free(xb);
			return err;
		}
		xb->contexts = rings;
	}
	rings.event = min(rings.event, xb->contexts.event);
	rings.poll = min(rings.poll, xb->contexts.poll);
	xbf_set_ring_map(xb, rings);
	return 0;
}

static void xbf_close_rings(struct xbf_dev *xb)
{
	unsigned int i;

	for (i = 0; i < xb->nr_live; i++)
		xbf_ring_close(&xb->ring[i]);
}

/* Goes on with the first @nr rings; those with events come first. A reconnect tries all again. */
static void xbf_reduce_rings(struct xbf_dev *xb, unsigned int nr)
{
	struct xbf_rings live = { .event = min(xb->live.event, nr) };

	live.poll = nr - live.event;
	if (xfl_may_log(&xb->xd))
		dev_info(&xb->xd.xbdev->dev, "%u of %u rings: no room for more\n", nr,
			 xb->nr_live);
	xbf_set_ring_map(xb, live);
}

static int xbf_open_rings(struct xbf_dev *xb, const struct xbf_offer *offer)
{
	unsigned int frames = 1u << min_t(u32, offer->ring_order, xbf_max_ring_page_order);
	u32 cap = xbf_segs_per_part(offer->segments, xbf_max_indirect_segments);
	unsigned int i;
	int err;

	for (i = 0; i < xb->nr_live; i++) {
		WRITE_ONCE(xb->ring[i].polled, i >= xb->live.event);
		err = i && !xbf_ring_affordable(&xb->ring[i], frames, cap) ? -ENOSPC :
			xbf_ring_open(&xb->ring[i], frames, cap);
		if (err && i)
			xbf_reduce_rings(xb, i);
		else if (err)
			return err;
	}
	/* Others can use the references that unused rings have in reserve. */
	for (i = xb->nr_live; i < xb->nr_rings; i++)
		xfl_grefs_destroy(&xb->ring[i].grefs);
	return 0;
}

static int xbf_connect(struct xfl_device *xd)
{
	struct xbf_dev *xb = xbf_of(xd);
	struct xbf_offer offer;
	int err;

	/* The block layer has no way back for a disk that was marked dead. */
	if (READ_ONCE(xb->dead))
		return -ENODEV;
	err = xbf_name_is_free(xb);
	if (err)
		return err;
	err = xbf_read_offer(xb, &offer);
	if (err)
		return err;
	xb->untrusted = !READ_ONCE(xbf_trusted) ||
			!xenbus_read_unsigned(xd->xbdev->nodename, "trusted", 1);
	xb->persistent = READ_ONCE(xbf_feature_persistent);
	err = xbf_size_rings(xb, &offer);
	if (err)
		return err;
	err = xbf_open_rings(xb, &offer);
	if (err)
		return err;
	err = xfl_publish(xd, xbf_write_keys, xb);
	if (err)
		xbf_close_rings(xb);
	return err;
}

/* Requests of an earlier connection must not wait for one that will not come. */
static void xbf_failed(struct xfl_device *xd)
{
	xbf_fail_all(xbf_of(xd));
	if (!xfl_backend_may_return(xd))
		xbf_disk_mark_dead(xbf_of(xd));
}

static void xbf_set_modes(struct xbf_dev *xb, enum xbf_ring_mode mode)
{
	unsigned int i;

	for (i = 0; i < xb->nr_live; i++)
		xbf_ring_set_mode(&xb->ring[i], mode);
}

static const char *xbf_flush_name(u8 op)
{
	return op == XBF_FLUSH ? "flush" : op == XBF_BARRIER ? "barrier" : "no cache";
}

static void xbf_announce(struct xbf_dev *xb)
{
	const struct xbf_ring *ring = &xb->ring[0];

	if (!xfl_may_log(&xb->xd))
		return;
	dev_info(&xb->xd.xbdev->dev,
		 "%s: %llu sectors, %s%s%s, %u+%u ring(s) of %u, %u segments each\n",
		 xb->vdev.name, xb->disk.sectors, xbf_flush_name(READ_ONCE(xb->flush_op)),
		 xb->disk.discard_granularity ? ", discard" : "",
		 xb->untrusted ? ", not trusted" : ring->pframes.frame ? ", persistent grants" : "",
		 xb->live.event, xb->live.poll,
		 RING_SIZE(&ring->front), ring->cap);
}

/*
 * Decides for the whole connection whether data is copied: a backend that lets grants persist keeps
 * every frame mapped that it ever saw.
 */
static int xbf_decide_copying(struct xbf_dev *xb)
{
	bool persists = xb->persistent &&
			xenbus_read_unsigned(xb->xd.backend, "feature-persistent", 0);
	unsigned int i;
	int err = 0;

	if (!persists && !xb->untrusted)
		return 0;
	for (i = 0; i < xb->nr_live && !err; i++)
		err = xbf_pframes_open(&xb->ring[i]);
	return err;
}

/* Contexts that share a ring have different CPUs, so the ring's events stay where they are. */
static void xbf_set_affinity(struct xbf_dev *xb)
{
	struct blk_mq_hw_ctx *hctx;
	unsigned long i;

	if (xb->live.event == 1 || xb->live.event != xb->contexts.event)
		return;
	queue_for_each_hw_ctx(xb->gd->queue, hctx, i)
		if (i < xb->live.event)
			xfl_evtchn_set_affinity(&xb->ring[i].ec, hctx->cpumask);
}

static int xbf_go_live(struct xfl_device *xd)
{
	struct xbf_dev *xb = xbf_of(xd);
	int err;

	err = xbf_read_disk(xb);
	if (!err)
		err = xbf_decide_copying(xb);
	if (err)
		return err;
	WRITE_ONCE(xb->flush_op, xb->disk.flush_op);
	if (!xb->disk.flush_op)
		xbf_end_flushes(xb);
	if (!xb->gd) {
		xb->block_mask = xb->disk.logical - 1;
		xbf_read_serial(xb, xb->serial);
		err = xbf_disk_create(xb);
		if (err)
			return err;
	}
	xbf_compare_serial(xb);
	xb->restores_seen = READ_ONCE(xd->restores);
	xbf_disk_await_cache(xb);
	xbf_announce(xb);
	xbf_set_affinity(xb);
	xbf_set_modes(xb, XBF_RING_LIVE);
	xbf_disk_update(xb);
	/* A backend that resizes writes "sectors", then its state again. Not all do the latter. */
	xb->resized = xfl_watch_start(xd, "sectors");
	return 0;
}

static void xbf_changed(struct xfl_device *xd)
{
	struct xbf_dev *xb = xbf_of(xd);
	struct xbf_disk before = xb->disk;
	struct xbf_keys keys;

	/*
	 * Most wake-ups bring nothing new, and invalid keys are reported once. What cannot be read
	 * now is found at the next wake-up, or the next connection.
	 */
	if (xbf_read_keys(xb, NULL, &keys) || !memcmp(&keys, &xb->keys, sizeof(keys)))
		return;
	if (!xbf_read_disk(xb) && !xbf_disk_props_equal(&xb->disk, &before))
		xbf_disk_update(xb);
}

static u32 xbf_granted(struct xfl_device *xd)
{
	const struct xbf_dev *xb = xbf_of(xd);
	unsigned int i;
	u32 frames = 0;

	for (i = 0; i < xb->nr_live; i++)
		frames += xfl_grefs_in_use(&xb->ring[i].grefs);
	return frames;
}

static void xbf_quiesce(struct xfl_device *xd, enum xfl_close_reason reason)
{
	struct xbf_dev *xb = xbf_of(xd);

	unsigned int i;

	xbf_set_modes(xb, XBF_RING_HOLD);
	if (!xfl_believes(xd))
		return;
	for (i = xb->live.event; i < xb->nr_live; i++)
		xbf_ring_enable_events(&xb->ring[i]);
}

static struct xfl_ring_mem *xbf_ring_mem(struct xfl_device *xd, unsigned int nr)
{
	struct xbf_dev *xb = xbf_of(xd);

	return nr < xb->nr_live ? &xb->ring[nr].mem : NULL;
}

static bool xbf_idle(struct xfl_device *xd)
{
	return xbf_rings_idle(xbf_of(xd));
}

static bool xbf_has_waiters(struct xfl_device *xd)
{
	return xbf_rings_have_waiting(xbf_of(xd));
}

/* Polled rings have events while the device is paused, since nobody may poll then. */
static void xbf_pause(struct xfl_device *xd, bool paused)
{
	struct xbf_dev *xb = xbf_of(xd);
	unsigned int i;

	if (xfl_device_state(xd) != XFL_CONNECTED || !xfl_believes(xd))
		return;
	for (i = xb->live.event; i < xb->nr_live; i++) {
		if (paused)
			xbf_ring_enable_events(&xb->ring[i]);
		else
			xbf_ring_disable_events(&xb->ring[i]);
	}
	xbf_set_modes(xb, paused ? XBF_RING_HOLD : XBF_RING_LIVE);
}

/*
 * Waits for whoever takes responses, or copies the data that they speak of. Only the poll lock's
 * and the ring lock's owners do, and interrupt handlers, which do not run now.
 */
static void xbf_withhold(struct xfl_device *xd)
{
	struct xbf_dev *xb = xbf_of(xd);
	unsigned int i;

	for (i = 0; i < xb->nr_rings; i++) {
		mutex_lock(&xb->ring[i].poll_lock);
		spin_lock_irq(&xb->ring[i].lock);
		spin_unlock_irq(&xb->ring[i].lock);
		mutex_unlock(&xb->ring[i].poll_lock);
	}
}

static void xbf_look_again(struct xfl_device *xd)
{
	struct xbf_dev *xb = xbf_of(xd);
	unsigned int i;

	for (i = 0; i < xb->nr_live; i++) {
		spin_lock_irq(&xb->ring[i].lock);
		xbf_defer(&xb->ring[i]);
		spin_unlock_irq(&xb->ring[i].lock);
	}
}

/* Whether requests wait for another backend. */
static bool xbf_should_requeue(struct xfl_device *xd, enum xfl_close_reason reason)
{
	switch (reason) {
	case XFL_CLOSE_RECONNECT:
	case XFL_CLOSE_RESTORED:
		return true;
	case XFL_CLOSE_BY_BACKEND:
		return xfl_backend_may_return(xd);
	default:
		return false;
	}
}

static void xbf_take_down(struct xbf_ring *ring, bool requeue)
{
	/* The backend has unmapped the ring. What it wrote counts, if it is believed. */
	xbf_complete(ring, NULL, INT_MAX);	/* all responses */
	xfl_evtchn_unbind(&ring->xb->xd, &ring->ec, ring);
	xbf_recover(ring, requeue);
	xbf_ring_close(ring);
}

/* No ring is live. Waits for submitters that copy to a ring's frames, see xbf_copy_early(). */
static void xbf_await_submitters(struct xbf_dev *xb)
{
	if (!xb->gd)
		return;
	blk_mq_quiesce_queue(xb->gd->queue);
	blk_mq_unquiesce_queue(xb->gd->queue);
}

static void xbf_disconnect(struct xfl_device *xd, enum xfl_close_reason reason)
{
	struct xbf_dev *xb = xbf_of(xd);
	bool requeue = xbf_should_requeue(xd, reason);
	unsigned int i;

	xfl_watch_drop(xb->resized);
	xb->resized = NULL;

	xbf_await_submitters(xb);
	for (i = 0; i < xb->nr_live; i++) {
		mutex_lock(&xb->ring[i].poll_lock);
		xbf_take_down(&xb->ring[i], requeue);
		mutex_unlock(&xb->ring[i].poll_lock);
	}

	if (!requeue)
		xbf_rings_destroy_grefs(xb);
	if (!requeue && (reason == XFL_CLOSE_BY_BACKEND || reason == XFL_CLOSE_EXCHANGED))
		xbf_disk_mark_dead(xb);
}

/* ---- the end of a device ---- */

/* The device has no connection, and will have none. */
void xbf_end_life(struct xbf_dev *xb)
{
	xbf_fail_all(xb);
	xbf_rings_destroy_grefs(xb);
	xbf_disk_put(xb);
	xfl_device_fini(&xb->xd);
}

/*
 * xfl_ops.abandon: the backend still maps a ring of a removed disk. Requests whose data goes
 * through persistent frames fail now, the others have to wait.
 */
static void xbf_abandon(struct xfl_device *xd)
{
	struct xbf_dev *xb = container_of(xd, struct xbf_dev, xd);

	xbf_get(xb);
	__module_get(THIS_MODULE);
	xb->abandoned = true;
	xbf_fail_all(xb);
	xbf_fail_copied(xb);
}

/* xfl_ops.put: the backend has unmapped the rings of an abandoned device. */
static void xbf_abandoned_put(struct xfl_device *xd)
{
	struct xbf_dev *xb = container_of(xd, struct xbf_dev, xd);

	xbf_end_life(xb);
	xbf_put(xb);
	module_put(THIS_MODULE);
}

const struct xfl_ops xbf_ops = {
	.published	= XenbusStateInitialised,
	.keys		= xbf_stale_keys,
	.connect	= xbf_connect,
	.failed		= xbf_failed,
	.go_live	= xbf_go_live,
	.changed	= xbf_changed,
	.quiesce	= xbf_quiesce,
	.idle		= xbf_idle,
	.has_waiters	= xbf_has_waiters,
	.ring		= xbf_ring_mem,
	.granted	= xbf_granted,
	.disconnect	= xbf_disconnect,
	.pause		= xbf_pause,
	.withhold	= xbf_withhold,
	.look		= xbf_look_again,
	.abandon	= xbf_abandon,
	.put		= xbf_abandoned_put,
};
