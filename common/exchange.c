// SPDX-License-Identifier: GPL-2.0
/*
 * The toolstack has put another device in the place of ours, under the same name.
 *
 * DOC: what was ours is failed and dead; the new device is probed. That is done by whoever can wait
 * for the driver to let go: not by the device's own work queue, which goes with it, and not by
 * xenwatch. The queue can be frozen, since a device is not probed while the guest suspends.
 */
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <xenfront/lifecycle.h>

#include "internal.h"

/**
 * struct xfl_reprobe - a device to be probed anew
 * @work: does it
 * @xbdev: the device, with a reference
 */
struct xfl_reprobe {
	struct work_struct work;
	struct xenbus_device *xbdev;
};

static struct workqueue_struct *xfl_reprobe_wq;

static void xfl_reprobe_work(struct work_struct *work)
{
	struct xfl_reprobe *r = container_of(work, struct xfl_reprobe, work);

	/*
	 * A probe that fails is no error of device_reprobe(). A device that xenbus has removed
	 * meanwhile has no driver either, and needs nothing.
	 */
	if ((device_reprobe(&r->xbdev->dev) || !READ_ONCE(r->xbdev->dev.driver)) &&
	    device_is_registered(&r->xbdev->dev))
		dev_warn(&r->xbdev->dev, "the new device needs to be detached and attached\n");
	put_device(&r->xbdev->dev);
	kfree(r);
	module_put(THIS_MODULE);
}

/**
 * xfl_reprobe() - have the driver let go of a device, and whatever is there now probed
 * @xd: the device; it may be gone soon after
 *
 * Context: process.
 */
void xfl_reprobe(struct xfl_device *xd)
{
	struct xfl_reprobe *r = kzalloc(sizeof(*r), GFP_NOIO);

	dev_warn(&xd->xbdev->dev, "the toolstack has exchanged the device: the old one is dead\n");
	/* Or xenbus would write Closed when the driver lets go, into the new device's directory. */
	xd->xbdev->state = XenbusStateClosed;
	if (!r) {
		dev_warn(&xd->xbdev->dev, "the new one needs to be detached and attached\n");
		return;
	}
	INIT_WORK(&r->work, xfl_reprobe_work);
	r->xbdev = xd->xbdev;
	get_device(&xd->xbdev->dev);
	__module_get(THIS_MODULE);
	queue_work(xfl_reprobe_wq, &r->work);
}

int __init xfl_reprobe_init(void)
{
	xfl_reprobe_wq = alloc_workqueue("xfl-reprobe", WQ_UNBOUND | WQ_FREEZABLE, 0);
	return xfl_reprobe_wq ? 0 : -ENOMEM;
}

/* Every work item holds a reference on this module, but the last may not have returned. */
void xfl_reprobe_exit(void)
{
	destroy_workqueue(xfl_reprobe_wq);
}
