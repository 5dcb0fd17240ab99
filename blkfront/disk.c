// SPDX-License-Identifier: GPL-2.0
/*
 * The gendisk: made at the first connection, added and changed from a work item
 * of its own, deleted with the device.
 *
 * DOC: adding a disk reads its partition table through ourselves. The life cycle
 * must not wait for that: should the backend break meanwhile, it is the one to
 * end those reads. The same goes for new queue limits, which wait for the
 * queue to be empty.
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

/* A backend may do nothing else while it discards, so not too much at a time. */
#define BF_MAX_DISCARD_SECTORS	((128u << 20) >> BFW_SECTOR_SHIFT)

/* What a backend can have written to the log as often as it likes, for each disk. */
#define BF_LINES_PERIOD	(60 * HZ)
#define BF_LINES_BURST	5

/* Disks that have device numbers. */
static DEFINE_MUTEX(bf_disks_lock);
static LIST_HEAD(bf_disks);

static bool bf_minors_overlap(const struct bf_vdev *a, const struct bf_vdev *b)
{
	return a->minor < b->minor + b->nr_minors && b->minor < a->minor + a->nr_minors;
}

/* One that could not be added is dead, and stays. */
static bool bf_leaves(const struct blkfront *bf)
{
	return READ_ONCE(bf->leaving) || READ_ONCE(bf->xd.removing) ||
	       (READ_ONCE(bf->dead) && READ_ONCE(bf->added));
}

/*
 * Return: 0; -ENOSPC if a disk that will go has one of the numbers; -EBUSY if one that stays has.
 * The toolstack can have it so: xvda and xvda1 are both disks.
 */
static int bf_minors_judge(const struct blkfront *bf)
{
	const struct blkfront *other;

	lockdep_assert_held(&bf_disks_lock);
	list_for_each_entry(other, &bf_disks, named)
		if (bf_minors_overlap(&other->vdev, &bf->vdev))
			return bf_leaves(other) ? -ENOSPC : -EBUSY;
	return 0;
}

static int bf_minors_get(struct blkfront *bf)
{
	int err;

	mutex_lock(&bf_disks_lock);
	err = bf_minors_judge(bf);
	if (!err)
		list_add(&bf->named, &bf_disks);
	mutex_unlock(&bf_disks_lock);
	return err;
}

static void bf_minors_put(struct blkfront *bf)
{
	mutex_lock(&bf_disks_lock);
	list_del(&bf->named);
	mutex_unlock(&bf_disks_lock);
}

static int bf_getgeo(struct gendisk *gd, struct hd_geometry *geo)
{
	u64 sectors = get_capacity(gd);

	geo->heads = 255;
	geo->sectors = 63;
	geo->cylinders = min_t(u64, div_u64(sectors, 255 * 63), U16_MAX);
	return 0;
}
DEFINE_GETGEO(bf_getgeo);

static int bf_ioctl(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		    unsigned long arg)
{
	struct blkfront *bf = bdev->bd_disk->private_data;

	switch (cmd) {
	case CDROMMULTISESSION:
		if (clear_user((void __user *)arg, sizeof(struct cdrom_multisession)))
			return -EFAULT;
		return 0;
	case CDROM_GET_CAPABILITY:
		return bf->disk.cdrom ? 0 : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static void bf_free_disk(struct gendisk *gd)
{
	bf_put(gd->private_data);
}

static const struct block_device_operations bf_fops = {
	.owner		= THIS_MODULE,
	.getgeo		= GETGEO(bf_getgeo),
	.ioctl		= bf_ioctl,
	.compat_ioctl	= blkdev_compat_ptr_ioctl,
	.free_disk	= bf_free_disk,
};

static int bf_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int index)
{
	struct blkfront *bf = data;

	hctx->driver_data = bf_ring_for(bf, index);
	return 0;
}

static void bf_map_queues(struct blk_mq_tag_set *set)
{
	const struct blkfront *bf = set->driver_data;

	set->map[HCTX_TYPE_DEFAULT].nr_queues = bf->contexts.event;
	blk_mq_map_queues(&set->map[HCTX_TYPE_DEFAULT]);
	if (set->nr_maps == 1)
		return;
	/* Reads have no queues of their own. */
	set->map[HCTX_TYPE_READ].nr_queues = 0;
	set->map[HCTX_TYPE_POLL].nr_queues = bf->contexts.poll;
	set->map[HCTX_TYPE_POLL].queue_offset = bf->contexts.event;
	blk_mq_map_queues(&set->map[HCTX_TYPE_POLL]);
}

static const struct blk_mq_ops bf_mq_ops = {
	.queue_rq	= bf_queue_rq,
	.commit_rqs	= bf_commit_rqs,
	.complete	= bf_complete_rq,
	.timeout	= bf_timeout,
	.poll		= bf_poll,
	.map_queues	= bf_map_queues,
	.init_hctx	= bf_init_hctx,
};

static void bf_fill_limits(const struct blkfront *bf, const struct bfw_disk *d,
			   struct queue_limits *lim)
{
	lim->features &= ~BLK_FEAT_WRITE_CACHE;
	if (READ_ONCE(bf->flush_op))
		lim->features |= BLK_FEAT_WRITE_CACHE;
	lim->logical_block_size = d->logical;
	lim->physical_block_size = d->physical;
	lim->dma_alignment = d->logical - 1;
	lim->max_hw_sectors = BFW_MAX_SECTORS;
	lim->max_segments = BFW_MAX_SEGS;
	/* What it promises, and what it does not, is said in wire.h. */
	lim->virt_boundary_mask = XFL_FRAME_MASK;

	lim->max_hw_discard_sectors = d->discard_granularity ? BF_MAX_DISCARD_SECTORS : 0;
	lim->discard_granularity = d->discard_granularity;
	lim->discard_alignment = d->discard_alignment;
	lim->max_secure_erase_sectors = d->secure_discard ? BF_MAX_DISCARD_SECTORS : 0;
}

/*
 * Tags beyond those that fill the ring: whoever keeps it full of large requests leaves some for
 * others, who need not wait until several of these are done. With a ring of one frame that makes
 * 64, as many as the in-tree driver's scheduler takes.
 */
#define BF_SPARE_TAGS	32u

/*
 * Where one page needs two ring requests, half as many tags keep the ring busy;
 * credits would carry more, but what waits for them cannot be merged any more.
 */
static unsigned int bf_depth(const struct blkfront *bf)
{
	unsigned int tags = bf->ring[0].table.slots.nr + BF_SPARE_TAGS;
	unsigned int part = bf->ring[0].cap * XFL_FRAME_SIZE;

	return PAGE_SIZE > part ? tags / 2 : tags;
}

static int bf_tags_alloc(struct blkfront *bf)
{
	bf->tag_set = (struct blk_mq_tag_set){
		.ops = &bf_mq_ops,
		.nr_hw_queues = bf->nr_rings,
		.nr_maps = bf->contexts.poll ? HCTX_MAX_TYPES : 1,
		.queue_depth = bf_depth(bf),
		.numa_node = NUMA_NO_NODE,
		.cmd_size = sizeof(struct bf_req),
		/* The backend's kernel schedules, and large requests let small ones pass here. */
		.flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT,
		.driver_data = bf,
	};
	return blk_mq_alloc_tag_set(&bf->tag_set);
}

static void bf_gendisk_fill(struct blkfront *bf, struct gendisk *gd)
{
	gd->major = XENVBD_MAJOR;
	gd->first_minor = bf->vdev.minor;
	gd->minors = bf->vdev.nr_minors;
	gd->fops = &bf_fops;
	gd->private_data = bf;
	strscpy(gd->disk_name, bf->vdev.name, sizeof(gd->disk_name));
	if (bf->disk.removable || bf->disk.cdrom)
		gd->flags |= GENHD_FL_REMOVABLE;
	if (READ_ONCE(bf_no_part_scan))
		set_bit(GD_SUPPRESS_PART_SCAN, &gd->state);
}

/**
 * bf_name_is_free() - whether a disk can be made with our device number
 * @bf: the device
 *
 * A disk that was exchanged, or taken away with requests that its backend still keeps, has its name
 * until they have ended. Known before the backend is bothered with a connection.
 *
 * Context: life cycle.
 * Return: 0; -ENOSPC, after one line; -EBUSY if that disk stays.
 */
int bf_name_is_free(struct blkfront *bf)
{
	int err;

	if (bf->gd)
		return 0;
	mutex_lock(&bf_disks_lock);
	err = bf_minors_judge(bf);
	mutex_unlock(&bf_disks_lock);
	if (err == -ENOSPC && !bf->told_name)
		dev_warn(&bf->xd.xbdev->dev, "%s: another disk still has this name\n",
			 bf->vdev.name);
	bf->told_name = err;
	return err;
}

/**
 * bf_disk_create() - allocate the gendisk and its tags
 * @bf: a device whose rings are open and whose @disk is filled in
 *
 * Context: life cycle.
 * Return: 0 or a negative errno.
 */
int bf_disk_create(struct blkfront *bf)
{
	struct queue_limits lim = {};
	struct gendisk *gd;
	int err;

	err = bf_minors_get(bf);
	if (err)
		return err;
	err = bf_tags_alloc(bf);
	if (err)
		goto fail_tags;

	bf_fill_limits(bf, &bf->disk, &lim);
	gd = blk_mq_alloc_disk(&bf->tag_set, &lim, bf);
	if (IS_ERR(gd)) {
		err = PTR_ERR(gd);
		goto fail_disk;
	}
	bf_gendisk_fill(bf, gd);
	ratelimit_state_init(&bf->lines, BF_LINES_PERIOD, BF_LINES_BURST);
	bf->gd = gd;
	bf->cache_told = lim.features & BLK_FEAT_WRITE_CACHE;
	bf_stats_add(bf);
	return 0;

fail_disk:
	blk_mq_free_tag_set(&bf->tag_set);
fail_tags:
	bf_minors_put(bf);
	return err;
}

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct blkfront *bf = dev_to_disk(dev)->private_data;

	return sysfs_emit(text, "%s\n", bf->serial);
}
static DEVICE_ATTR_RO(serial);

static umode_t bf_attr_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	struct blkfront *bf = dev_to_disk(kobj_to_dev(kobj))->private_data;

	return bf->serial[0] ? attr->mode : 0;
}

static struct attribute *bf_attrs[] = {
	&dev_attr_serial.attr,
	NULL,
};

static const struct attribute_group bf_attr_group = {
	.attrs		= bf_attrs,
	.is_visible	= bf_attr_visible,
};

static const struct attribute_group *bf_attr_groups[] = {
	&bf_attr_group,
	NULL,
};

static void bf_disk_add(struct blkfront *bf)
{
	int err;

	bf_get(bf);
	err = device_add_disk(&bf->xd.xbdev->dev, bf->gd, bf_attr_groups);
	if (err) {
		dev_err(&bf->xd.xbdev->dev, "cannot add %s: %pe\n", bf->vdev.name, ERR_PTR(err));
		WRITE_ONCE(bf->dead, true);
		bf_put(bf);
		return;
	}
	WRITE_ONCE(bf->added, true);
}

/* While rings hold requests back nothing is under way, and a freeze would wait for these. */
static int bf_commit_limits(struct blkfront *bf, struct queue_limits *lim)
{
	if (READ_ONCE(bf->holds_for_cache))
		return queue_limits_commit_update(bf->gd->queue, lim);
	return queue_limits_commit_update_frozen(bf->gd->queue, lim);
}

/*
 * The block layer writes a line of its own for each size that it is told with a notice. Beyond so
 * many it is told without, and who listens for events in the same way.
 */
static void bf_set_size(struct blkfront *bf, u64 sectors)
{
	char *envp[2] = { "RESIZE=1" };
	u64 before = get_capacity(bf->gd);

	if (sectors == before)
		return;
	if (!bf->added || __ratelimit(&bf->lines)) {
		set_capacity_and_notify(bf->gd, sectors);
		return;
	}
	set_capacity(bf->gd, sectors);
	if (sectors && before)
		kobject_uevent_env(&disk_to_dev(bf->gd)->kobj, KOBJ_CHANGE, envp);
}

static void bf_disk_apply(struct blkfront *bf, const struct bfw_disk *d)
{
	struct queue_limits lim = queue_limits_start_update(bf->gd->queue);
	int err;

	bf_fill_limits(bf, d, &lim);
	/* A disk keeps the block size it began with. */
	lim.logical_block_size = bf->block_mask + 1;
	lim.physical_block_size = max(lim.physical_block_size, lim.logical_block_size);
	lim.dma_alignment = bf->block_mask;
	/* From before a commit that takes it away until after one that gives it. */
	if (!(lim.features & BLK_FEAT_WRITE_CACHE))
		WRITE_ONCE(bf->cache_told, false);
	err = bf_commit_limits(bf, &lim);
	if (err && __ratelimit(&bf->lines))
		dev_warn(&bf->xd.xbdev->dev, "%s: new limits refused: %pe\n", bf->vdev.name,
			 ERR_PTR(err));
	else if (!err && (lim.features & BLK_FEAT_WRITE_CACHE))
		WRITE_ONCE(bf->cache_told, true);
	wake_up(&bf->drained);
	set_disk_ro(bf->gd, d->readonly);
	/* Of a backend whose blocks are smaller now, whole blocks of ours are used. */
	bf_set_size(bf, d->sectors & ~((u64)bf->block_mask >> BFW_SECTOR_SHIFT));
}

/**
 * bf_disk_work() - add the disk, or tell the block layer what changed, or that it is gone
 * @work: disk_work of the device
 */
void bf_disk_work(struct work_struct *work)
{
	struct blkfront *bf = container_of(work, struct blkfront, disk_work);
	struct bfw_disk d;

	spin_lock_irq(&bf->disk_lock);
	d = bf->disk;
	spin_unlock_irq(&bf->disk_lock);

	if (READ_ONCE(bf->dead)) {
		if (bf->added)
			blk_mark_disk_dead(bf->gd);
		return;
	}
	/* A disk may have met another backend since it was made. */
	bf_disk_apply(bf, &d);
	if (!bf->added)
		bf_disk_add(bf);
}

/**
 * bf_disk_update() - have the block layer told what is in @bf->disk
 * @bf: a device with a gendisk
 *
 * Context: any.
 */
void bf_disk_update(struct blkfront *bf)
{
	unsigned long flags;

	spin_lock_irqsave(&bf->disk_lock, flags);
	if (!bf->removing)
		queue_work(bf_wq, &bf->disk_work);
	spin_unlock_irqrestore(&bf->disk_lock, flags);
}

/**
 * bf_disk_tell_cache() - see that flushes come to us before a backend with a cache is used
 * @bf: a device with a gendisk whose rings hold requests back
 *
 * A disk that had no cache may come back with one. Until the block layer knows, it
 * ends flushes by itself.
 *
 * Context: life cycle; waits a second at most.
 */
void bf_disk_tell_cache(struct blkfront *bf)
{
	if (!READ_ONCE(bf->flush_op) || READ_ONCE(bf->cache_told) || !READ_ONCE(bf->added))
		return;
	WRITE_ONCE(bf->holds_for_cache, true);
	bf_disk_update(bf);
	if (!wait_event_timeout(bf->drained, READ_ONCE(bf->cache_told), HZ) &&
	    xfl_may_log(&bf->xd))
		dev_warn(&bf->xd.xbdev->dev, "%s: has a cache now, but flushes come later\n",
			 bf->vdev.name);
	WRITE_ONCE(bf->holds_for_cache, false);
}

/**
 * bf_disk_mark_dead() - have everybody who has it open told that the disk is gone
 * @bf: a device whose requests all fail by now, or are parked
 *
 * Filesystems wait for their pages then, parked ones included, so it is done by
 * @disk_work or, if that comes first, by @del_work.
 *
 * Context: process.
 */
void bf_disk_mark_dead(struct blkfront *bf)
{
	if (!bf->gd)
		return;
	WRITE_ONCE(bf->dead, true);
	bf_disk_update(bf);
}

/**
 * bf_disk_put() - one of the two users of the gendisk is done with it
 * @bf: the device
 *
 * They are the life cycle, until its last disconnect, and @del_work. The later one
 * frees it.
 */
void bf_disk_put(struct blkfront *bf)
{
	if (!atomic_dec_and_test(&bf->disk_users) || !bf->gd)
		return;
	bf_stats_del(bf);
	/* In this order: a disk that was never added needs its tags to go. */
	put_disk(bf->gd);
	blk_mq_free_tag_set(&bf->tag_set);
	bf_minors_put(bf);
}

/**
 * bf_disk_del_work() - delete the disk
 * @work: del_work of the device
 *
 * Waits for every request, also for those whose grants the backend keeps; that is
 * why it is not done where somebody waits. Drops the reference on the device
 * and the one on this module that it was queued with.
 */
void bf_disk_del_work(struct work_struct *work)
{
	struct blkfront *bf = container_of(work, struct blkfront, del_work);

	spin_lock_irq(&bf->disk_lock);
	bf->removing = true;
	spin_unlock_irq(&bf->disk_lock);
	cancel_work_sync(&bf->disk_work);

	if (bf->added && READ_ONCE(bf->dead))
		blk_mark_disk_dead(bf->gd);
	if (bf->added)
		del_gendisk(bf->gd);
	bf_disk_put(bf);
	complete_all(&bf->deleted);
	bf_put(bf);
	module_put(THIS_MODULE);
}
