// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * xen-blkfront: the Xen block frontend. The module, the xenbus driver, and how a disk is probed and
 * removed.
 */
#include <linux/major.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include <version.h>

#include "blkfront.h"
#include "params.h"

#define XBF_NAME		"xvd"

static struct xbf_dev *xbf_alloc(void)
{
	struct xbf_dev *xb = kzalloc(sizeof(*xb), GFP_KERNEL);

	if (!xb)
		return NULL;
	kref_init(&xb->ref);
	init_waitqueue_head(&xb->applied);
	spin_lock_init(&xb->disk_lock);
	INIT_WORK(&xb->disk_work, xbf_disk_work);
	INIT_WORK(&xb->del_work, xbf_disk_del_work);
	init_completion(&xb->deleted);
	atomic_set(&xb->disk_users, 2);
	return xb;
}

static int xbf_read_vdev(struct xenbus_device *xbdev, struct xbf_vdev *vdev)
{
	unsigned int number;
	int err;

	if (xenbus_scanf(XBT_NIL, xbdev->nodename, "virtual-device", "%i", &number) != 1 &&
	    xenbus_scanf(XBT_NIL, xbdev->nodename, "virtual-device-ext", "%i", &number) != 1)
		return -ENOENT;
	err = xbf_vdev_parse(number, vdev);
	if (err)
		dev_err(&xbdev->dev, "virtual device %#x names no disk\n", number);
	return err;
}

/*
 * Whether the disk is served by emulated hardware. An HVM guest has its emulated disks until they
 * are unplugged, and its emulated CD-ROM for good.
 */
static bool xbf_is_emulated(struct xenbus_device *xbdev, const struct xbf_vdev *vdev)
{
	bool cdrom;
	char *type;

	if (!xen_hvm_domain())
		return false;
	if (xen_has_pv_and_legacy_disk_devices() && !vdev->is_xvd)
		return true;
	type = xenbus_read(XBT_NIL, xbdev->nodename, "device-type", NULL);
	if (IS_ERR(type))
		return true;
	cdrom = !strcmp(type, "cdrom");
	kfree(type);
	return cdrom;
}

static int xbf_probe(struct xenbus_device *xbdev, const struct xenbus_device_id *id)
{
	struct xbf_dev *xb = xbf_alloc();
	int err;

	if (!xb)
		return -ENOMEM;
	err = xbf_read_vdev(xbdev, &xb->vdev);
	if (err)
		goto err_put;
	if (xbf_is_emulated(xbdev, &xb->vdev)) {
		err = -ENODEV;
		goto err_put;
	}
	err = xfl_device_init(&xb->xd, xbdev, &xbf_ops);
	if (err)
		goto err_put;
	xfl_device_start(&xb->xd);
	return 0;

err_put:
	xbf_put(xb);
	return err;
}

static int xbf_is_ready(struct xenbus_device *xbdev)
{
	struct xfl_device *xd = dev_get_drvdata(&xbdev->dev);

	return !xd || READ_ONCE(container_of(xd, struct xbf_dev, xd)->added) ||
	       !xfl_is_serving(xd);
}

static void xbf_start_delete(struct xbf_dev *xb)
{
	WRITE_ONCE(xb->deleting, true);
	xbf_get(xb);
	__module_get(THIS_MODULE);
	queue_work(xbf_wq, &xb->del_work);
}

static u32 xbf_progress(const struct xbf_dev *xb)
{
	unsigned int i, nr = READ_ONCE(xb->nr_live);
	u32 sum = 0;

	/* Neither the life cycle nor a ring's lock is held: only a change of the sum counts. */
	for (i = 0; i < nr; i++)
		sum += READ_ONCE(xb->ring[i].front.rsp_cons);
	return sum;
}

/* Dirty data takes time, and whoever unbinds the driver can wait for it. */
#define XBF_DELETE_LIMIT	(600 * HZ)

/* If the toolstack removed the directory, xenwatch waits, and with it all devices of the guest. */
#define XBF_GONE_LIMIT	(30 * HZ)

/*
 * Waits for the deletion while the backend responds at least once in XFL_BACKEND_TIMEOUT, up to a
 * limit. Requests that are left then fail, and @del_work goes on by itself.
 */
static void xbf_await_delete(struct xbf_dev *xb)
{
	unsigned long start = jiffies, limit;
	u32 seen;

	do {
		seen = xbf_progress(xb);
		if (wait_for_completion_timeout(&xb->deleted, XFL_BACKEND_TIMEOUT))
			return;
		limit = xfl_has_directory(&xb->xd) ? XBF_DELETE_LIMIT : XBF_GONE_LIMIT;
	} while (xfl_believes(&xb->xd) && xbf_progress(xb) != seen &&
		 time_before(jiffies, start + limit));
}

/*
 * While there is a backend the disk is deleted first, so that dirty data is written. Else the
 * connection ends first, so that nothing waits for it.
 */
static void xbf_remove(struct xenbus_device *xbdev)
{
	struct xbf_dev *xb = container_of(dev_get_drvdata(&xbdev->dev), struct xbf_dev, xd);
	bool serves = xfl_device_state(&xb->xd) == XFL_CONNECTED;

	if (serves) {
		xbf_start_delete(xb);
		xbf_await_delete(xb);
	}
	xfl_device_del(&xb->xd);
	if (!xb->abandoned)
		xbf_end_life(xb);
	if (!serves) {
		xbf_disk_mark_dead(xb);
		xbf_start_delete(xb);
	}
	if (!wait_for_completion_timeout(&xb->deleted, XFL_BACKEND_TIMEOUT))
		dev_warn(&xbdev->dev, "%s goes when the backend unmaps its data\n", xb->vdev.name);
	xbf_put(xb);
}

static const struct xenbus_device_id xbf_ids[] = {
	{ "vbd" },
	{ "" },
};

static struct xenbus_driver xbf_driver = {
	.ids			= xbf_ids,
	.probe			= xbf_probe,
	.remove			= xbf_remove,
	.suspend		= xfl_suspend,
	.resume			= xfl_resume,
	.otherend_changed	= xfl_otherend_changed,
	.is_ready		= xbf_is_ready,
	.driver.pm		= &xfl_pm_ops,
};

static int __init xbf_init(void)
{
	int err;

	if (!xen_domain() || !xen_has_pv_disk_devices())
		return -ENODEV;
	xbf_params_check();
	xbf_wq = alloc_workqueue("xen-blkfront", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!xbf_wq)
		return -ENOMEM;
	/* A queue of its own: work on the other one waits for I/O. */
	xbf_deferred_wq = alloc_workqueue("xen-blkfront-io",
				     WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_UNBOUND, 0);
	err = -ENOMEM;
	if (!xbf_deferred_wq)
		goto err_wq;
	xbf_stats_init();
	err = register_blkdev(XENVBD_MAJOR, XBF_NAME);
	if (err) {
		pr_err("major %d is taken: is another block frontend loaded?\n", XENVBD_MAJOR);
		goto err_stats;
	}
	err = xenbus_register_frontend(&xbf_driver);
	if (err)
		goto err_blkdev;
	return 0;

err_blkdev:
	unregister_blkdev(XENVBD_MAJOR, XBF_NAME);
err_stats:
	xbf_stats_exit();
	destroy_workqueue(xbf_deferred_wq);
err_wq:
	destroy_workqueue(xbf_wq);
	return err;
}
module_init(xbf_init);

static void __exit xbf_exit(void)
{
	xenbus_unregister_driver(&xbf_driver);
	unregister_blkdev(XENVBD_MAJOR, XBF_NAME);
	/* A deletion may still run. */
	destroy_workqueue(xbf_wq);
	/* The release of a parked request may still run. */
	xfl_park_flush();
	destroy_workqueue(xbf_deferred_wq);
	xbf_stats_exit();
}
module_exit(xbf_exit);

MODULE_DESCRIPTION("Xen virtual block device frontend");
MODULE_AUTHOR("xenfront maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(XENFRONT_STAMP);
MODULE_IMPORT_NS(XEN_FRONTLIB);
MODULE_ALIAS("xen:vbd");
MODULE_ALIAS("xenblk");
MODULE_ALIAS_BLOCKDEV_MAJOR(XENVBD_MAJOR);
