// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The table of ethtool operations, and the short ones. The others stand with what they set or show:
 * coalesce.c, copybreak.c, reconfig.c, rss.c, and stats.c for the counters.
 */
#include <linux/ethtool.h>

#include <compat/rxfh.h>
#include <version.h>

#include "reconfig.h"
#include "netfront.h"

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
	.get_sset_count		= xnf_get_sset_count,
	.get_strings		= xnf_get_strings,
	.get_ethtool_stats	= xnf_get_ethtool_stats,
	RXFH_OPS(xnf),
};
