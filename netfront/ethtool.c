// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The ethtool operations, and the counters that ethtool shows.
 */
#include <linux/ethtool.h>

#include <compat/rxfh.h>
#include <version.h>

#include "reconfig.h"
#include "netfront.h"

/**
 * struct xnf_shown - a counter of a queue and its name
 * @name: name behind the queue's number
 * @offset: in struct xnf_stats
 */
struct xnf_shown {
	const char *name;
	u32 offset;
};

#define SHOW(_field)		{ #_field, offsetof(struct xnf_stats, _field) }
#define SHOW_XDP(_c, _name)	{ _name, offsetof(struct xnf_stats, xdp[_c]) }
#define SHOW_RSP_ERR(_v, _name)	{ _name, offsetof(struct xnf_stats, rsp_err[_v]) }

static const struct xnf_shown xnf_shown[] = {
	SHOW(tx_packets),
	SHOW(tx_bytes),
	SHOW(tx_dropped),
	SHOW(tx_errors),
	SHOW(tx_gathered),
	SHOW(tx_stopped),
	SHOW(tx_xsk_packets),
	SHOW(tx_kicks),
	SHOW(rx_packets),
	SHOW(rx_bytes),
	SHOW(rx_dropped),
	SHOW(rx_errors),
	SHOW(rx_no_frame),
	SHOW(rx_hashed),
	SHOW(rx_xsk_no_frame),
	SHOW_XDP(XNF_XDP_PASS, "rx_xdp_pass"),
	SHOW_XDP(XNF_XDP_DROP, "rx_xdp_drop"),
	SHOW_XDP(XNF_XDP_TX, "rx_xdp_tx"),
	SHOW_XDP(XNF_XDP_REDIRECT, "rx_xdp_redirect"),
	SHOW_XDP(XNF_XDP_FAILED, "rx_xdp_lost"),
	SHOW_RSP_ERR(XNF_TX_ERROR, "tx_rsp_error"),
	SHOW_RSP_ERR(XNF_TX_DROPPED, "tx_rsp_dropped"),
	SHOW_RSP_ERR(XNF_TX_BAD_STATUS, "tx_rsp_bad_status"),
	SHOW_RSP_ERR(XNF_RX_BAD_STATUS, "rx_bad_status"),
	SHOW_RSP_ERR(XNF_RX_BAD_RANGE, "rx_bad_range"),
	SHOW_RSP_ERR(XNF_RX_SHORT, "rx_short"),
	SHOW_RSP_ERR(XNF_RX_TOO_MANY, "rx_too_many_slots"),
	SHOW_RSP_ERR(XNF_RX_TOO_LONG, "rx_too_long"),
	SHOW_RSP_ERR(XNF_RX_BAD_FLAGS, "rx_bad_flags"),
	SHOW_RSP_ERR(XNF_RX_BAD_EXTRA, "rx_bad_extra"),
	SHOW_RSP_ERR(XNF_RX_BAD_GSO, "rx_bad_gso"),
};

/* The core fills in "vif" as the driver's name, and udev rules match that. */
static void xnf_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->version, XENFRONT_STAMP, sizeof(info->version));
}

/* A ring is one frame in this protocol, so there is nothing to set. */
static void xnf_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			  struct kernel_ethtool_ringparam *more, struct netlink_ext_ack *extack)
{
	ring->rx_max_pending = XNF_RING_SLOTS;
	ring->tx_max_pending = XNF_RING_SLOTS;
	ring->rx_pending = XNF_RING_SLOTS;
	ring->tx_pending = XNF_RING_SLOTS;
}

/* Monitoring tools want a speed, and only the administrator can know it. */
static int xnf_get_link(struct net_device *dev, struct ethtool_link_ksettings *link)
{
	const struct xnf_dev *xn = netdev_priv(dev);

	link->base.speed = xn->speed;
	link->base.duplex = xn->duplex;
	link->base.port = PORT_OTHER;
	return 0;
}

static int xnf_set_link(struct net_device *dev, const struct ethtool_link_ksettings *link)
{
	struct xnf_dev *xn = netdev_priv(dev);

	return ethtool_virtdev_set_link_ksettings(dev, link, &xn->speed, &xn->duplex);
}

static int xnf_sset_count(struct net_device *dev, int set)
{
	const struct xnf_dev *xn = netdev_priv(dev);

	return set == ETH_SS_STATS ? xn->max_queues * ARRAY_SIZE(xnf_shown) : -EOPNOTSUPP;
}

static void xnf_strings(struct net_device *dev, u32 set, u8 *data)
{
	const struct xnf_dev *xn = netdev_priv(dev);
	u32 i, k;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < xn->max_queues; i++)
		for (k = 0; k < ARRAY_SIZE(xnf_shown); k++)
			ethtool_sprintf(&data, "queue%u_%s", i, xnf_shown[k].name);
}

static void xnf_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	const struct xnf_dev *xn = netdev_priv(dev);
	u32 i, k;

	for (i = 0; i < xn->max_queues; i++)
		for (k = 0; k < ARRAY_SIZE(xnf_shown); k++) {
			const void *s = &xn->queue[i].stats;

			*data++ = u64_stats_read((const u64_stats_t *)(s + xnf_shown[k].offset));
		}
}

DEFINE_RXFH_OPS(xnf);

const struct ethtool_ops xnf_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS |
				     ETHTOOL_COALESCE_RX_MAX_FRAMES |
				     ETHTOOL_COALESCE_TX_MAX_FRAMES,
	.get_drvinfo		= xnf_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= xnf_get_link,
	.set_link_ksettings	= xnf_set_link,
	.get_ts_info		= ethtool_op_get_ts_info,
	.get_ringparam		= xnf_ringparam,
	.get_coalesce		= xnf_get_coalesce,
	.set_coalesce		= xnf_set_coalesce,
	.get_tunable		= xnf_get_tunable,
	.set_tunable		= xnf_set_tunable,
	.get_channels		= xnf_get_channels,
	.set_channels		= xnf_set_channels,
	.get_sset_count		= xnf_sset_count,
	.get_strings		= xnf_strings,
	.get_ethtool_stats	= xnf_stats,
	RXFH_OPS(xnf),
};
