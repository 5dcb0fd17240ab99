// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Counts of rings in debugfs: /sys/kernel/debug/xen-blkfront/DISK/ring-N, as described in
 * Documentation/ABI/testing/debugfs-xen-blkfront.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "blkfront.h"

static struct dentry *xbf_stats_root;

/* One line of a ring's file. */
struct xbf_counter {
	const char *name;
	size_t offset;	/* in struct xbf_ring_stats */
};

#define XBF_COUNTER(_name) { #_name, offsetof(struct xbf_ring_stats, _name) }

static const struct xbf_counter xbf_counters[] = {
	XBF_COUNTER(requests),
	XBF_COUNTER(parts),
	XBF_COUNTER(waits),
	XBF_COUNTER(doorbells),
	XBF_COUNTER(events),
	XBF_COUNTER(idle_events),
	XBF_COUNTER(deferred),
	XBF_COUNTER(grants_made),
	XBF_COUNTER(grants_ended),
	XBF_COUNTER(bytes_copied),
	XBF_COUNTER(requeued),
	XBF_COUNTER(parked),
};

/* What a ring has at this moment. */
struct xbf_level {
	u32 slots;
	u32 slots_free;
	u32 segments;
	u32 grefs;
	u32 pframes;
	u32 pframes_used;
	u32 pframes_max;
};

/*
 * The interrupt handler counts its events without the ring lock. A ring that is being opened or
 * closed gets or loses references and frames without it too: the figures of such a ring may not fit
 * together.
 */
static void xbf_stats_read(struct xbf_ring *ring, u64 *count, struct xbf_level *level)
{
	const struct xbf_pframe_pool *pool = &ring->pframes;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&ring->lock, flags);
	for (i = 0; i < ARRAY_SIZE(xbf_counters); i++)
		count[i] = READ_ONCE(*(u64 *)((void *)&ring->stats + xbf_counters[i].offset));
	level->slots = ring->front.sring ? ring->table.slots.nr : 0;
	level->slots_free = ring->front.sring ? ring->table.slots.nr_free : 0;
	level->segments = ring->cap;
	level->grefs = data_race(ring->grefs.nr_owned);	/* see above */
	level->pframes = data_race(pool->nr);		/* see above */
	level->pframes_used = level->pframes - data_race(pool->nr_free);	/* see above */
	level->pframes_max = data_race(pool->max);	/* see above */
	spin_unlock_irqrestore(&ring->lock, flags);
}

static int xbf_ring_stats_show(struct seq_file *file, void *unused)
{
	u64 count[ARRAY_SIZE(xbf_counters)];
	struct xbf_level level;
	unsigned int i;

	xbf_stats_read(file->private, count, &level);
	for (i = 0; i < ARRAY_SIZE(xbf_counters); i++)
		seq_printf(file, "%s %llu\n", xbf_counters[i].name, count[i]);
	seq_printf(file, "slots %u\nslots_free %u\nsegments %u\ngrant_references %u\n",
		   level.slots, level.slots_free, level.segments, level.grefs);
	seq_printf(file, "kept_frames %u\nkept_frames_used %u\nkept_frames_max %u\n",
		   level.pframes, level.pframes_used, level.pframes_max);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(xbf_ring_stats);

/* Shows the counts of a device with rings. Its name is unique, see xbf_minors_get(). */
void xbf_stats_add(struct xbf_dev *xb)
{
	char name[sizeof("ring-4294967295")];
	unsigned int i;

	xb->stats = debugfs_create_dir(xb->vdev.name, xbf_stats_root);
	for (i = 0; i < xb->nr_rings; i++) {
		snprintf(name, sizeof(name), "ring-%u", i);
		debugfs_create_file(name, 0444, xb->stats, &xb->ring[i], &xbf_ring_stats_fops);
	}
}

/* On return nobody reads the counts any more. */
void xbf_stats_del(struct xbf_dev *xb)
{
	debugfs_remove(xb->stats);
}

void __init xbf_stats_init(void)
{
	xbf_stats_root = debugfs_create_dir("xen-blkfront", NULL);
}

void xbf_stats_exit(void)
{
	debugfs_remove(xbf_stats_root);
}
