// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Counters of queues: added up for the interface, and queue by queue for the core and ethtool -S.
 * stats.h has the counters themselves.
 */
#include <linux/ethtool.h>

#include <compat/queue_stats.h>

#include "netfront.h"

/**
 * struct xnf_flow - what one direction of one or several queues counted
 * @packets: packets sent or delivered
 * @bytes: bytes of these packets
 * @dropped: packets dropped here
 * @errors: packets that the backend did not send, or that were received in error
 * @starved: times that room or memory was short
 */
struct xnf_flow {
	u64 packets;
	u64 bytes;
	u64 dropped;
	u64 errors;
	u64 starved;
};

static void xnf_stats_add_tx(const struct xnf_stats *s, struct xnf_flow *sum)
{
	unsigned int start;
	struct xnf_flow f;

	do {
		start = u64_stats_fetch_begin(&s->tx_sync);
		f.packets = u64_stats_read(&s->tx_packets);
		f.bytes = u64_stats_read(&s->tx_bytes);
		f.dropped = u64_stats_read(&s->tx_dropped);
		f.errors = u64_stats_read(&s->tx_errors);
		f.starved = u64_stats_read(&s->tx_stopped);
	} while (u64_stats_fetch_retry(&s->tx_sync, start));
	sum->packets += f.packets;
	sum->bytes += f.bytes;
	sum->dropped += f.dropped;
	sum->errors += f.errors;
	sum->starved += f.starved;
}

static void xnf_stats_add_rx(const struct xnf_stats *s, struct xnf_flow *sum)
{
	unsigned int start;
	struct xnf_flow f;

	do {
		start = u64_stats_fetch_begin(&s->rx_sync);
		f.packets = u64_stats_read(&s->rx_packets);
		f.bytes = u64_stats_read(&s->rx_bytes);
		f.dropped = u64_stats_read(&s->rx_dropped);
		f.errors = u64_stats_read(&s->rx_errors);
		f.starved = u64_stats_read(&s->rx_no_frame);
	} while (u64_stats_fetch_retry(&s->rx_sync, start));
	sum->packets += f.packets;
	sum->bytes += f.bytes;
	sum->dropped += f.dropped;
	sum->errors += f.errors;
	sum->starved += f.starved;
}

/* Of the queues from @from to before @to; the array of queues may be replaced meanwhile. */
static struct xnf_flow xnf_stats_sum(struct net_device *dev, u32 from, u32 to,
				     void (*add)(const struct xnf_stats *s, struct xnf_flow *sum))
{
	const struct xnf_dev *xn = netdev_priv(dev);
	const struct xnf_queue *queue;
	struct xnf_flow sum = {};

	rcu_read_lock();
	queue = READ_ONCE(xn->queue);
	for (; from < to; from++)
		add(&queue[from].stats, &sum);
	rcu_read_unlock();
	return sum;
}

/* ndo_get_stats64; queues that are not in use now may have been, so they count. */
void xnf_stats64(struct net_device *dev, struct rtnl_link_stats64 *total)
{
	const struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_flow tx = xnf_stats_sum(dev, 0, xn->max_queues, xnf_stats_add_tx);
	struct xnf_flow rx = xnf_stats_sum(dev, 0, xn->max_queues, xnf_stats_add_rx);

	total->tx_packets = tx.packets;
	total->tx_bytes = tx.bytes;
	total->tx_dropped = tx.dropped;
	total->tx_errors = tx.errors;
	total->rx_packets = rx.packets;
	total->rx_bytes = rx.bytes;
	total->rx_dropped = rx.dropped;
	total->rx_errors = rx.errors;
}

/* ---- for the core's list of queues; it sets to "unknown" what is not filled in ---- */

static void xnf_stats_show_rx(const struct xnf_flow *f, struct netdev_queue_stats_rx *rx)
{
	rx->packets = f->packets;
	rx->bytes = f->bytes;
	rx->alloc_fail = f->dropped + f->starved;
}

static void xnf_stats_show_tx(const struct xnf_flow *f, struct netdev_queue_stats_tx *tx)
{
	tx->packets = f->packets;
	tx->bytes = f->bytes;
	tx->hw_drops = f->errors;
	tx->stop = f->starved;
}

static void xnf_stats_queue_rx(struct net_device *dev, int index, struct netdev_queue_stats_rx *rx)
{
	struct xnf_flow f = xnf_stats_sum(dev, index, index + 1, xnf_stats_add_rx);

	xnf_stats_show_rx(&f, rx);
}

static void xnf_stats_queue_tx(struct net_device *dev, int index, struct netdev_queue_stats_tx *tx)
{
	struct xnf_flow f = xnf_stats_sum(dev, index, index + 1, xnf_stats_add_tx);

	xnf_stats_show_tx(&f, tx);
}

/* What queues counted that are not in use any more. */
static void xnf_stats_base(struct net_device *dev, struct netdev_queue_stats_rx *rx,
			   struct netdev_queue_stats_tx *tx)
{
	const struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_flow old_rx = xnf_stats_sum(dev, dev->real_num_rx_queues, xn->max_queues,
					       xnf_stats_add_rx);
	struct xnf_flow old_tx = xnf_stats_sum(dev, dev->real_num_tx_queues, xn->max_queues,
					       xnf_stats_add_tx);

	xnf_stats_show_rx(&old_rx, rx);
	xnf_stats_show_tx(&old_tx, tx);
}

const struct netdev_stat_ops xnf_stat_ops = {
	.get_queue_stats_rx	= xnf_stats_queue_rx,
	.get_queue_stats_tx	= xnf_stats_queue_tx,
	.get_base_stats		= xnf_stats_base,
};

/* ---- for ethtool -S ---- */

/**
 * struct xnf_shown - a counter of a queue and its name
 * @name: name behind the queue's number
 * @offset: in struct xnf_stats
 */
struct xnf_shown {
	const char *name;
	u32 offset;
};

#define XNF_SHOW(_field)		{ #_field, offsetof(struct xnf_stats, _field) }
#define XNF_SHOW_XDP(_c, _name)	{ _name, offsetof(struct xnf_stats, xdp[_c]) }
#define XNF_SHOW_RSP_ERR(_v, _name)	{ _name, offsetof(struct xnf_stats, rsp_err[_v]) }

static const struct xnf_shown xnf_shown[] = {
	XNF_SHOW(tx_packets),
	XNF_SHOW(tx_bytes),
	XNF_SHOW(tx_dropped),
	XNF_SHOW(tx_errors),
	XNF_SHOW(tx_gathered),
	XNF_SHOW(tx_stopped),
	XNF_SHOW(tx_xsk_packets),
	XNF_SHOW(tx_kicks),
	XNF_SHOW(rx_packets),
	XNF_SHOW(rx_bytes),
	XNF_SHOW(rx_dropped),
	XNF_SHOW(rx_errors),
	XNF_SHOW(rx_no_frame),
	XNF_SHOW(rx_hashed),
	XNF_SHOW(rx_xsk_no_frame),
	XNF_SHOW_XDP(XNF_XDP_PASS, "rx_xdp_pass"),
	XNF_SHOW_XDP(XNF_XDP_DROP, "rx_xdp_drop"),
	XNF_SHOW_XDP(XNF_XDP_TX, "rx_xdp_tx"),
	XNF_SHOW_XDP(XNF_XDP_REDIRECT, "rx_xdp_redirect"),
	XNF_SHOW_XDP(XNF_XDP_FAILED, "rx_xdp_lost"),
	XNF_SHOW_RSP_ERR(XNF_TX_ERROR, "tx_rsp_error"),
	XNF_SHOW_RSP_ERR(XNF_TX_DROPPED, "tx_rsp_dropped"),
	XNF_SHOW_RSP_ERR(XNF_TX_BAD_STATUS, "tx_rsp_bad_status"),
	XNF_SHOW_RSP_ERR(XNF_RX_BAD_STATUS, "rx_bad_status"),
	XNF_SHOW_RSP_ERR(XNF_RX_BAD_RANGE, "rx_bad_range"),
	XNF_SHOW_RSP_ERR(XNF_RX_SHORT, "rx_short"),
	XNF_SHOW_RSP_ERR(XNF_RX_TOO_MANY, "rx_too_many_slots"),
	XNF_SHOW_RSP_ERR(XNF_RX_TOO_LONG, "rx_too_long"),
	XNF_SHOW_RSP_ERR(XNF_RX_BAD_FLAGS, "rx_bad_flags"),
	XNF_SHOW_RSP_ERR(XNF_RX_BAD_EXTRA, "rx_bad_extra"),
	XNF_SHOW_RSP_ERR(XNF_RX_BAD_GSO, "rx_bad_gso"),
};

int xnf_get_sset_count(struct net_device *dev, int set)
{
	const struct xnf_dev *xn = netdev_priv(dev);

	return set == ETH_SS_STATS ? xn->max_queues * ARRAY_SIZE(xnf_shown) : -EOPNOTSUPP;
}

void xnf_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	const struct xnf_dev *xn = netdev_priv(dev);
	u32 i, k;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < xn->max_queues; i++)
		for (k = 0; k < ARRAY_SIZE(xnf_shown); k++)
			ethtool_sprintf(&data, "queue%u_%s", i, xnf_shown[k].name);
}

void xnf_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	const struct xnf_dev *xn = netdev_priv(dev);
	u32 i, k;

	for (i = 0; i < xn->max_queues; i++)
		for (k = 0; k < ARRAY_SIZE(xnf_shown); k++) {
			const void *s = &xn->queue[i].stats;

			*data++ = u64_stats_read((const u64_stats_t *)(s + xnf_shown[k].offset));
		}
}
