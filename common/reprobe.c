// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The toolstack has put another device in the place of ours, under the same name.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <xenfront/lifecycle.h>

#include "internal.h"

/**
 * DOC: Exchanged devices
 *
 * The old device is failed and dead, and the driver core probes the new one. Before that it unbinds
 * the driver. xenwatch does both, as it does when a device is attached or detached. Unbinding takes
 * the device's lock, and then waits until xenwatch has handled the event that it is at. xenwatch
 * takes the device's lock when it removes the device. So anybody else who unbinds could wait for
 * xenwatch while xenwatch waits for him. And while xenwatch suspends the guest it probes nothing.
 *
 * Whoever registers a watch is called by xenwatch once, at once. So that is how it is asked.
 */

/**
 * struct xfl_reprobe - a device to be probed anew
 * @watch: has xenwatch probe it; on the device's own directory
 * @work: unregisters the watch, and registers it again or frees this
 * @done: whether the device was probed; xenwatch's, then the work's
 * @xbdev: the device, with a reference
 */
struct xfl_reprobe {
	struct xenbus_watch watch;
	struct delayed_work work;
	bool done;
	struct xenbus_device *xbdev;
};

static struct workqueue_struct *xfl_reprobe_wq;

/* One event that waits is enough (XSA-349). */
static bool xfl_reprobe_wanted(struct xenbus_watch *watch, const char *path, const char *token)
{
	return !watch->nr_pending;
}

/*
 * Whoever holds the device's lock may be unbinding the driver by hand, and waiting for xenwatch. So
 * xenwatch does not wait for the lock, but tries again after a second. device_reprobe() takes the
 * lock itself. Only who takes it between the two can still wait for xenwatch, as can anybody who
 * unbinds a driver by hand while the device is detached.
 */
static void xfl_reprobe_event(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xfl_reprobe *r = container_of(watch, struct xfl_reprobe, watch);
	struct device *dev = &r->xbdev->dev;

	if (r->done)
		return;
	if (!device_trylock(dev)) {
		queue_delayed_work(xfl_reprobe_wq, &r->work, HZ);
		return;
	}
	device_unlock(dev);
	r->done = true;
	/*
	 * device_reprobe() returns no error when the probe fails, but then there is no driver. A
	 * device that xenbus has removed meanwhile has none either, and needs nothing.
	 */
	if ((device_reprobe(dev) || !READ_ONCE(dev->driver)) && device_is_registered(dev))
		dev_warn(dev, "the new device needs to be detached and attached\n");
	queue_delayed_work(xfl_reprobe_wq, &r->work, 0);
}

static void xfl_reprobe_free(struct xfl_reprobe *r)
{
	put_device(&r->xbdev->dev);
	kfree(r);
	module_put(THIS_MODULE);
}

static void xfl_reprobe_work(struct work_struct *work)
{
	struct xfl_reprobe *r = container_of(work, struct xfl_reprobe, work.work);

	unregister_xenbus_watch(&r->watch);
	if (!r->done && !register_xenbus_watch(&r->watch))
		return;
	if (!r->done)
		dev_warn(&r->xbdev->dev, "the new device needs to be detached and attached\n");
	xfl_reprobe_free(r);
}

static int xfl_reprobe_ask(struct xenbus_device *xbdev)
{
	struct xfl_reprobe *r = kzalloc(sizeof(*r), GFP_NOIO);
	int err;

	if (!r)
		return -ENOMEM;
	INIT_DELAYED_WORK(&r->work, xfl_reprobe_work);
	get_device(&xbdev->dev);
	r->xbdev = xbdev;
	r->watch.node = xbdev->nodename;
	r->watch.will_handle = xfl_reprobe_wanted;
	r->watch.callback = xfl_reprobe_event;
	__module_get(THIS_MODULE);
	err = register_xenbus_watch(&r->watch);
	if (err)
		xfl_reprobe_free(r);
	return err;
}

/**
 * xfl_reprobe() - have the driver core unbind the driver, and probe the device that is there now
 * @xd: the old device; may be freed soon after this returns
 *
 * Context: process, a step of the machine; waits for xenstore; allocates with GFP_NOIO. Without
 * memory or a watch, or when the probe fails, a line in the log says what the administrator has to
 * do.
 */
void xfl_reprobe(struct xfl_device *xd)
{
	dev_warn(&xd->xbdev->dev, "the toolstack has exchanged the device: the old one is dead\n");
	/* Else xenbus writes Closed into the new device's directory when it unbinds the driver. */
	xd->xbdev->state = XenbusStateClosed;
	if (xfl_reprobe_ask(xd->xbdev))
		dev_warn(&xd->xbdev->dev, "the new one needs to be detached and attached\n");
}

int __init xfl_reprobe_init(void)
{
	xfl_reprobe_wq = alloc_workqueue("xfl-reprobe", WQ_UNBOUND, 0);
	return xfl_reprobe_wq ? 0 : -ENOMEM;
}

/* Every watch holds a reference on this module, but the last work may still be returning. */
void xfl_reprobe_exit(void)
{
	destroy_workqueue(xfl_reprobe_wq);
}
