// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The gendisk: its limits, tags and device numbers. It is made at the first connection, added and
 * changed by a work item of its own, and deleted with the device.
 *
 * Adding a disk reads its partition table, through this driver. The life cycle must not wait for
 * that: if the backend breaks meanwhile, it is the life cycle that ends those reads. The same holds
 * for new queue limits, which wait for the queue to be empty.
 */
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <linux/list.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include <compat/limits.h>

#include "blkfront.h"
#include "params.h"

/* 128 MB: a backend may do nothing else while it discards. */
#define XBF_MAX_DISCARD_SECTORS	((128u << 20) >> XBF_SECTOR_SHIFT)

/* Bounds the lines that a backend can have written to the log, for each disk. */
#define XBF_LOG_PERIOD	(60 * HZ)	/* jiffies */
#define XBF_LOG_BURST	5

/* Jiffies that a connection waits for the block layer to know that the disk has a cache. */
#define XBF_CACHE_WAIT	HZ

/* Disks that have device numbers. */
static DEFINE_MUTEX(xbf_disks_lock);
static LIST_HEAD(xbf_disks);

static bool xbf_minors_overlap(const struct xbf_vdev *a, const struct xbf_vdev *b)
{
	return a->minor < b->minor + b->nr_minors && b->minor < a->minor + a->nr_minors;
}

/* Whether a disk is being deleted, or will be. One that could not be added is dead and stays. */
static bool xbf_is_leaving(const struct xbf_dev *xb)
{
	return READ_ONCE(xb->deleting) || READ_ONCE(xb->xd.removing) ||
	       (READ_ONCE(xb->dead) && READ_ONCE(xb->added));
}

/*
 * A toolstack can configure disks whose minors overlap: xvda and xvda1.
 * Return: 0; -ENOSPC if a disk that will go has one of the minors; -EBUSY if one that stays has.
 */
static int xbf_minors_check(const struct xbf_dev *xb)
{
	const struct xbf_dev *other;

	lockdep_assert_held(&xbf_disks_lock);
	list_for_each_entry(other, &xbf_disks, minors_node)
		if (xbf_minors_overlap(&other->vdev, &xb->vdev))
			return xbf_is_leaving(other) ? -ENOSPC : -EBUSY;
	return 0;
}

static int xbf_minors_get(struct xbf_dev *xb)
{
	int err;

	mutex_lock(&xbf_disks_lock);
	err = xbf_minors_check(xb);
	if (!err)
		list_add(&xb->minors_node, &xbf_disks);
	mutex_unlock(&xbf_disks_lock);
	return err;
}

static void xbf_minors_put(struct xbf_dev *xb)
{
	mutex_lock(&xbf_disks_lock);
	list_del(&xb->minors_node);
	mutex_unlock(&xbf_disks_lock);
}

static int xbf_getgeo(struct gendisk *gd, struct hd_geometry *geo)
{
	u64 sectors = get_capacity(gd);

	geo->heads = 255;
	geo->sectors = 63;
	geo->cylinders = min_t(u64, div_u64(sectors, 255 * 63), U16_MAX);
	return 0;
}
DEFINE_GETGEO(xbf_getgeo);

static int xbf_ioctl(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		     unsigned long arg)
{
	struct xbf_dev *xb = bdev->bd_disk->private_data;
	bool cdrom;

	switch (cmd) {
	case CDROMMULTISESSION:
		if (clear_user((void __user *)arg, sizeof(struct cdrom_multisession)))
			return -EFAULT;
		return 0;
	case CDROM_GET_CAPABILITY:
		spin_lock_irq(&xb->disk_lock);
		cdrom = xb->disk.cdrom;
		spin_unlock_irq(&xb->disk_lock);
		return cdrom ? 0 : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static void xbf_free_disk(struct gendisk *gd)
{
	xbf_put(gd->private_data);
}

static const struct block_device_operations xbf_fops = {
	.owner		= THIS_MODULE,
	.getgeo		= GETGEO(xbf_getgeo),
	.ioctl		= xbf_ioctl,
	.compat_ioctl	= blkdev_compat_ptr_ioctl,
	.free_disk	= xbf_free_disk,
};

static int xbf_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int index)
{
	struct xbf_dev *xb = data;

	WRITE_ONCE(hctx->driver_data, xbf_ring_for(xb, index));
	return 0;
}

static void xbf_map_queues(struct blk_mq_tag_set *set)
{
	const struct xbf_dev *xb = set->driver_data;

	set->map[HCTX_TYPE_DEFAULT].nr_queues = xb->contexts.event;
	blk_mq_map_queues(&set->map[HCTX_TYPE_DEFAULT]);
	if (set->nr_maps == 1)
		return;
	/* Reads use the default queues. */
	set->map[HCTX_TYPE_READ].nr_queues = 0;
	set->map[HCTX_TYPE_POLL].nr_queues = xb->contexts.poll;
	set->map[HCTX_TYPE_POLL].queue_offset = xb->contexts.event;
	blk_mq_map_queues(&set->map[HCTX_TYPE_POLL]);
}

static const struct blk_mq_ops xbf_mq_ops = {
	.queue_rq	= xbf_queue_rq,
	.commit_rqs	= xbf_commit_rqs,
	.complete	= xbf_complete_rq,
	.timeout	= xbf_timeout,
	.poll		= xbf_poll,
	.map_queues	= xbf_map_queues,
	.init_hctx	= xbf_init_hctx,
};

static void xbf_fill_limits(const struct xbf_dev *xb, const struct xbf_disk *d,
			    struct queue_limits *lim)
{
	lim->features &= ~BLK_FEAT_WRITE_CACHE;
	if (READ_ONCE(xb->flush_op))
		lim->features |= BLK_FEAT_WRITE_CACHE;
	lim->logical_block_size = d->logical;
	lim->physical_block_size = d->physical;
	lim->dma_alignment = d->logical - 1;
	lim->max_hw_sectors = XBF_MAX_SECTORS;
	lim->max_segments = XBF_MAX_SEGS;
	/* See "the shape of data" in shape.h. */
	lim->virt_boundary_mask = XFL_FRAME_MASK;

	lim->max_hw_discard_sectors = d->discard_granularity ? XBF_MAX_DISCARD_SECTORS : 0;
	lim->discard_granularity = d->discard_granularity;
	lim->discard_alignment = d->discard_alignment;
	lim->max_secure_erase_sectors = d->secure_discard ? XBF_MAX_DISCARD_SECTORS : 0;
}

/*
 * Tags beyond those that fill the ring. While large requests fill it, others still find a tag, and
 * can go before those that wait. With a ring of one frame that makes 64 tags, as many as the
 * in-tree driver's scheduler has.
 */
#define XBF_SPARE_TAGS	32u

/*
 * Where one page needs two ring requests, half as many tags keep the ring busy. More requests would
 * only wait for credit, where the block layer cannot merge them any more.
 */
static unsigned int xbf_depth(const struct xbf_dev *xb)
{
	unsigned int tags = xb->ring[0].table.slots.nr + XBF_SPARE_TAGS;
	unsigned int part = xb->ring[0].cap * XFL_FRAME_SIZE;

	return PAGE_SIZE > part ? tags / 2 : tags;
}

static int xbf_tags_alloc(struct xbf_dev *xb)
{
	xb->tag_set = (struct blk_mq_tag_set){
		.ops = &xbf_mq_ops,
		.nr_hw_queues = xb->nr_rings,
		.nr_maps = xb->contexts.poll ? HCTX_MAX_TYPES : 1,
		.queue_depth = xbf_depth(xb),
		.numa_node = NUMA_NO_NODE,
		.cmd_size = sizeof(struct xbf_req),
		/* The backend's kernel schedules, and large requests let small ones pass here. */
		.flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT,
		.driver_data = xb,
	};
	return blk_mq_alloc_tag_set(&xb->tag_set);
}

static void xbf_gendisk_fill(struct xbf_dev *xb, struct gendisk *gd)
{
	gd->major = XENVBD_MAJOR;
	gd->first_minor = xb->vdev.minor;
	gd->minors = xb->vdev.nr_minors;
	gd->fops = &xbf_fops;
	gd->private_data = xb;
	strscpy(gd->disk_name, xb->vdev.name, sizeof(gd->disk_name));
	if (xb->disk.removable || xb->disk.cdrom)
		gd->flags |= GENHD_FL_REMOVABLE;
	if (READ_ONCE(xbf_no_part_scan))
		set_bit(GD_SUPPRESS_PART_SCAN, &gd->state);
}

/**
 * xbf_name_is_free() - whether a disk can be made with our device number
 * @xb: the device
 *
 * A disk that was exchanged or detached has its name until its last request has ended, and a
 * backend may delay that. Checked before there is a connection, as that would be in vain.
 *
 * Context: life cycle.
 * Return: 0; -ENOSPC, after one line, if the other disk will go; -EBUSY if it stays.
 */
int xbf_name_is_free(struct xbf_dev *xb)
{
	int err;

	if (xb->gd)
		return 0;
	mutex_lock(&xbf_disks_lock);
	err = xbf_minors_check(xb);
	mutex_unlock(&xbf_disks_lock);
	if (err == -ENOSPC && !xb->name_reported)
		dev_warn(&xb->xd.xbdev->dev, "%s: another disk still has this name\n",
			 xb->vdev.name);
	xb->name_reported = err == -ENOSPC;
	return err;
}

/**
 * xbf_disk_create() - allocate the gendisk and its tags
 * @xb: a device whose rings are open and whose @disk is filled in
 *
 * Context: life cycle.
 * Return: 0 or a negative errno.
 */
int xbf_disk_create(struct xbf_dev *xb)
{
	struct queue_limits lim = {};
	struct gendisk *gd;
	int err;

	err = xbf_minors_get(xb);
	if (err)
		return err;
	err = xbf_tags_alloc(xb);
	if (err)
		goto err_minors;

	xbf_fill_limits(xb, &xb->disk, &lim);
	gd = blk_mq_alloc_disk(&xb->tag_set, &lim, xb);
	if (IS_ERR(gd)) {
		err = PTR_ERR(gd);
		goto err_tags;
	}
	xbf_gendisk_fill(xb, gd);
	ratelimit_state_init(&xb->log_limit, XBF_LOG_PERIOD, XBF_LOG_BURST);
	xb->gd = gd;
	WRITE_ONCE(xb->cache_known, !!(lim.features & BLK_FEAT_WRITE_CACHE));
	xbf_stats_add(xb);
	return 0;

err_tags:
	blk_mq_free_tag_set(&xb->tag_set);
err_minors:
	xbf_minors_put(xb);
	return err;
}

static ssize_t xbf_serial_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct xbf_dev *xb = dev_to_disk(dev)->private_data;

	return sysfs_emit(text, "%s\n", xb->serial);
}
static struct device_attribute xbf_attr_serial = __ATTR(serial, 0444, xbf_serial_show, NULL);

static umode_t xbf_attr_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	struct xbf_dev *xb = dev_to_disk(kobj_to_dev(kobj))->private_data;

	return xb->serial[0] ? attr->mode : 0;
}

static struct attribute *xbf_attrs[] = {
	&xbf_attr_serial.attr,
	NULL,
};

static const struct attribute_group xbf_attr_group = {
	.attrs		= xbf_attrs,
	.is_visible	= xbf_attr_visible,
};

static const struct attribute_group *xbf_attr_groups[] = {
	&xbf_attr_group,
	NULL,
};

static void xbf_disk_add(struct xbf_dev *xb)
{
	int err;

	xbf_get(xb);
	err = device_add_disk(&xb->xd.xbdev->dev, xb->gd, xbf_attr_groups);
	if (err) {
		dev_err(&xb->xd.xbdev->dev, "cannot add %s: %pe\n", xb->vdev.name, ERR_PTR(err));
		WRITE_ONCE(xb->dead, true);
		xbf_put(xb);
		return;
	}
	WRITE_ONCE(xb->added, true);
}

/* While rings hold requests, none is in flight, and a freeze would wait for those held. */
static int xbf_commit_limits(struct xbf_dev *xb, struct queue_limits *lim)
{
	if (READ_ONCE(xb->waiting_for_cache))
		return queue_limits_commit_update(xb->gd->queue, lim);
	return queue_limits_commit_update_frozen(xb->gd->queue, lim);
}

/*
 * set_capacity_and_notify() logs each new size. Beyond @log_limit the size is set, and the uevent
 * sent, without it.
 */
static void xbf_set_size(struct xbf_dev *xb, u64 sectors)
{
	char *envp[2] = { "RESIZE=1" };
	u64 before = get_capacity(xb->gd);

	if (sectors == before)
		return;
	if (!xb->added || __ratelimit(&xb->log_limit)) {
		set_capacity_and_notify(xb->gd, sectors);
		return;
	}
	set_capacity(xb->gd, sectors);
	if (sectors && before)
		kobject_uevent_env(&disk_to_dev(xb->gd)->kobj, KOBJ_CHANGE, envp);
}

static void xbf_disk_apply(struct xbf_dev *xb, const struct xbf_disk *d)
{
	struct queue_limits lim = queue_limits_start_update(xb->gd->queue);
	int err;

	xbf_fill_limits(xb, d, &lim);
	/* A disk keeps the block size it began with. */
	lim.logical_block_size = xb->block_mask + 1;
	lim.physical_block_size = max(lim.physical_block_size, lim.logical_block_size);
	lim.dma_alignment = xb->block_mask;
	/* False from before a commit that takes the cache away until after one that gives it. */
	if (!(lim.features & BLK_FEAT_WRITE_CACHE))
		WRITE_ONCE(xb->cache_known, false);
	err = xbf_commit_limits(xb, &lim);
	if (err && __ratelimit(&xb->log_limit))
		dev_warn(&xb->xd.xbdev->dev, "%s: new limits refused: %pe\n", xb->vdev.name,
			 ERR_PTR(err));
	else if (!err && (lim.features & BLK_FEAT_WRITE_CACHE))
		WRITE_ONCE(xb->cache_known, true);
	wake_up(&xb->applied);
	set_disk_ro(xb->gd, d->readonly);
	/* The backend's blocks may be smaller now: round down to blocks of this disk. */
	xbf_set_size(xb, d->sectors & ~((u64)xb->block_mask >> XBF_SECTOR_SHIFT));
}

/* Adds the disk, tells the block layer what changed, or marks the disk dead. */
void xbf_disk_work(struct work_struct *work)
{
	struct xbf_dev *xb = container_of(work, struct xbf_dev, disk_work);
	struct xbf_disk d;

	spin_lock_irq(&xb->disk_lock);
	d = xb->disk;
	spin_unlock_irq(&xb->disk_lock);

	if (READ_ONCE(xb->dead)) {
		if (xb->added)
			blk_mark_disk_dead(xb->gd);
		return;
	}
	/* Before the disk is added, too: another backend may have come since it was made. */
	xbf_disk_apply(xb, &d);
	if (!xb->added)
		xbf_disk_add(xb);
}

/* Has the block layer told what is in @xb->disk. Context: any. */
void xbf_disk_update(struct xbf_dev *xb)
{
	unsigned long flags;

	spin_lock_irqsave(&xb->disk_lock, flags);
	if (!xb->removing)
		queue_work(xbf_wq, &xb->disk_work);
	spin_unlock_irqrestore(&xb->disk_lock, flags);
}

/**
 * xbf_disk_await_cache() - wait until the block layer knows that the new backend has a cache
 * @xb: a device with a gendisk, whose rings hold requests
 *
 * A disk that had no cache may reconnect with one. Until the block layer knows, it completes
 * flushes without sending them.
 *
 * Context: life cycle; waits a second at most.
 */
void xbf_disk_await_cache(struct xbf_dev *xb)
{
	if (!READ_ONCE(xb->flush_op) || READ_ONCE(xb->cache_known) || !READ_ONCE(xb->added))
		return;
	WRITE_ONCE(xb->waiting_for_cache, true);
	xbf_disk_update(xb);
	if (!wait_event_timeout(xb->applied, READ_ONCE(xb->cache_known),
				XBF_CACHE_WAIT) &&
	    xfl_may_log(&xb->xd))
		dev_warn(&xb->xd.xbdev->dev, "%s: has a cache now, but flushes come later\n",
			 xb->vdev.name);
	WRITE_ONCE(xb->waiting_for_cache, false);
}

/**
 * xbf_disk_mark_dead() - tell everybody who has the disk open that it is gone
 * @xb: a device whose requests all fail by now, or are parked
 *
 * File systems wait for their pages when they are told, also for parked ones. So @disk_work tells
 * them, or @del_work if it comes first.
 *
 * Context: process.
 */
void xbf_disk_mark_dead(struct xbf_dev *xb)
{
	if (!xb->gd)
		return;
	WRITE_ONCE(xb->dead, true);
	xbf_disk_update(xb);
}

/**
 * xbf_disk_put() - drop one of the two uses of the gendisk
 * @xb: the device
 *
 * The users are the life cycle, until its last disconnect, and @del_work. The later one frees the
 * gendisk.
 */
void xbf_disk_put(struct xbf_dev *xb)
{
	if (!atomic_dec_and_test(&xb->disk_users) || !xb->gd)
		return;
	xbf_stats_del(xb);
	/* In this order: to free a disk that was never added takes its tags. */
	put_disk(xb->gd);
	blk_mq_free_tag_set(&xb->tag_set);
	xbf_minors_put(xb);
}

/*
 * Deletes the disk. Waits for every request, also for those whose data the backend still maps: so
 * this is a work item, and nobody has to wait for it. Drops the references on the device and on
 * this module that xbf_start_delete() took.
 */
void xbf_disk_del_work(struct work_struct *work)
{
	struct xbf_dev *xb = container_of(work, struct xbf_dev, del_work);

	spin_lock_irq(&xb->disk_lock);
	xb->removing = true;
	spin_unlock_irq(&xb->disk_lock);
	cancel_work_sync(&xb->disk_work);

	if (xb->added && READ_ONCE(xb->dead))
		blk_mark_disk_dead(xb->gd);
	if (xb->added)
		del_gendisk(xb->gd);
	xbf_disk_put(xb);
	complete_all(&xb->deleted);
	xbf_put(xb);
	module_put(THIS_MODULE);
}
