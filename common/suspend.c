// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Suspend: the guest goes down, to be saved or migrated, or not after all.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <xenfront/lifecycle.h>

#include "internal.h"

/**
 * DOC: Callbacks of a suspend
 *
 * In this order (Linux 6.1 to 7.x, do_suspend() in drivers/xen/manage.c):
 *
 * .suspend of xenbus: xenstore still works. The first call stops all disks from sending. Each call
 * gives responses to the requests of a disk some time. An interface goes on: packets may be lost,
 * and nobody was told that they arrived.
 *
 * .freeze_noirq of the driver: interrupts of devices are off. Belief is withheld.
 *
 * .thaw_noirq of the driver: the guest did not go down. Belief is given back.
 *
 * .restore_noirq of the driver: the guest was restored. The lives of all connections have ended.
 *
 * .resume of xenbus: xenstore works again. It is called without a restore as well.
 *
 * .complete of the driver: always the last. What .suspend has stopped goes on. After a
 * restore, where no .thaw_noirq came, it takes XFL_WITHHELD_SUSPEND back.
 *
 * So the driver never guesses whether the guest was restored. The noirq callbacks run without the
 * device lock, and in a hibernation xenwatch may remove the device meanwhile. xfl_pm_lock keeps the
 * device for them. No callback fails, as the guest suspends even if a device cannot be drained.
 */

/* Jiffies for all devices together; libxl gives the guest 60 s to suspend. */
#define XFL_SUSPEND_DRAIN	(8 * HZ)

/* While this is held, a device that has drvdata is on the list, and stays. */
static DEFINE_MUTEX(xfl_pm_lock);
static LIST_HEAD(xfl_pm_devices);

/**
 * struct xfl_drain - the present suspend; xenbus calls .suspend of one device after the other
 * @end: jiffies until which devices may drain
 * @begun: @pause of all disks was called
 * @logged: a line in the log says that a device was not drained
 */
static struct xfl_drain {
	unsigned long end;
	bool begun;
	bool logged;
} xfl_drain;

/*
 * All disks stop before the first one drains. Else the later ones would go on sending while a
 * slow one uses up the time, and would then go down with full rings.
 */
static void xfl_begin_drain(void)
{
	struct xfl_device *xd;

	mutex_lock(&xfl_pm_lock);
	list_for_each_entry(xd, &xfl_pm_devices, pm_node)
		if (xd->ops->pause)
			xd->ops->pause(xd, true);
	mutex_unlock(&xfl_pm_lock);
	xfl_drain = (struct xfl_drain){ .end = jiffies + XFL_SUSPEND_DRAIN, .begun = true };
}

static bool xfl_drained(struct xfl_device *xd)
{
	return !xfl_believes(xd) || xd->ops->idle(xd);
}

static void xfl_await_drained(struct xfl_device *xd)
{
	unsigned long left;

	left = time_before(jiffies, xfl_drain.end) ? xfl_drain.end - jiffies : 0;
	if (wait_event_timeout(xd->state_wq, xfl_drained(xd), left) || xfl_drained(xd))
		return;
	if (!xfl_drain.logged)
		dev_warn(&xd->xbdev->dev,
			 "suspended with requests under way, perhaps not as the only device\n");
	xfl_drain.logged = true;
}

/* A backend sends responses until it sees our Closed, so also in DRAINING and CLOSING. */
static bool xfl_backend_responds(enum xfl_state state)
{
	return state >= XFL_CONNECTED && state <= XFL_CLOSING;
}

/**
 * xfl_suspend() - for xenbus_driver.suspend: wait for responses to what is under way
 * @xbdev: the device
 *
 * After this, as few writes as possible of the old host can land after a write of the new host.
 *
 * Context: process, xenwatch; waits XFL_SUSPEND_DRAIN at most for all devices of a suspend.
 * Return: 0.
 */
int xfl_suspend(struct xenbus_device *xbdev)
{
	struct xfl_device *xd = dev_get_drvdata(&xbdev->dev);
	unsigned int noio = memalloc_noio_save();

	if (!xfl_drain.begun)
		xfl_begin_drain();
	if (xd && xd->ops->pause && xfl_backend_responds(xfl_device_state(xd)))
		xfl_await_drained(xd);
	memalloc_noio_restore(noio);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(xfl_suspend, XEN_FRONTLIB);

static enum xenbus_state xfl_xenbus_state_of(enum xfl_xs_state own)
{
	switch (own) {
	case XFL_XS_INITIALISED:
		return XenbusStateInitialised;
	case XFL_XS_CONNECTED:
		return XenbusStateConnected;
	case XFL_XS_CLOSING:
		return XenbusStateClosing;
	case XFL_XS_CLOSED:
		return XenbusStateClosed;
	default:
		return XenbusStateInitialising;
	}
}

/**
 * xfl_resume() - for xenbus_driver.resume
 * @xbdev: the device
 *
 * xenbus has set its copy of our state to Initialising. If the guest did not go down the connection
 * lives, and the copy is read again.
 *
 * Context: process, xenwatch; waits for xenstore.
 * Return: 0.
 */
int xfl_resume(struct xenbus_device *xbdev)
{
	struct xfl_device *xd = dev_get_drvdata(&xbdev->dev);

	if (!xd)
		return 0;
	if (!(READ_ONCE(xd->withheld) & XFL_WITHHELD_RESTORED))
		xbdev->state = xfl_xenbus_state_of(xfl_xs_state_read(xbdev->nodename));
	xfl_post(xd, XFL_EV_BACKEND);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(xfl_resume, XEN_FRONTLIB);

static int xfl_freeze_noirq(struct device *dev)
{
	struct xfl_device *xd;

	mutex_lock(&xfl_pm_lock);
	xd = dev_get_drvdata(dev);
	if (xd) {
		xfl_withhold(xd, XFL_WITHHELD_SUSPEND);
		if (xd->ops->withhold)
			xd->ops->withhold(xd);
		/* A softirq or a sender that asked xfl_believes() before this has finished. */
		synchronize_rcu_expedited();
	}
	mutex_unlock(&xfl_pm_lock);
	return 0;
}

static void xfl_believe_again(struct xfl_device *xd)
{
	lockdep_assert_held(&xfl_pm_lock);
	xfl_unwithhold(xd, XFL_WITHHELD_SUSPEND);
	if (xfl_believes(xd) && xd->ops->look)
		xd->ops->look(xd);
	xfl_post(xd, XFL_EV_BACKEND);
}

static int xfl_thaw_noirq(struct device *dev)
{
	struct xfl_device *xd;

	mutex_lock(&xfl_pm_lock);
	xd = dev_get_drvdata(dev);
	if (xd)
		xfl_believe_again(xd);
	mutex_unlock(&xfl_pm_lock);
	return 0;
}

static int xfl_restore_noirq(struct device *dev)
{
	struct xfl_device *xd;

	mutex_lock(&xfl_pm_lock);
	xfl_restored();
	xd = dev_get_drvdata(dev);
	if (xd) {
		WRITE_ONCE(xd->restores, xfl_nr_restores());
		xfl_withhold(xd, XFL_WITHHELD_RESTORED);
		xfl_post(xd, XFL_EV_RESTORED);
	}
	mutex_unlock(&xfl_pm_lock);
	return 0;
}

static void xfl_complete(struct device *dev)
{
	struct xfl_device *xd;

	mutex_lock(&xfl_pm_lock);
	xd = dev_get_drvdata(dev);
	if (xd && READ_ONCE(xd->withheld) & XFL_WITHHELD_SUSPEND)
		xfl_believe_again(xd);
	if (xd && xd->ops->pause)
		xd->ops->pause(xd, false);
	mutex_unlock(&xfl_pm_lock);
}

/*
 * xfl_pm_ops - for xenbus_driver.driver.pm
 *
 * .suspend_noirq and .resume_noirq stay unset: with s2idle interrupts stop, and the guest stays.
 */
const struct dev_pm_ops xfl_pm_ops = {
	.freeze_noirq	= xfl_freeze_noirq,
	.thaw_noirq	= xfl_thaw_noirq,
	.restore_noirq	= xfl_restore_noirq,
	.complete	= xfl_complete,
};
EXPORT_SYMBOL_NS_GPL(xfl_pm_ops, XEN_FRONTLIB);

/* ---- restores without a device of ours ---- */

static int xfl_count_restore(struct device *dev)
{
	mutex_lock(&xfl_pm_lock);
	xfl_restored();
	mutex_unlock(&xfl_pm_lock);
	return 0;
}

/* A suspend whose devices were all removed before it ended has no other .complete of ours. */
static void xfl_drain_over(struct device *dev)
{
	xfl_drain.begun = false;
}

static const struct dev_pm_ops xfl_witness_pm = {
	.restore_noirq	= xfl_count_restore,
	.complete	= xfl_drain_over,
};

static const struct device_type xfl_witness_type = {
	.name	= "xen-frontlib",
	.pm	= &xfl_witness_pm,
};

static struct device *xfl_witness;

static void xfl_witness_free(struct device *dev)
{
	kfree(dev);
}

/*
 * A device whose only use is that it is restored with the guest. What is in quarantine, ports above
 * all, outlives its device, and a restore must be counted even if no device of ours is left.
 */
int __init xfl_pm_init(void)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int err;

	if (!dev)
		return -ENOMEM;
	device_initialize(dev);
	dev->type = &xfl_witness_type;
	dev->release = xfl_witness_free;
	err = dev_set_name(dev, "xen-frontlib") ?: device_add(dev);
	if (err) {
		put_device(dev);
		return err;
	}
	xfl_witness = dev;
	return 0;
}

void xfl_pm_exit(void)
{
	device_unregister(xfl_witness);
}

/**
 * xfl_pm_add() - make a device known to the callbacks of this file
 * @xd: the device, at the beginning of its life; becomes the drvdata of its xenbus device
 *
 * Context: process; sleeps.
 */
void xfl_pm_add(struct xfl_device *xd)
{
	mutex_lock(&xfl_pm_lock);
	list_add_tail(&xd->pm_node, &xfl_pm_devices);
	dev_set_drvdata(&xd->xbdev->dev, xd);
	mutex_unlock(&xfl_pm_lock);
}

/**
 * xfl_pm_del() - undo xfl_pm_add()
 * @xd: the device, at the end of its life; no callback of this file uses it after this returns
 *
 * Context: process; sleeps.
 */
void xfl_pm_del(struct xfl_device *xd)
{
	mutex_lock(&xfl_pm_lock);
	list_del(&xd->pm_node);
	dev_set_drvdata(&xd->xbdev->dev, NULL);
	mutex_unlock(&xfl_pm_lock);
}
