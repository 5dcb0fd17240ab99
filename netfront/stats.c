// SPDX-License-Identifier: GPL-2.0
/*
 * Adding up the counters of the queues.
 */
#include "netfront.h"

static void add_tx(const struct xnf_stats *s, struct rtnl_link_stats64 *total)
{
	u64 packets, bytes, dropped, errors;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&s->tx_sync);
		packets = u64_stats_read(&s->tx_packets);
		bytes = u64_stats_read(&s->tx_bytes);
		dropped = u64_stats_read(&s->tx_dropped);
		errors = u64_stats_read(&s->tx_errors);
	} while (u64_stats_fetch_retry(&s->tx_sync, start));
	total->tx_packets += packets;
	total->tx_bytes += bytes;
	total->tx_dropped += dropped;
	total->tx_errors += errors;
}

static void add_rx(const struct xnf_stats *s, struct rtnl_link_stats64 *total)
{
	u64 packets, bytes, dropped, errors;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&s->rx_sync);
		packets = u64_stats_read(&s->rx_packets);
		bytes = u64_stats_read(&s->rx_bytes);
		dropped = u64_stats_read(&s->rx_dropped);
		errors = u64_stats_read(&s->rx_errors);
	} while (u64_stats_fetch_retry(&s->rx_sync, start));
	total->rx_packets += packets;
	total->rx_bytes += bytes;
	total->rx_dropped += dropped;
	total->rx_errors += errors;
}

/**
 * xnf_stats64() - ndo_get_stats64
 * @dev: the interface
 * @total: filled in; queues not in use now count as well, they may have been
 */
void xnf_stats64(struct net_device *dev, struct rtnl_link_stats64 *total)
{
	struct xnf_dev *xn = netdev_priv(dev);
	const struct xnf_queue *queue;
	u32 i;

	rcu_read_lock();
	queue = READ_ONCE(xn->queue);
	for (i = 0; i < xn->max_queues; i++) {
		add_tx(&queue[i].stats, total);
		add_rx(&queue[i].stats, total);
	}
	rcu_read_unlock();
}
