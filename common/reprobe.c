// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The toolstack has put another device in the place of ours, under the same name.
 */
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <xenfront/lifecycle.h>

#include "internal.h"

/**
 * DOC: Exchanged devices
 *
 * The old device is failed and dead, and the driver core probes the new one. Before that it unbinds
 * the driver, which takes long. So a work queue for nothing else waits for it: the device's own
 * queue goes with the driver, and xenwatch is needed by others. The queue freezes, since no device
 * is probed while the guest suspends.
 */

/**
 * struct xfl_reprobe - a device to be probed anew
 * @work: probes it
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
	 * device_reprobe() returns no error when the probe fails, but then there is no driver. A
	 * device that xenbus has removed meanwhile has none either, and needs nothing.
	 */
	if ((device_reprobe(&r->xbdev->dev) || !READ_ONCE(r->xbdev->dev.driver)) &&
	    device_is_registered(&r->xbdev->dev))
		dev_warn(&r->xbdev->dev, "the new device needs to be detached and attached\n");
	put_device(&r->xbdev->dev);
	kfree(r);
	module_put(THIS_MODULE);
}

/**
 * xfl_reprobe() - have the driver core unbind the driver, and probe the device that is there now
 * @xd: the old device; may be freed soon after this returns
 *
 * Context: process, a step of the machine; allocates with GFP_NOIO. Without memory, or when the
 * probe fails, a line in the log says what the administrator has to do.
 */
void xfl_reprobe(struct xfl_device *xd)
{
	struct xfl_reprobe *r = kzalloc(sizeof(*r), GFP_NOIO);

	dev_warn(&xd->xbdev->dev, "the toolstack has exchanged the device: the old one is dead\n");
	/* Else xenbus writes Closed into the new device's directory when it unbinds the driver. */
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

/* Every work item holds a reference on this module, but the last one may still be returning. */
void xfl_reprobe_exit(void)
{
	destroy_workqueue(xfl_reprobe_wq);
}
