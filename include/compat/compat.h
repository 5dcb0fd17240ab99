/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Included ahead of every source file by Kbuild. The drivers are written for the newest kernel;
 * what an older one lacks is supplied here, and whole headers in headers/ beside this file, which
 * are looked for after the kernel's own.
 *
 * A kernel is asked, not guessed: stable kernels and distributions carry newer interfaces under
 * older version numbers. To ask one thing more,
 *	1. put a file that compiles only where it exists into include/compat/probes/HAVE_THING.c;
 *	2. write the shim below, or beside this file if few need it, under #ifndef HAVE_THING, and
 *	   say what changed in which release.
 * make check-host fails a probe that answers the same on every supported kernel.
 */
#ifndef XENFRONT_COMPAT_H
#define XENFRONT_COMPAT_H

/* The probes are compiled with the same flags, and must see the kernel as it is. */
#ifndef XENFRONT_PROBE

#include <have.h>

/* 6.13, "module: Convert symbol namespace to string literal". */
#ifndef HAVE_NS_TOKEN
#define XEN_FRONTLIB "XEN_FRONTLIB"
#endif

/* After 6.12 xenbus_read_driver_state() takes the device too, and xenbus compares states. */
#ifndef HAVE_XENBUS_STATE_OF_DEV
#include <xen/xenbus.h>
#define xenbus_read_driver_state(dev, path) ((void)(dev), xenbus_read_driver_state(path))
#endif
#define XENBUS_COMPARES_STATES	__is_defined(HAVE_XENBUS_STATE_OF_DEV)

/* 6.16, "treewide, timers: Rename from_timer() to timer_container_of()". */
#ifndef HAVE_TIMER_CONTAINER_OF
#include <linux/timer.h>
#define timer_container_of(var, timer, field)	container_of(timer, typeof(*var), field)
#endif

/* 6.3, "xen/events: avoid masking/unmasking static event channels": it is told what is static. */
#ifdef HAVE_EVTCHN_STATIC
#define xfl_evtchn_make_refcounted(port)	evtchn_make_refcounted(port, false)
#else
#define xfl_evtchn_make_refcounted(port)	evtchn_make_refcounted(port)
#endif

#ifdef XENFRONT_BLOCK
#include <linux/blk-mq.h>
#include <linux/sched/mm.h>

/* 6.14, "block: remove BLK_MQ_F_SHOULD_MERGE": merging is the rule since. */
#ifndef HAVE_MQ_F_SHOULD_MERGE
#define BLK_MQ_F_SHOULD_MERGE	0
#endif

/* 6.5, "block: replace fmode_t with a block-specific type for block open flags". */
#ifndef HAVE_BLK_MODE_T
typedef fmode_t blk_mode_t;
#endif

/* 6.18: getgeo() is given the disk. A driver says DEFINE_GETGEO(f); and .getgeo = GETGEO(f). */
#ifdef HAVE_GETGEO_DISK
#define DEFINE_GETGEO(f)	static_assert(1)
#define GETGEO(f)		f
#else
#define DEFINE_GETGEO(f) \
	static int f##_bdev(struct block_device *bdev, struct hd_geometry *geo) \
	{ \
		return f(bdev->bd_disk, geo); \
	} \
	static_assert(1)
#define GETGEO(f)		f##_bdev
#endif

/* 6.11: discard is switched off at run time by a function of its own. */
#ifndef HAVE_DISABLE_DISCARD
static inline void blk_queue_disable_discard(struct request_queue *q)
{
	blk_queue_max_discard_sectors(q, 0);
}

static inline void blk_queue_disable_secure_erase(struct request_queue *q)
{
	blk_queue_max_secure_erase_sectors(q, 0);
}
#endif

/*
 * 6.9, "block: pass a queue_limits argument to blk_mq_alloc_disk", and 6.11, where the cache and
 * rotation flags became features in it. Before, each limit had a setter. A field that is 0 keeps
 * the block layer's default, as there.
 */
#ifndef HAVE_QUEUE_LIMITS
#define BLK_FEAT_WRITE_CACHE	BIT(0)
#define BLK_FEAT_FUA		BIT(1)
#define BLK_FEAT_ROTATIONAL	BIT(2)

struct xfl_queue_limits {
	unsigned long virt_boundary_mask;
	unsigned int features;
	unsigned int logical_block_size, physical_block_size;
	unsigned int max_hw_sectors, max_segments, dma_alignment;
	unsigned int max_hw_discard_sectors, max_secure_erase_sectors;
	unsigned int discard_granularity, discard_alignment;
};

static inline void xfl_compat_apply_limits(struct request_queue *q,
					   const struct xfl_queue_limits *lim)
{
	blk_queue_logical_block_size(q, lim->logical_block_size ?: SECTOR_SIZE);
	if (lim->physical_block_size)
		blk_queue_physical_block_size(q, lim->physical_block_size);
	/* It would reset what the administrator may have set meanwhile. */
	if (lim->max_hw_sectors && lim->max_hw_sectors != queue_max_hw_sectors(q))
		blk_queue_max_hw_sectors(q, lim->max_hw_sectors);
	if (lim->max_segments)
		blk_queue_max_segments(q, lim->max_segments);
	if (lim->virt_boundary_mask)
		blk_queue_virt_boundary(q, lim->virt_boundary_mask);
	if (lim->dma_alignment)
		blk_queue_dma_alignment(q, lim->dma_alignment);
	blk_queue_max_discard_sectors(q, lim->max_hw_discard_sectors);
	blk_queue_max_secure_erase_sectors(q, lim->max_secure_erase_sectors);
	q->limits.discard_granularity = lim->discard_granularity;
	q->limits.discard_alignment = lim->discard_alignment;
	blk_queue_write_cache(q, lim->features & BLK_FEAT_WRITE_CACHE,
			      lim->features & BLK_FEAT_FUA);
}

static inline struct gendisk *xfl_compat_alloc_disk(struct blk_mq_tag_set *set,
						    const struct xfl_queue_limits *lim, void *data)
{
	struct gendisk *disk = blk_mq_alloc_disk(set, data);

	if (IS_ERR(disk))
		return disk;
	xfl_compat_apply_limits(disk->queue, lim);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	return disk;
}

/* The drivers fill in every limit anew, so nothing need be read back. */
#define queue_limits_start_update(q)		((struct xfl_queue_limits){})

static inline int queue_limits_commit_update_frozen(struct request_queue *q,
						    const struct xfl_queue_limits *lim)
{
	unsigned int memflags = memalloc_noio_save();

	blk_mq_freeze_queue(q);
	xfl_compat_apply_limits(q, lim);
	blk_mq_unfreeze_queue(q);
	memalloc_noio_restore(memflags);
	return 0;
}

#define queue_limits_commit_update(q, lim)	(xfl_compat_apply_limits(q, lim), 0)
#undef blk_mq_alloc_disk
#define blk_mq_alloc_disk(set, lim, data)	xfl_compat_alloc_disk(set, lim, data)
#define queue_limits				xfl_queue_limits
#endif

#endif /* XENFRONT_BLOCK */

#ifdef XENFRONT_NET
#include <linux/hex.h>
#include <linux/skbuff.h>
#include <net/page_pool/helpers.h>

/* 6.4, "net: page_pool: add napi": what its poll frees goes back without a lock. */
#ifdef HAVE_PAGE_POOL_NAPI
#define xfl_page_pool_napi(params, instance) \
	((params)->napi = (instance), (params)->netdev = (instance)->dev)
#else
#define xfl_page_pool_napi(params, instance)	((void)(instance))
#endif

/* 6.3, "netdev-genl: create a simple family for netdev stuff": XDP features are declared. */
#ifndef HAVE_XDP_FEATURES
#define xfl_xdp_features(dev, flags)	((void)(dev))
#else
#define xfl_xdp_features(dev, flags)	xdp_set_features_flag(dev, flags)
#endif

/* 6.5, "net: introduce and use skb_frag_fill_page_desc()". */
#ifndef HAVE_FRAG_FILL_PAGE_DESC
static inline void skb_frag_fill_page_desc(skb_frag_t *frag, struct page *page,
					   unsigned int off, unsigned int size)
{
	__skb_frag_set_page(frag, page);
	skb_frag_off_set(frag, off);
	skb_frag_size_set(frag, size);
}
#endif
#endif /* XENFRONT_NET */
#endif /* XENFRONT_PROBE */
#endif /* XENFRONT_COMPAT_H */
