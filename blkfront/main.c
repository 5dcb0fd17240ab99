// SPDX-License-Identifier: GPL-2.0
/*
 * xen-blkfront: the Xen block frontend. Wiring: module, xenbus driver, and the
 * life of struct blkfront.
 */
#include <linux/major.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include <version.h>

#include "blkfront.h"
#include "params.h"

#define BF_NAME		"xvd"

struct workqueue_struct *bf_wq;
struct workqueue_struct *bf_deferred_wq;

/**
 * bf_get() - take a reference on a device
 * @bf: the device
 */
void bf_get(struct blkfront *bf)
{
	kref_get(&bf->ref);
}

static void bf_free(struct kref *ref)
{
	struct blkfront *bf = container_of(ref, struct blkfront, ref);

	bf_rings_free(bf);
	kfree(bf);
}

/**
 * bf_put() - drop a reference on a device
 * @bf: the device
 */
void bf_put(struct blkfront *bf)
{
	kref_put(&bf->ref, bf_free);
}

static struct blkfront *bf_alloc(void)
{
	struct blkfront *bf = kzalloc(sizeof(*bf), GFP_KERNEL);

	if (!bf)
		return NULL;
	kref_init(&bf->ref);
	init_waitqueue_head(&bf->drained);
	spin_lock_init(&bf->disk_lock);
	INIT_WORK(&bf->disk_work, bf_disk_work);
	INIT_WORK(&bf->del_work, bf_disk_del_work);
	init_completion(&bf->deleted);
	atomic_set(&bf->disk_users, 2);
	return bf;
}

static int bf_read_vdev(struct xenbus_device *xbdev, struct bf_vdev *vdev)
{
	unsigned int number;
	int err;

	if (xenbus_scanf(XBT_NIL, xbdev->nodename, "virtual-device", "%i", &number) != 1 &&
	    xenbus_scanf(XBT_NIL, xbdev->nodename, "virtual-device-ext", "%i", &number) != 1)
		return -ENOENT;
	err = bf_vdev_parse(number, vdev);
	if (err)
		dev_err(&xbdev->dev, "virtual device %#x names no disk\n", number);
	return err;
}

/*
 * An HVM guest keeps its emulated disks until they are unplugged, and its
 * emulated CD-ROM for good: those are not ours.
 */
static bool bf_is_emulated(struct xenbus_device *xbdev, const struct bf_vdev *vdev)
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

static int bf_probe(struct xenbus_device *xbdev, const struct xenbus_device_id *id)
{
	struct blkfront *bf = bf_alloc();
	int err;

	if (!bf)
		return -ENOMEM;
	err = bf_read_vdev(xbdev, &bf->vdev);
	if (err)
		goto fail;
	if (bf_is_emulated(xbdev, &bf->vdev)) {
		err = -ENODEV;
		goto fail;
	}
	err = xfl_device_init(&bf->xd, xbdev, &bf_ops);
	if (err)
		goto fail;
	xfl_device_start(&bf->xd);
	return 0;

fail:
	bf_put(bf);
	return err;
}

static int bf_is_ready(struct xenbus_device *xbdev)
{
	struct xfl_device *xd = dev_get_drvdata(&xbdev->dev);

	return !xd || READ_ONCE(container_of(xd, struct blkfront, xd)->added) ||
	       !xfl_is_serving(xd);
}

static void bf_start_delete(struct blkfront *bf)
{
	WRITE_ONCE(bf->leaving, true);
	bf_get(bf);
	__module_get(THIS_MODULE);
	queue_work(bf_wq, &bf->del_work);
}

static u32 bf_progress(const struct blkfront *bf)
{
	unsigned int i;
	u32 sum = 0;

	for (i = 0; i < bf->nr_live; i++)
		sum += READ_ONCE(bf->ring[i].front.rsp_cons);
	return sum;
}

/* Dirty data takes its time, and whoever takes the disk from its driver may wait for that. */
#define BF_DELETE_LIMIT	(600 * HZ)

/* Once the toolstack has taken the device away, every other device of the guest waits meanwhile. */
#define BF_GONE_LIMIT	(30 * HZ)

/*
 * Waits as long as the backend goes on answering, and a little longer. What is not done in time
 * fails, and the disk is deleted by @del_work when that has happened.
 */
static void bf_await_delete(struct blkfront *bf)
{
	unsigned long start = jiffies, limit;
	u32 seen;

	do {
		seen = bf_progress(bf);
		if (wait_for_completion_timeout(&bf->deleted, XFL_BACKEND_TIMEOUT))
			return;
		limit = xfl_has_directory(&bf->xd) ? BF_DELETE_LIMIT : BF_GONE_LIMIT;
	} while (xfl_believes(&bf->xd) && bf_progress(bf) != seen &&
		 time_before(jiffies, start + limit));
}

/**
 * bf_end_life() - the device has no connection, and will have none
 * @bf: the device
 */
static void bf_end_life(struct blkfront *bf)
{
	bf_fail_all(bf);
	bf_rings_give_back(bf);
	bf_disk_put(bf);
	xfl_device_fini(&bf->xd);
}

/**
 * bf_abandon() - &struct xfl_ops.abandon: the backend still maps a ring of a removed disk
 * @xd: life cycle of the device
 *
 * Requests whose data goes through frames of ours may fail now, the others have to wait.
 */
void bf_abandon(struct xfl_device *xd)
{
	struct blkfront *bf = container_of(xd, struct blkfront, xd);

	bf_get(bf);
	__module_get(THIS_MODULE);
	bf->abandoned = true;
	bf_fail_all(bf);
	bf_fail_copied(bf);
}

/**
 * bf_abandoned_put() - &struct xfl_ops.put: it has let go
 * @xd: life cycle of the device
 */
void bf_abandoned_put(struct xfl_device *xd)
{
	struct blkfront *bf = container_of(xd, struct blkfront, xd);

	bf_end_life(bf);
	bf_put(bf);
	module_put(THIS_MODULE);
}

/*
 * While there is a backend the disk is deleted first, so that what is dirty gets
 * written; else the connection is ended first, so that nothing waits for it.
 */
static void bf_remove(struct xenbus_device *xbdev)
{
	struct blkfront *bf = container_of(dev_get_drvdata(&xbdev->dev), struct blkfront, xd);
	bool serves = xfl_device_state(&bf->xd) == XFL_CONNECTED;

	if (serves) {
		bf_start_delete(bf);
		bf_await_delete(bf);
	}
	xfl_device_del(&bf->xd);
	if (!bf->abandoned)
		bf_end_life(bf);
	if (!serves) {
		bf_disk_mark_dead(bf);
		bf_start_delete(bf);
	}
	if (!wait_for_completion_timeout(&bf->deleted, XFL_BACKEND_TIMEOUT))
		dev_warn(&xbdev->dev, "%s goes when the backend unmaps its data\n", bf->vdev.name);
	bf_put(bf);
}

static const struct xenbus_device_id bf_ids[] = {
	{ "vbd" },
	{ "" },
};

static struct xenbus_driver bf_driver = {
	.ids			= bf_ids,
	.probe			= bf_probe,
	.remove			= bf_remove,
	.suspend		= xfl_suspend,
	.resume			= xfl_resume,
	.otherend_changed	= xfl_otherend_changed,
	.is_ready		= bf_is_ready,
	.driver.pm		= &xfl_pm_ops,
};

static int __init bf_init(void)
{
	int err;

	if (!xen_domain() || !xen_has_pv_disk_devices())
		return -ENODEV;
	bf_params_check();
	bf_wq = alloc_workqueue("xen-blkfront", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!bf_wq)
		return -ENOMEM;
	/* Apart from the other, whose work waits for I/O. */
	bf_deferred_wq = alloc_workqueue("xen-blkfront-io",
				     WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_UNBOUND, 0);
	err = -ENOMEM;
	if (!bf_deferred_wq)
		goto fail_rest_wq;
	bf_stats_init();
	err = register_blkdev(XENVBD_MAJOR, BF_NAME);
	if (err) {
		pr_err("major %d is taken: is another block frontend loaded?\n", XENVBD_MAJOR);
		goto fail_blkdev;
	}
	err = xenbus_register_frontend(&bf_driver);
	if (err)
		goto fail_driver;
	return 0;

fail_driver:
	unregister_blkdev(XENVBD_MAJOR, BF_NAME);
fail_blkdev:
	bf_stats_exit();
	destroy_workqueue(bf_deferred_wq);
fail_rest_wq:
	destroy_workqueue(bf_wq);
	return err;
}
module_init(bf_init);

static void __exit bf_exit(void)
{
	xenbus_unregister_driver(&bf_driver);
	unregister_blkdev(XENVBD_MAJOR, BF_NAME);
	/* The last step of a deletion may still run. */
	destroy_workqueue(bf_wq);
	/* The last request that was parked is ended by a step that may still run. */
	xfl_park_flush();
	destroy_workqueue(bf_deferred_wq);
	bf_stats_exit();
}
module_exit(bf_exit);

MODULE_DESCRIPTION("Xen virtual block device frontend");
MODULE_AUTHOR("xenfront maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(XENFRONT_STAMP);
MODULE_IMPORT_NS(XEN_FRONTLIB);
MODULE_ALIAS("xen:vbd");
MODULE_ALIAS("xenblk");
MODULE_ALIAS_BLOCKDEV_MAJOR(XENVBD_MAJOR);
