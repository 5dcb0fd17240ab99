// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <net/netdev_queues.h>

void probe(struct net_device *dev, const struct netdev_stat_ops *ops);
void probe(struct net_device *dev, const struct netdev_stat_ops *ops)
{
	struct netdev_queue_stats_tx tx = { .stop = 0, .hw_drops = 0 };

	(void)tx;
	dev->stat_ops = ops;
}
