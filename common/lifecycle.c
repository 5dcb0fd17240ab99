// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine that takes a frontend through its life.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xenfront/lifecycle.h>
#include <xenfront/watch.h>
#include <xenfront/xenstore.h>

#include "internal.h"

#define XFL_EV_START		BIT(0)
#define XFL_EV_BACKEND		BIT(1)	/* the backend's state was written */
#define XFL_EV_RESUME		BIT(2)
#define XFL_EV_RECONNECT	BIT(3)
#define XFL_EV_BROKEN		BIT(4)
#define XFL_EV_REMOVE		BIT(5)

/* How often a backend's state is looked at while we wait for it to change. */
#define XFL_POLL_MS		10

/* Connecting is tried so often, with pauses that double: 3 seconds in all. */
#define XFL_CONNECT_TRIES	5
#define XFL_CONNECT_PAUSE_MS	200

static void xfl_post(struct xfl_device *xd, unsigned long event)
{
	unsigned long flags;

	spin_lock_irqsave(&xd->lock, flags);
	xd->events |= event;
	if (xd->state != XFL_GONE)
		queue_work(xd->wq, &xd->work);
	spin_unlock_irqrestore(&xd->lock, flags);
}

static unsigned long xfl_take_events(struct xfl_device *xd)
{
	unsigned long flags, events;

	spin_lock_irqsave(&xd->lock, flags);
	events = xd->state == XFL_GONE ? 0 : xd->events;
	xd->events = 0;
	spin_unlock_irqrestore(&xd->lock, flags);
	return events;
}

/*
 * A device that xfl_break() caught stays broken until a fresh start, however
 * far the step went that was under way.
 */
static void xfl_set_state(struct xfl_device *xd, enum xfl_state state)
{
	unsigned long flags;

	spin_lock_irqsave(&xd->lock, flags);
	if (state == XFL_INITIALISING)
		xd->events &= ~XFL_EV_BROKEN;
	if (xd->state != XFL_BROKEN || state == XFL_INITIALISING || state == XFL_GONE)
		WRITE_ONCE(xd->state, state);
	spin_unlock_irqrestore(&xd->lock, flags);
	wake_up_all(&xd->settled);
}

static enum xenbus_state xfl_backend_state(struct xfl_device *xd)
{
	return xenbus_read_driver_state(xd->xbdev, xd->xbdev->otherend);
}

/**
 * xfl_backend_may_return() - whether the toolstack still wants a closed backend
 * @xd: the device
 *
 * Context: process.
 * Return: false if "online" says no or is not there; where it could not be read, true.
 */
bool xfl_backend_may_return(const struct xfl_device *xd)
{
	char *text = xenbus_read(XBT_NIL, xd->xbdev->otherend, "online", NULL);
	bool online;

	if (IS_ERR(text))
		return PTR_ERR(text) != -ENOENT;
	online = strcmp(text, "0");
	kfree(text);
	return online;
}
EXPORT_SYMBOL_NS_GPL(xfl_backend_may_return, XEN_FRONTLIB);

/* A state that could not be read is unknown as well, but comes back. */
static bool xfl_backend_is_gone(const struct xfl_device *xd)
{
	char *text = xenbus_read(XBT_NIL, xd->xbdev->otherend, "state", NULL);

	if (!IS_ERR(text))
		kfree(text);
	return text == ERR_PTR(-ENOENT);
}

/* Return: whether the backend reached one of @states (a bit mask) in time. */
static bool xfl_await_backend(struct xfl_device *xd, unsigned long states)
{
	unsigned long end = jiffies + XFL_BACKEND_TIMEOUT;

	while (!(BIT(xfl_backend_state(xd)) & states)) {
		if (time_after(jiffies, end)) {
			dev_warn(&xd->xbdev->dev, "backend stays in state %s\n",
				 xenbus_strstate(xfl_backend_state(xd)));
			return false;
		}
		msleep(XFL_POLL_MS);
	}
	return true;
}

/*
 * xenbus takes a device for replaced by a new one if its state in xenstore is Initialising and its
 * own is not. It reads one after the other, whenever a key was written, so a step of ours between
 * the two would look like that. A new watch fires when it has looked at all keys written so far.
 */
static void xfl_let_xenbus_look(struct xfl_device *xd)
{
	struct xfl_watch *w;

	if (!XENBUS_COMPARES_STATES)
		return;
	w = xfl_watch_start(xd, "state");
	if (!w)
		return;
	/* It does not look while it waits for us to remove the device. */
	wait_event_timeout(xd->settled,
			   xfl_watch_fired(w) || READ_ONCE(xd->events) & XFL_EV_REMOVE,
			   XFL_BACKEND_TIMEOUT);
	xfl_watch_drop(w);
}

static void xfl_let_xenbus_see_offer(struct xfl_device *xd)
{
	if (xd->xbdev->state == XenbusStateInitialising)
		xfl_let_xenbus_look(xd);
}

/*
 * Backends differ in when they let go of our grants, some at Closing and some
 * at Closed, so both are waited for. One that does not answer keeps its
 * mappings; the driver then finds grants it cannot end, and parks them.
 */
static void xfl_part(struct xfl_device *xd)
{
	const unsigned long closed = BIT(XenbusStateUnknown) | BIT(XenbusStateClosed);

	xenbus_switch_state(xd->xbdev, XenbusStateClosing);
	xfl_await_backend(xd, closed | BIT(XenbusStateClosing));
	xenbus_frontend_closed(xd->xbdev);
	xfl_await_backend(xd, closed | BIT(XenbusStateInitialising) | BIT(XenbusStateInitWait));
}

static void xfl_unlink(struct xfl_device *xd, enum xfl_why why)
{
	if (xd->linked)
		xd->ops->quiesce(xd, why);
	/* A removal has xenbus wait for us, and after a resume no step follows. */
	if (why != XFL_WHY_REMOVE && why != XFL_WHY_RESUME)
		xfl_let_xenbus_see_offer(xd);
	if (why != XFL_WHY_RESUME)
		xfl_part(xd);
	if (xd->linked)
		xd->ops->disconnect(xd, why);
	xd->linked = false;
}

/*
 * Offer a new connection. A backend that has yet to see our Closed would never see it under an
 * offer, and some take no offer before they have closed: it is owed to them until then.
 */
static void xfl_restart(struct xfl_device *xd)
{
	const unsigned long parting = BIT(XenbusStateConnected) | BIT(XenbusStateClosing);

	xfl_set_state(xd, XFL_INITIALISING);
	if (xd->xbdev->state != XenbusStateClosed || !(BIT(xfl_backend_state(xd)) & parting))
		xenbus_switch_state(xd->xbdev, XenbusStateInitialising);
}

static bool xfl_owes_offer(const struct xfl_device *xd)
{
	return xd->state == XFL_INITIALISING && xd->xbdev->state == XenbusStateClosed;
}

static bool xfl_transient(int err)
{
	return err == -ENOMEM || err == -ENOSPC || err == -EAGAIN;
}

/* A host that has just restored many guests is short of this and that for a while. */
static int xfl_try_connect(struct xfl_device *xd)
{
	unsigned int pause = XFL_CONNECT_PAUSE_MS;
	unsigned int tries = XFL_CONNECT_TRIES;
	int err;

	while ((err = xd->ops->connect(xd))) {
		if (!xfl_transient(err) || !--tries)
			break;
		msleep(pause);
		pause *= 2;
	}
	return err;
}

static void xfl_give_up(struct xfl_device *xd)
{
	if (xd->ops->failed)
		xd->ops->failed(xd);
}

static void xfl_connect(struct xfl_device *xd)
{
	int err = xfl_try_connect(xd);

	if (err) {
		xfl_set_state(xd, XFL_BROKEN);
		xfl_let_xenbus_see_offer(xd);
		xenbus_dev_fatal(xd->xbdev, err, "connecting to the backend");
		xfl_give_up(xd);
		return;
	}
	xd->linked = true;
	xfl_set_state(xd, XFL_CONNECTING);
	xfl_let_xenbus_look(xd);
	xenbus_switch_state(xd->xbdev, xd->ops->published);
}

static void xfl_go_live(struct xfl_device *xd)
{
	int err = xd->ops->go_live(xd);

	if (err) {
		xfl_set_state(xd, XFL_BROKEN);
		xenbus_dev_fatal(xd->xbdev, err, "starting I/O");
		xfl_unlink(xd, XFL_WHY_BROKEN);
		return;
	}
	xenbus_switch_state(xd->xbdev, XenbusStateConnected);
	xfl_set_state(xd, XFL_CONNECTED);
}

static void xfl_let_go(struct xfl_device *xd)
{
	xfl_unlink(xd, XFL_WHY_CLOSING);
	xfl_retract(xd->xbdev, xd->ops->keys);
	xfl_let_xenbus_look(xd);
}

static void xfl_close(struct xfl_device *xd)
{
	xfl_let_go(xd);
	xfl_set_state(xd, XFL_CLOSED);
}

/* The backend waits for a frontend: the first time, or once more. */
static void xfl_backend_waits(struct xfl_device *xd)
{
	switch (xd->state) {
	case XFL_CONNECTED:	/* it was restarted and kept nothing of ours */
		xfl_unlink(xd, XFL_WHY_CLOSING);
		xfl_restart(xd);
		break;
	case XFL_CLOSED:
	case XFL_INITIALISING:
		if (xd->state == XFL_CLOSED || xfl_owes_offer(xd))
			xfl_restart(xd);
		if (!xfl_owes_offer(xd))
			xfl_connect(xd);
		break;
	default:		/* it has yet to see the keys we published */
		break;
	}
}

static void xfl_backend_connected(struct xfl_device *xd)
{
	if (xd->state == XFL_CONNECTING)
		xfl_go_live(xd);
	else if (xd->state == XFL_CONNECTED && xd->ops->changed)
		xd->ops->changed(xd);
}

/*
 * One that refuses what we published stays in Closing until we follow. One that is in Closed
 * already has gone there for the connection before, whose end it was late to see.
 */
static void xfl_linked_backend_closes(struct xfl_device *xd, enum xenbus_state backend)
{
	if (xd->state != XFL_CONNECTING || backend != XenbusStateClosed ||
	    !xfl_backend_may_return(xd)) {
		xfl_close(xd);
		return;
	}
	xfl_let_go(xd);
	xfl_restart(xd);
}

static void xfl_backend_closes(struct xfl_device *xd, enum xenbus_state backend)
{
	if (xd->linked) {
		xfl_linked_backend_closes(xd, backend);
		return;
	}
	if (backend == XenbusStateClosing || xd->state != XFL_INITIALISING) {
		xfl_let_xenbus_see_offer(xd);
		xenbus_frontend_closed(xd->xbdev);
	}
	if (!xfl_backend_may_return(xd))
		xfl_give_up(xd);
	else if (backend == XenbusStateClosed && xfl_owes_offer(xd))
		xfl_restart(xd);
}

/* If its directory is gone, so is the backend, for good. */
static void xfl_backend_unknown(struct xfl_device *xd)
{
	if (!xfl_backend_is_gone(xd))
		return;
	if (xd->linked)
		xfl_close(xd);
	else
		xfl_give_up(xd);
}

static void xfl_follow(struct xfl_device *xd)
{
	enum xenbus_state backend = xfl_backend_state(xd);

	switch (backend) {
	case XenbusStateInitWait:
		xfl_backend_waits(xd);
		break;
	case XenbusStateConnected:
		xfl_backend_connected(xd);
		break;
	case XenbusStateClosing:
	case XenbusStateClosed:
		xfl_backend_closes(xd, backend);
		break;
	case XenbusStateUnknown:
		xfl_backend_unknown(xd);
		break;
	default:
		break;
	}
}

/*
 * A backend that still serves an earlier owner of the device, a driver that was
 * unloaded or a kernel that was replaced, has to part with it first.
 */
static void xfl_start(struct xfl_device *xd)
{
	enum xenbus_state backend = xfl_backend_state(xd);

	if (backend == XenbusStateConnected || backend == XenbusStateClosing) {
		xfl_let_xenbus_see_offer(xd);
		xfl_part(xd);
	}
	xfl_restart(xd);
}

/*
 * Resume is also called where suspending failed half-way: then the old backend
 * is still there, may map our grants, and an orderly reconnect is due.
 */
static void xfl_resumed(struct xfl_device *xd)
{
	const unsigned long old = BIT(XenbusStateConnected) | BIT(XenbusStateClosing) |
				  BIT(XenbusStateClosed);
	bool moved = !(BIT(xfl_backend_state(xd)) & old);

	xfl_unlink(xd, moved ? XFL_WHY_RESUME : XFL_WHY_RECONNECT);
	xfl_restart(xd);
}

static void xfl_step(struct xfl_device *xd, unsigned long events)
{
	if (events & XFL_EV_REMOVE) {
		xfl_unlink(xd, XFL_WHY_REMOVE);
		xfl_retract(xd->xbdev, xd->ops->keys);
		xfl_set_state(xd, XFL_GONE);
		return;
	}
	if (events & XFL_EV_START)
		xfl_start(xd);
	if (events & XFL_EV_RESUME) {
		xfl_resumed(xd);
	} else if (events & XFL_EV_RECONNECT) {
		xfl_unlink(xd, XFL_WHY_RECONNECT);
		xfl_restart(xd);
	} else if (events & XFL_EV_BROKEN) {
		xfl_unlink(xd, XFL_WHY_BROKEN);
		/* It may have been caught when the connection was being taken down already. */
		xfl_give_up(xd);
	}
	xfl_follow(xd);
}

static void xfl_machine(struct work_struct *work)
{
	struct xfl_device *xd = container_of(work, struct xfl_device, work);
	unsigned int noio = memalloc_noio_save();
	unsigned long events;

	while ((events = xfl_take_events(xd)))
		xfl_step(xd, events);
	memalloc_noio_restore(noio);
}

/**
 * xfl_device_init() - prepare a device's life
 * @xd: the device, zeroed
 * @xbdev: its xenbus device
 * @ops: the driver's operations
 *
 * Nothing runs before xfl_device_start(). Undone by xfl_device_fini().
 *
 * Return: 0 or -ENOMEM.
 */
int xfl_device_init(struct xfl_device *xd, struct xenbus_device *xbdev,
		    const struct xfl_ops *ops)
{
	xd->xbdev = xbdev;
	xd->ops = ops;
	xd->state = XFL_INITIALISING;
	spin_lock_init(&xd->lock);
	init_waitqueue_head(&xd->settled);
	INIT_WORK(&xd->work, xfl_machine);
	/* Frozen over a suspend: xenbus replaces the other end's details then. */
	xd->wq = alloc_ordered_workqueue("xfl-%s", WQ_MEM_RECLAIM | WQ_FREEZABLE,
					 dev_name(&xbdev->dev));
	return xd->wq ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_NS_GPL(xfl_device_init, XEN_FRONTLIB);

/**
 * xfl_device_start() - let a device's life begin; last call of a probe
 * @xd: the device
 */
void xfl_device_start(struct xfl_device *xd)
{
	xfl_post(xd, XFL_EV_START);
}
EXPORT_SYMBOL_NS_GPL(xfl_device_start, XEN_FRONTLIB);

/**
 * xfl_device_del() - end a device's life; from xenbus_driver.remove
 * @xd: the device
 *
 * On return the driver's operations run no more and the last @disconnect is
 * done. Posting further events is harmless until xfl_device_fini().
 *
 * Context: process; waits for the machine, a small multiple of
 * XFL_BACKEND_TIMEOUT at most.
 */
void xfl_device_del(struct xfl_device *xd)
{
	xfl_post(xd, XFL_EV_REMOVE);
	wake_up_all(&xd->settled);
	flush_work(&xd->work);
}
EXPORT_SYMBOL_NS_GPL(xfl_device_del, XEN_FRONTLIB);

/**
 * xfl_device_fini() - free what xfl_device_init() made
 * @xd: a device that was never started, or was deleted
 */
void xfl_device_fini(struct xfl_device *xd)
{
	destroy_workqueue(xd->wq);
}
EXPORT_SYMBOL_NS_GPL(xfl_device_fini, XEN_FRONTLIB);

/**
 * xfl_backend_changed() - for xenbus_driver.otherend_changed
 * @xd: the device
 * @backend_state: ignored: states come in any number and order, and the one that
 *	counts is the one found when the machine gets to it
 */
void xfl_backend_changed(struct xfl_device *xd, enum xenbus_state backend_state)
{
	xfl_post(xd, XFL_EV_BACKEND);
}
EXPORT_SYMBOL_NS_GPL(xfl_backend_changed, XEN_FRONTLIB);

/**
 * xfl_resume() - for xenbus_driver.resume
 * @xd: the device
 *
 * No suspend callback goes with it: a suspend that is cancelled tells no driver.
 */
void xfl_resume(struct xfl_device *xd)
{
	xfl_post(xd, XFL_EV_RESUME);
}
EXPORT_SYMBOL_NS_GPL(xfl_resume, XEN_FRONTLIB);

/**
 * xfl_reconnect() - take the connection down in good order and make a new one
 * @xd: the device; a broken one gets another chance
 *
 * Context: any. The change happens later, see @settled of struct xfl_device.
 */
void xfl_reconnect(struct xfl_device *xd)
{
	xfl_post(xd, XFL_EV_RECONNECT);
}
EXPORT_SYMBOL_NS_GPL(xfl_reconnect, XEN_FRONTLIB);

/**
 * xfl_break() - the backend did what no honest backend does
 * @xd: the device
 * @fmt: what it did, without a newline
 *
 * The first call says so in one line and stops all I/O; later ones do nothing.
 * The connection is taken down from the device's work queue.
 *
 * Context: any, hard interrupts included.
 */
void xfl_break(struct xfl_device *xd, const char *fmt, ...)
{
	struct va_format vaf;
	unsigned long flags;
	va_list args;
	bool first;

	spin_lock_irqsave(&xd->lock, flags);
	first = xd->state != XFL_BROKEN && xd->state != XFL_GONE;
	if (first) {
		WRITE_ONCE(xd->state, XFL_BROKEN);
		xd->events |= XFL_EV_BROKEN;
		queue_work(xd->wq, &xd->work);
	}
	spin_unlock_irqrestore(&xd->lock, flags);
	if (!first)
		return;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	dev_err(&xd->xbdev->dev, "backend broke the protocol: %pV; device disabled\n", &vaf);
	va_end(args);
	wake_up_all(&xd->settled);
}
EXPORT_SYMBOL_NS_GPL(xfl_break, XEN_FRONTLIB);
