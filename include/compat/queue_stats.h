/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Counters of each queue for the core, 6.9, "netdev: add per-queue statistics"; as far as the
 * network driver fills them in, of which tx.stop came last, in 6.11. See compat.h.
 */
#ifndef XENFRONT_COMPAT_QUEUE_STATS_H
#define XENFRONT_COMPAT_QUEUE_STATS_H

#ifdef HAVE_NETDEV_STAT_OPS
#include <net/netdev_queues.h>
#define xfl_stat_ops(dev, ops)	((dev)->stat_ops = (ops))
#else
#include <linux/types.h>

struct net_device;

struct netdev_queue_stats_rx {
	u64 packets, bytes, alloc_fail;
};

struct netdev_queue_stats_tx {
	u64 packets, bytes, hw_drops, stop;
};

struct netdev_stat_ops {
	void (*get_queue_stats_rx)(struct net_device *dev, int index,
				   struct netdev_queue_stats_rx *rx);
	void (*get_queue_stats_tx)(struct net_device *dev, int index,
				   struct netdev_queue_stats_tx *tx);
	void (*get_base_stats)(struct net_device *dev, struct netdev_queue_stats_rx *rx,
			       struct netdev_queue_stats_tx *tx);
};

#define xfl_stat_ops(dev, ops)	((void)(dev), (void)(ops))
#endif

#endif /* XENFRONT_COMPAT_QUEUE_STATS_H */
