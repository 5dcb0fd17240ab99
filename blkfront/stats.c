// SPDX-License-Identifier: GPL-2.0
/*
 * What the rings count, in debugfs: /sys/kernel/debug/xen-blkfront/DISK/ring-N. The files are
 * described in Documentation/blkfront.rst.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "blkfront.h"

static struct dentry *bf_stats_root;

/**
 * struct bf_counter - one line of a ring's file
 * @name: as it is shown
 * @offset: where in struct bf_ring_stats
 */
struct bf_counter {
	const char *name;
	size_t offset;
};

#define BF_COUNTER(_name) { #_name, offsetof(struct bf_ring_stats, _name) }

static const struct bf_counter bf_counters[] = {
	BF_COUNTER(requests),
	BF_COUNTER(parts),
	BF_COUNTER(waits),
	BF_COUNTER(doorbells),
	BF_COUNTER(events),
	BF_COUNTER(idle_events),
	BF_COUNTER(deferred),
	BF_COUNTER(grants_made),
	BF_COUNTER(grants_ended),
	BF_COUNTER(bytes_copied),
	BF_COUNTER(requeued),
	BF_COUNTER(parked),
};

/* What a ring has at a moment, beside what it counts. */
struct bf_level {
	u32 slots;
	u32 slots_free;
	u32 segments;
	u32 grefs;
	u32 kept;
	u32 kept_used;
	u32 kept_max;
};

static struct bf_ring_stats bf_stats_read(struct bf_ring *ring, struct bf_level *level)
{
	const struct bf_keep *k = &ring->keep;
	struct bf_ring_stats stats;
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	stats = ring->stats;
	*level = (struct bf_level){
		.slots = ring->front.sring ? ring->table.slots.nr : 0,
		.slots_free = ring->front.sring ? ring->table.slots.nr_free : 0,
		.segments = ring->cap,
		.grefs = ring->grefs.nr_owned,
		.kept = k->nr,
		.kept_used = k->nr - k->nr_free,
		.kept_max = k->max,
	};
	spin_unlock_irqrestore(&ring->lock, flags);
	return stats;
}

static int bf_ring_stats_show(struct seq_file *file, void *unused)
{
	struct bf_level level;
	struct bf_ring_stats stats = bf_stats_read(file->private, &level);
	const struct bf_counter *c;

	for (c = bf_counters; c < bf_counters + ARRAY_SIZE(bf_counters); c++)
		seq_printf(file, "%s %llu\n", c->name, *(u64 *)((void *)&stats + c->offset));
	seq_printf(file, "slots %u\nslots_free %u\nsegments %u\ngrant_references %u\n",
		   level.slots, level.slots_free, level.segments, level.grefs);
	seq_printf(file, "kept_frames %u\nkept_frames_used %u\nkept_frames_max %u\n",
		   level.kept, level.kept_used, level.kept_max);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(bf_ring_stats);

/**
 * bf_stats_add() - show a disk's counts
 * @bf: a device with rings whose name is its own, see bf_minors_get()
 */
void bf_stats_add(struct blkfront *bf)
{
	char name[sizeof("ring-4294967295")];
	unsigned int i;

	bf->stats = debugfs_create_dir(bf->vdev.name, bf_stats_root);
	for (i = 0; i < bf->nr_rings; i++) {
		snprintf(name, sizeof(name), "ring-%u", i);
		debugfs_create_file(name, 0444, bf->stats, &bf->ring[i], &bf_ring_stats_fops);
	}
}

/**
 * bf_stats_del() - show them no longer; nobody reads them any more on return
 * @bf: a device
 */
void bf_stats_del(struct blkfront *bf)
{
	debugfs_remove(bf->stats);
}

/**
 * bf_stats_init() - before the first disk
 */
void __init bf_stats_init(void)
{
	bf_stats_root = debugfs_create_dir("xen-blkfront", NULL);
}

/**
 * bf_stats_exit() - after the last disk
 */
void bf_stats_exit(void)
{
	debugfs_remove(bf_stats_root);
}
