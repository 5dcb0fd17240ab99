// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The stack's side of the interface: its operations, allocation and registration, features and MTU
 * at a connect. updown.c takes it up and down.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include <compat/queue_stats.h>

#include "reconfig.h"
#include "xdp.h"
#include "xsk.h"

#define XNF_FEATURES	(NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | \
			 NETIF_F_TSO | NETIF_F_TSO6)
#define XNF_XDP_FEATURES	(NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT | \
				 NETDEV_XDP_ACT_RX_SG | NETDEV_XDP_ACT_NDO_XMIT | \
				 NETDEV_XDP_ACT_NDO_XMIT_SG)
#define XNF_TX_FLOOR	(512u << 10)

/* ---- features ---- */

static netdev_features_t xnf_fix_features(struct net_device *dev, netdev_features_t features)
{
	const struct xnf_dev *xn = netdev_priv(dev);
	const struct xnf_offer *offer = &xn->offer;

	if (!offer->sg)
		features &= ~NETIF_F_SG;
	if (offer->no_csum)
		features &= ~NETIF_F_IP_CSUM;
	if (!offer->csum_ipv6)
		features &= ~NETIF_F_IPV6_CSUM;
	if (!offer->gso_tcpv4)
		features &= ~NETIF_F_TSO;
	if (!offer->gso_tcpv6)
		features &= ~NETIF_F_TSO6;
	if (!xnf_rss_possible(xn))
		features &= ~NETIF_F_RXHASH;
	return features;
}

/* If the MTU is the one that the driver set for a backend, the administrator wants @admin_mtu. */
static u32 xnf_mtu_wanted(const struct xnf_dev *xn)
{
	u32 now = xn->netdev->mtu;

	return xn->limited_mtu && xn->limited_mtu == now ? xn->admin_mtu : now;
}

/* If somebody objects to a higher MTU, the connection goes on with the lower one. */
static int xnf_mtu_adapt(struct xnf_dev *xn)
{
	u32 want = xnf_mtu_wanted(xn), mtu = min(want, xnf_mtu_offered(xn));
	struct net_device *dev = xn->netdev;
	bool lower = mtu < dev->mtu;
	int err;

	xnf_netdev_limit_mtu(xn);
	if (lower && xfl_may_log(&xn->xd))
		netdev_warn(dev, "backend takes no packets over one frame, MTU is now %u\n", mtu);
	else if (mtu > dev->mtu && xfl_may_log(&xn->xd))
		netdev_info(dev, "backend takes larger packets again, MTU is now %u\n", mtu);
	err = dev_set_mtu(dev, mtu);
	xn->admin_mtu = want;
	xn->limited_mtu = dev->mtu < want ? dev->mtu : 0;
	return lower ? err : 0;
}

/**
 * xnf_netdev_adapt() - make the interface fit what the backend offers now
 * @xn: the device, not live; @xn->nr_queues as they will be
 *
 * Context: process; takes RTNL.
 * Return: 0 or a negative errno.
 */
int xnf_netdev_adapt(struct xnf_dev *xn)
{
	struct net_device *dev = xn->netdev;
	int err;

	rtnl_lock();
	err = netif_set_real_num_tx_queues(dev, xn->nr_queues) ?:
	      netif_set_real_num_rx_queues(dev, xn->nr_queues);
	if (!err)
		err = xnf_mtu_adapt(xn);
	xfl_xdp_features(dev, XNF_XDP_FEATURES |
			      (xn->trusted ? NETDEV_XDP_ACT_XSK_ZEROCOPY : 0));
	netdev_update_features(dev);
	rtnl_unlock();
	return err;
}

/* ndo_bpf, under RTNL */
static int xnf_bpf(struct net_device *dev, struct netdev_bpf *cmd)
{
	struct xnf_dev *xn = netdev_priv(dev);

	switch (cmd->command) {
	case XDP_SETUP_PROG:
		return xnf_xdp_attach(xn, cmd->prog, cmd->extack);
	case XDP_SETUP_XSK_POOL:
		return xnf_xsk_setup(xn, cmd->xsk.pool, cmd->xsk.queue_id);
	default:
		return -EINVAL;
	}
}

static const struct net_device_ops xnf_netdev_ops = {
	.ndo_open		= xnf_open,
	.ndo_stop		= xnf_stop,
	.ndo_start_xmit		= xnf_xmit,
	.ndo_features_check	= xnf_features_check,
	.ndo_fix_features	= xnf_fix_features,
	.ndo_set_features	= xnf_set_features,
	.ndo_get_stats64	= xnf_stats64,
	.ndo_set_rx_mode	= xnf_mcast_update,
	.ndo_bpf		= xnf_bpf,
	.ndo_xdp_xmit		= xnf_xdp_xmit,
	.ndo_xsk_wakeup		= xnf_xsk_wakeup,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

/* ---- allocation and registration ---- */

/*
 * An event comes at half of the responses due, so BQL never sees the ring run dry. It shrinks its
 * limit to a packet or two of 64 KB. Then each packet wakes the backend and brings an event of its
 * own. So the least limit is half of what a ring can hold. A backend that copies takes less than a
 * millisecond for that, and one behind a link of 1 Gbit/s takes 4 ms. The administrator's limit_min
 * replaces it.
 */
static void xnf_netdev_set_byte_floor(struct net_device *dev)
{
	u32 i;

	for (i = 0; i < dev->num_tx_queues; i++)
		netdev_queue_set_dql_min_limit(netdev_get_tx_queue(dev, i), XNF_TX_FLOOR);
}

/* All features that the driver has; ndo_fix_features takes away those that the backend lacks. */
static void xnf_netdev_describe(struct net_device *dev)
{
	dev->netdev_ops = &xnf_netdev_ops;
	dev->ethtool_ops = &xnf_ethtool_ops;
	dev->sysfs_groups[0] = &xnf_attribute_group;
	xfl_stat_ops(dev, &xnf_stat_ops);
	dev->hw_features = XNF_FEATURES | NETIF_F_RXHASH;
	dev->features = XNF_FEATURES | NETIF_F_RXCSUM;
	/* Backends can neither segment tagged packets nor complete their checksums. */
	dev->vlan_features = NETIF_F_SG;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = XNF_MAX_MTU;
	xnf_netdev_set_byte_floor(dev);
	/* Unicast is not filtered, so a second address needs no promiscuous mode. */
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_UNICAST_FLT;
	xfl_xdp_features(dev, XNF_XDP_FEATURES);
	netif_set_tso_max_size(dev, XNF_TX_PACKET_MAX);
}

/* Before the first connect. What a backend lacks is taken away then. */
static void xnf_netdev_set_defaults(struct xnf_dev *xn)
{
	xn->nr_queues = 1;
	xn->offer.max_queues = 1;
	xn->offer.sg = true;
}

/**
 * xnf_netdev_alloc() - allocate an interface, with all the queues it may ever have
 * @xbdev: xenbus device of the interface
 * @max_queues: number of queues
 *
 * Return: the device, or NULL.
 */
struct xnf_dev *xnf_netdev_alloc(struct xenbus_device *xbdev, u32 max_queues)
{
	struct net_device *dev;
	struct xnf_dev *xn;

	dev = alloc_etherdev_mqs(sizeof(*xn), max_queues, max_queues);
	if (!dev)
		return NULL;
	xn = netdev_priv(dev);
	xn->netdev = dev;
	xn->max_queues = max_queues;
	xn->want_queues = max_queues;
	refcount_set(&xn->refs, 1);
	xnf_netdev_set_defaults(xn);
	xn->speed = SPEED_UNKNOWN;
	xn->duplex = DUPLEX_UNKNOWN;
	xnf_reconfig_init(xn);
	xnf_coalesce_init(&xn->coalesce);
	xnf_copybreak_init(&xn->copybreak);
	xnf_mcast_init(xn);
	xnf_rss_init(xn);
	xn->queue = xnf_queues_new(xn);
	if (!xn->queue || xnf_xsk_init(xn, &xbdev->dev)) {
		kvfree(xn->queue);
		free_netdev(dev);
		return NULL;
	}
	xnf_netdev_describe(dev);
	netif_carrier_off(dev);
	netif_tx_stop_all_queues(dev);
	SET_NETDEV_DEV(dev, &xbdev->dev);
	return xn;
}

/**
 * xnf_netdev_unregister() - hide the interface from the stack, if it is registered
 * @xn: the device, not live and without queues; its life cycle has ended
 *
 * Afterwards no work that the stack started is under way any more.
 */
void xnf_netdev_unregister(struct xnf_dev *xn)
{
	if (xn->registered)
		unregister_netdev(xn->netdev);
	xn->registered = false;
	xnf_reconfig_fini(xn);
	xnf_mcast_quiet(xn);
}

/* The end of xnf_netdev_alloc(). The device is not registered. */
void xnf_netdev_free(struct xnf_dev *xn)
{
	struct xnf_queue *queue = xn->queue;

	kvfree(xn->xsk);
	free_netdev(xn->netdev);
	kvfree(queue);
}

/**
 * xnf_netdev_register() - show the interface to the stack
 * @xn: the device, which has a MAC address; its carrier is off, and it may have no queues yet
 *
 * Return: 0 or a negative errno.
 */
int xnf_netdev_register(struct xnf_dev *xn)
{
	int err = register_netdev(xn->netdev);

	xn->registered = !err;
	return err;
}
