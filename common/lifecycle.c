// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The machine that takes a frontend through its life. It finds out what there is to know, asks the
 * table, carries out the action, and asks again until there is nothing to do.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xenfront/lifecycle.h>
#include <xenfront/xenstore.h>

#include "internal.h"

/* Pauses between attempts to connect: the first, and how often it doubles. */
#define XFL_BACKOFF_FIRST_MS	200u
#define XFL_BACKOFF_DOUBLINGS	5u

/* Steps without a pause: other work needs the CPU too. */
#define XFL_MAX_STEPS		64

/* Lines in the log that a backend can cause in one period. */
#define XFL_LOG_LINES		40
#define XFL_LOG_PERIOD		(60 * HZ)	/* jiffies */

/* A backend whose domain restarts may take nearly as long, and that is worth no line. */
#define XFL_WAITING_LOG_MS	30000u

/* A connection shorter than this does not end the pauses between attempts. */
#define XFL_SHORT_LIFE_MS	1000u

/* How often a remover looks, as no watch wakes it. */
#define XFL_REMOVE_LOOK_MS	10u

/* ---- what there is to know ---- */

/**
 * xfl_backend_may_return() - whether the toolstack wants a closed backend to stay
 * @xd: the device
 *
 * Context: process, a step of the machine; waits for xenstore.
 * Return: false if the backend's key "online" is 0 or does not exist, or the device was exchanged;
 * true if the key could not be read.
 */
bool xfl_backend_may_return(const struct xfl_device *xd)
{
	char *text;
	bool online;

	if (xd->exchanged || !xd->backend)
		return false;
	text = xenbus_read(XBT_NIL, xd->backend, "online", NULL);
	if (IS_ERR(text))
		return !xfl_is_gone(PTR_ERR(text));
	online = strcmp(text, "0") != 0;
	kfree(text);
	return online;
}
EXPORT_SYMBOL_NS_GPL(xfl_backend_may_return, XEN_FRONTLIB);

/* A restored guest has new directories, which the toolstack may have written to. */
static void xfl_note_restore(struct xfl_device *xd)
{
	/* xfl_check_backend_key() compares with the new path. */
	if (xd->xbdev->otherend) {
		char *backend = kstrdup(xd->xbdev->otherend, GFP_NOIO | __GFP_NOFAIL);

		kfree(xd->backend);
		xd->backend = backend;
	}
	WRITE_ONCE(xd->own_state, xfl_xs_state_read(xd->xbdev->nodename));
	*xd->mark = '\0';
	xd->marked = false;
	xfl_unwithhold(xd, XFL_WITHHELD_PROTOCOL);
}

static bool xfl_take_restore(struct xfl_device *xd)
{
	if (!xfl_take_event(xd, XFL_EV_RESTORED))
		return false;
	xfl_note_restore(xd);
	return true;
}

static u32 xfl_ms_since(unsigned long then)
{
	return jiffies_to_msecs(jiffies - then);
}

/*
 * What the backend shows. If our directory is gone, or another device's, the backend's path may be
 * another device's too. So our directory is checked after the backend's state was read.
 */
static enum xfl_xs_state xfl_observe_backend(struct xfl_device *xd)
{
	enum xfl_xs_state backend;

	/* After a restore xenbus may have found no backend. */
	if (!xd->xbdev->otherend)
		return XFL_XS_UNREADABLE;
	backend = xfl_xs_state_read(xd->backend);
	if (!xd->has_connection) {
		xfl_note_backend_state(xd, backend);
		return backend;
	}
	if (xd->own_state == XFL_XS_GONE)
		return XFL_XS_GONE;
	if (backend != XFL_XS_CONNECTED && !xfl_check_directory(xd))
		return XFL_XS_UNREADABLE;
	if (!xd->exchanged)
		xfl_note_backend_state(xd, backend);
	return xd->own_state == XFL_XS_GONE ? XFL_XS_GONE : backend;
}

/* Fills in the view. It takes the restore that was posted, and claims a parked precursor. */
static void xfl_observe(struct xfl_device *xd, struct xfl_view *v)
{
	v->state = xd->state;
	v->restored = xfl_take_restore(xd);
	v->backend_state = xfl_observe_backend(xd);
	v->backend_moved = xd->backend_moved;
	v->last_ended_early = xd->last_ended_early;
	v->mapped = xd->mapped;
	v->own_state = xd->own_state;
	v->close_reason = xd->close_reason;
	v->since_ms = xfl_ms_since(xd->since);
	v->tried_ms = xfl_ms_since(xd->tried);
	v->remove = READ_ONCE(xd->removing);
	v->reconnect = READ_ONCE(xd->events) & XFL_EV_RECONNECT;
	v->protocol_error = READ_ONCE(xd->withheld) & XFL_WITHHELD_PROTOCOL;
	v->exchanged = xd->exchanged;
	v->marked = xd->marked;
	v->has_connection = xd->has_connection;
	v->drained = !xd->has_connection || !xd->ops->idle || xd->ops->idle(xd);
	v->has_waiters = xd->ops->has_waiters && xd->ops->has_waiters(xd);
	v->online = v->backend_state >= XFL_XS_CLOSING && xfl_backend_may_return(xd);
	v->precursor_parked = xd->state == XFL_NEW && xfl_conn_claim_precursor(xd);
	v->backing_off = xd->nr_retries && time_before(jiffies, xd->retry_at);
}

/* ---- actions ---- */

static bool xfl_transient(int err)
{
	return err == -ENOMEM || err == -ENOSPC || err == -EAGAIN;
}

static void xfl_back_off(struct xfl_device *xd)
{
	u32 pause = XFL_BACKOFF_FIRST_MS << min(xd->nr_retries, XFL_BACKOFF_DOUBLINGS);

	xd->nr_retries++;
	xd->retry_at = jiffies + msecs_to_jiffies(pause);
}

/* One line for each kind of shortage, until there is a connection again. */
static void xfl_log_shortage(struct xfl_device *xd, unsigned int kind, int err, const char *doing)
{
	if (xd->shortages_logged & kind || !xfl_may_log(xd))
		return;
	xd->shortages_logged |= kind;
	dev_warn(&xd->xbdev->dev, "%s: %pe, trying again from time to time\n", doing, ERR_PTR(err));
}

/* A shortage is not final: it is logged once, and tried again while the backend waits. */
static enum xfl_result xfl_result_of(struct xfl_device *xd, int err, const char *doing)
{
	if (!err)
		return XFL_DONE;
	/* The directory is another device's, or gone: the next look at it decides. */
	if (err == -ESTALE || err == -ENOENT)
		return XFL_SHORT;
	if (!xfl_transient(err)) {
		xenbus_dev_error(xd->xbdev, err, "%s", doing);
		return XFL_FINAL;
	}
	xfl_log_shortage(xd, XFL_SHORT_OF_RESOURCES, err, doing);
	xfl_back_off(xd);
	return XFL_SHORT;
}

/* A connection begins: its rings are believed. */
static enum xfl_result xfl_connect(struct xfl_device *xd)
{
	int err;

	xfl_take_event(xd, XFL_EV_RECONNECT);
	xfl_unwithhold(xd, XFL_WITHHELD_PROTOCOL | XFL_WITHHELD_RESTORED);
	xd->quiesced = false;
	xd->live = false;
	xfl_reset_backend_moved(xd, XFL_XS_UNREADABLE);
	xd->mapped = false;
	WRITE_ONCE(xd->ended_early, false);
	xd->last_ended_early = false;
	WRITE_ONCE(xd->conn_restores, xfl_nr_restores());
	err = xd->ops->connect(xd);
	if (!err)
		xd->has_connection = true;
	return xfl_result_of(xd, err, "connecting to the backend");
}

/*
 * The backend shows Connected, so it has mapped the rings. netback shows it also if that failed. In
 * either case it has no more to map, which is what @mapped is asked for.
 */
static enum xfl_result xfl_go_live(struct xfl_device *xd)
{
	int err;

	xd->mapped = true;
	err = xd->ops->go_live(xd);
	if (!err) {
		xd->live = true;
		xd->live_since = jiffies;
	}
	return xfl_result_of(xd, err, "starting I/O");
}

static void xfl_quiesce(struct xfl_device *xd)
{
	if (!xd->has_connection || xd->quiesced)
		return;
	xd->quiesced = true;
	/* A backend that refuses, is refused or leaves again and again is asked after a pause. */
	if (xd->live && xfl_ms_since(xd->live_since) >= XFL_SHORT_LIFE_MS)
		xd->nr_retries = 0;
	else if (!xd->live || !(READ_ONCE(xd->events) & XFL_EV_RECONNECT))
		xfl_back_off(xd);
	xd->ops->quiesce(xd, xd->close_reason);
}

static enum xfl_result xfl_release(struct xfl_device *xd)
{
	xfl_quiesce(xd);
	xfl_disconnect(xd, READ_ONCE(xd->removing) ? XFL_CLOSE_REMOVE : xd->close_reason);
	return XFL_DONE;
}

static enum xfl_result xfl_end_early(struct xfl_device *xd)
{
	xd->tried = jiffies;
	return xfl_rings_end_early(xd) ? XFL_DONE : XFL_SHORT;
}

/* How a write went. xfl_transact() has tried for two seconds, but once if the device is removed. */
static enum xfl_result xfl_written(struct xfl_device *xd, int err)
{
	if (err == -EAGAIN && !READ_ONCE(xd->removing))
		xfl_log_shortage(xd, XFL_SHORT_OF_XENSTORE, err, "writing to xenstore");
	return err ? XFL_SHORT : XFL_DONE;
}

static enum xfl_result xfl_do_write_state(struct xfl_device *xd, enum xenbus_state state)
{
	return xfl_written(xd, xfl_state_write(xd, state));
}

static void xfl_call_failed(struct xfl_device *xd)
{
	if (xd->ops->failed)
		xd->ops->failed(xd);
}

static void xfl_call_changed(struct xfl_device *xd)
{
	if (xd->ops->changed)
		xd->ops->changed(xd);
}

static void xfl_log_parked(struct xfl_device *xd)
{
	/* If Closed could not be written, a line of xfl_log_shortage() has said so. */
	if ((xd->own_state == XFL_XS_CLOSED || xd->own_state == XFL_XS_GONE) && xfl_may_log(xd))
		dev_warn(&xd->xbdev->dev,
			 "backend still maps a ring after our Closed: no connection until the ring is unmapped\n");
}

static enum xfl_result xfl_act(struct xfl_device *xd, enum xfl_action action)
{
	switch (action) {
	case XFL_DO_WRITE_MARK:
		return xfl_written(xd, xfl_mark(xd));
	case XFL_DO_WRITE_INITIALISING:
		return xfl_do_write_state(xd, XenbusStateInitialising);
	case XFL_DO_CONNECT:
		return xfl_connect(xd);
	case XFL_DO_WRITE_PUBLISHED:
		return xfl_do_write_state(xd, xd->ops->published);
	case XFL_DO_GO_LIVE:
		return xfl_go_live(xd);
	case XFL_DO_WRITE_CONNECTED:
		return xfl_do_write_state(xd, XenbusStateConnected);
	case XFL_DO_WRITE_CLOSING:
		return xfl_do_write_state(xd, XenbusStateClosing);
	case XFL_DO_REWRITE_CLOSED:
		xd->tried = jiffies;
		fallthrough;
	case XFL_DO_WRITE_CLOSED:
		return xfl_do_write_state(xd, XenbusStateClosed);
	case XFL_DO_END:
		return xfl_rings_end(xd) ? XFL_DONE : XFL_SHORT;
	case XFL_DO_END_EARLY:
		return xfl_end_early(xd);
	case XFL_DO_RELEASE:
		return xfl_release(xd);
	case XFL_DO_CALL_CHANGED:
		xfl_call_changed(xd);
		break;
	case XFL_DO_QUIESCE:
		xfl_quiesce(xd);
		break;
	case XFL_DO_LOG_PARKED:
		xfl_log_parked(xd);
		break;
	case XFL_DO_CALL_FAILED:
		xfl_call_failed(xd);
		break;
	case XFL_DO_REPROBE:
		xfl_reprobe(xd);
		break;
	case XFL_DO_ABANDON:
		xfl_conn_abandon(xd);
		break;
	case XFL_DO_DELETE_KEYS:
		xfl_unpublish(xd);
		break;
	default:
		break;
	}
	return XFL_DONE;
}

/* ---- the machine ---- */

/* Whether the decision changes nothing that the table is asked about. */
static bool xfl_nothing_to_do(const struct xfl_view *v, const struct xfl_step *step)
{
	return !step->action && step->next == v->state && !v->restored &&
	       (!step->close_reason || step->close_reason == v->close_reason);
}

static void xfl_enter(struct xfl_device *xd, const struct xfl_step *step)
{
	if (step->close_reason)
		xd->close_reason = step->close_reason;
	if (step->next == xd->state)
		return;
	xd->since = jiffies;
	xd->tried = jiffies;
	WRITE_ONCE(xd->state, step->next);
}

/* States in which no transaction checks whether our directory is still ours. */
static bool xfl_writes_nothing(enum xfl_state state)
{
	return state == XFL_OFFERED || state == XFL_CONNECTING || state == XFL_IDLE ||
	       state == XFL_BROKEN || state == XFL_PARKED;
}

/* Requests may wait for a backend without an end. Whoever looks for the reason is told, once. */
static void xfl_note_waiters(struct xfl_device *xd, bool waiting)
{
	if (!waiting || !xd->waiting) {
		xd->waiting = waiting;
		xd->waiting_since = jiffies;
		xd->waiting_logged = false;
		return;
	}
	if (xd->waiting_logged || xfl_ms_since(xd->waiting_since) < XFL_WAITING_LOG_MS)
		return;
	if (!xfl_may_log(xd))
		return;
	xd->waiting_logged = true;
	dev_warn(&xd->xbdev->dev, "requests have waited %u s for a connection\n",
		 XFL_WAITING_LOG_MS / 1000);
}

/* Return: milliseconds until the machine looks again, 0 to wait for an event. */
static u32 xfl_steps(struct xfl_device *xd)
{
	struct xfl_view v = { .changed = xfl_take_event(xd, XFL_EV_BACKEND) };
	unsigned int laps = XFL_MAX_STEPS;
	struct xfl_step step;

	lockdep_assert_held(&xd->step);
	if (xfl_writes_nothing(xd->state))
		xfl_check_directory(xd);
	do {
		xfl_observe(xd, &v);
		step = xfl_decide(&v);
		/* A backend that closes at each offer is not offered another at once. */
		if (v.state == XFL_OFFERED && step.next == XFL_CLOSED)
			xfl_back_off(xd);
		xfl_enter(xd, &step);
		v.did = step.action;
		if (step.action)
			v.result = xfl_act(xd, step.action);
		if (step.action == XFL_DO_CALL_CHANGED || step.action == XFL_DO_CALL_FAILED)
			v.changed = false;
		/* After the action: a waiter for the end of a connection may free things then. */
		wake_up_all(&xd->state_wq);
	} while (!xfl_nothing_to_do(&v, &step) && --laps);
	xfl_note_waiters(xd, v.has_waiters && xd->state != XFL_CONNECTED);
	if (xd->state == XFL_CONNECTED && xd->own_state == XFL_XS_CONNECTED)
		xd->shortages_logged = 0;
	/* A backend that changes its state as often as we do is followed with pauses. */
	if (!laps)
		return XFL_BACKOFF_FIRST_MS;
	return step.look_ms;
}

static void xfl_machine(struct work_struct *work)
{
	struct xfl_device *xd = container_of(to_delayed_work(work), struct xfl_device, work);
	unsigned int noio = memalloc_noio_save();
	u32 look_ms = 0;

	mutex_lock(&xd->step);
	if (!READ_ONCE(xd->removing)) {
		look_ms = xfl_steps(xd);
		if (look_ms)
			queue_delayed_work(xd->wq, &xd->work, msecs_to_jiffies(look_ms));
	}
	mutex_unlock(&xd->step);
	memalloc_noio_restore(noio);
}

/**
 * xfl_device_init() - prepare a device's life
 * @xd: the device, zeroed; becomes the drvdata of @xbdev in xfl_device_start()
 * @xbdev: its xenbus device
 * @ops: the driver's operations, constant
 *
 * Nothing runs before xfl_device_start(). xfl_device_fini() undoes it.
 *
 * Context: process, from xenbus_driver.probe; allocates with GFP_KERNEL.
 * Return: 0 or -ENOMEM; after an error there is nothing to undo.
 */
int xfl_device_init(struct xfl_device *xd, struct xenbus_device *xbdev,
		    const struct xfl_ops *ops)
{
	xd->xbdev = xbdev;
	xd->ops = ops;
	xd->state = XFL_NEW;
	xd->since = jiffies;
	spin_lock_init(&xd->lock);
	mutex_init(&xd->step);
	init_waitqueue_head(&xd->state_wq);
	INIT_LIST_HEAD(&xd->parked);
	ratelimit_state_init(&xd->log_ratelimit, XFL_LOG_PERIOD, XFL_LOG_LINES);
	INIT_DELAYED_WORK(&xd->work, xfl_machine);
	xd->backend = kstrdup(xbdev->otherend, GFP_KERNEL);
	if (!xd->backend)
		return -ENOMEM;
	/* Freezable, since xenbus replaces the backend's path in a suspend. */
	xd->wq = alloc_ordered_workqueue("xfl-%s", WQ_MEM_RECLAIM | WQ_FREEZABLE,
					 dev_name(&xbdev->dev));
	if (!xd->wq) {
		kfree(xd->backend);
		return -ENOMEM;
	}
	return 0;
}
EXPORT_SYMBOL_NS_GPL(xfl_device_init, XEN_FRONTLIB);

/**
 * xfl_device_start() - let a device's life begin; last call of a probe
 * @xd: the device; the driver's operations may be called from now on
 *
 * Context: process, from xenbus_driver.probe; waits for xenstore.
 */
void xfl_device_start(struct xfl_device *xd)
{
	WRITE_ONCE(xd->own_state, xfl_xs_state_read(xd->xbdev->nodename));
	/* After an exchange xenbus still has the old device's state. */
	if (xd->own_state == XFL_XS_INITIALISING)
		xd->xbdev->state = XenbusStateInitialising;
	xfl_pm_add(xd);
	xfl_post(xd, XFL_EV_LOOK);
}
EXPORT_SYMBOL_NS_GPL(xfl_device_start, XEN_FRONTLIB);

static void xfl_begin_removal(struct xfl_device *xd)
{
	unsigned long flags;

	spin_lock_irqsave(&xd->lock, flags);
	WRITE_ONCE(xd->removing, true);
	spin_unlock_irqrestore(&xd->lock, flags);
	wake_up_all(&xd->state_wq);
	cancel_delayed_work(&xd->work);
}

/**
 * xfl_device_del() - end a device's life; from xenbus_driver.remove
 * @xd: the device; may be freed on return if @abandon of &struct xfl_ops was called
 *
 * On return the driver's operations are called no more. The exception is a connection whose rings
 * the backend has not unmapped: it is abandoned, see @abandon. Events may be posted
 * until xfl_device_fini().
 *
 * The caller takes the steps, as the device's work queue may be frozen. The suspend that froze it
 * wants the device lock, which our caller holds, before it thaws queues.
 *
 * Context: process; waits for xenstore, and for the backend XFL_DRAIN_MS, XFL_CLOSING_MS and
 * XFL_RELEASE_MS at most.
 */
void xfl_device_del(struct xfl_device *xd)
{
	unsigned int noio = memalloc_noio_save();
	bool gone;

	xfl_begin_removal(xd);
	for (;;) {
		mutex_lock(&xd->step);
		xfl_steps(xd);
		gone = xd->state == XFL_GONE;
		mutex_unlock(&xd->step);
		if (gone)
			break;
		msleep(XFL_REMOVE_LOOK_MS);
	}
	cancel_delayed_work_sync(&xd->work);
	/* Else xenbus writes Closed into a directory that is another device's, or will be. */
	if (xd->exchanged || xd->own_state == XFL_XS_GONE)
		xd->xbdev->state = XenbusStateClosed;
	xfl_conn_stop_waiting(xd);
	xfl_pm_del(xd);
	/* Last: abandoned.c may end the connection, and free the device, at any moment. */
	if (xd->abandoned)
		xfl_abandoned_add(xd);
	memalloc_noio_restore(noio);
}
EXPORT_SYMBOL_NS_GPL(xfl_device_del, XEN_FRONTLIB);

/**
 * xfl_device_fini() - free what xfl_device_init() made
 * @xd: a device that was never started, or was deleted. If its connection was abandoned, the driver
 *	calls this from @put of &struct xfl_ops
 *
 * Context: process.
 */
void xfl_device_fini(struct xfl_device *xd)
{
	destroy_workqueue(xd->wq);
	kfree(xd->backend);
	xd->backend = NULL;
}
EXPORT_SYMBOL_NS_GPL(xfl_device_fini, XEN_FRONTLIB);
