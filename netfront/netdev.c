// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The stack's side of the interface: allocation, features, up and down.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/sch_generic.h>

#include <compat/queue_napi.h>
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

/* ---- up and down; both under RTNL, for a device that is live ---- */

/* For tools that list queues, and for busy pollers; %NULL: no NAPI serves the queue any more. */
static void xnf_queue_set_napi(struct xnf_queue *q, struct napi_struct *napi)
{
	netif_queue_set_napi(q->xn->netdev, q->index, NETDEV_QUEUE_TYPE_RX, napi);
	netif_queue_set_napi(q->xn->netdev, q->index, NETDEV_QUEUE_TYPE_TX, napi);
}

/*
 * Until BQL sees a first completion, its limit is 0, whatever the least limit is, and the first
 * packet stops the queue. So BQL hears of one byte that was sent and completed.
 */
static void xnf_queue_open_byte_limit(struct xnf_queue *q)
{
	__netif_tx_lock_bh(q->txq);
	netdev_tx_sent_queue(q->txq, 1);
	netdev_tx_completed_queue(q->txq, 1, 1);
	__netif_tx_unlock_bh(q->txq);
}

static void xnf_queue_start(struct xnf_queue *q)
{
	xnf_queue_set_napi(q, &q->napi);
	xnf_queue_open_byte_limit(q);
	WRITE_ONCE(q->due, false);
	napi_enable(&q->napi);
	/* Packets and their event may have come while no NAPI was there. */
	local_bh_disable();
	napi_schedule(&q->napi);
	local_bh_enable();
}

/*
 * All queues of the stack are woken, those that are not in use too, which does no harm. They are
 * woken, not started: packets may wait in a qdisc, and perhaps none comes to take them along.
 */
static void xnf_queues_start(struct xnf_dev *xn)
{
	u32 i;

	for (i = 0; i < xn->nr_queues; i++)
		xnf_queue_start(&xn->queue[i]);
	netif_tx_wake_all_queues(xn->netdev);
}

/* NAPI first: its poll might wake a queue again. */
static void xnf_queues_stop(struct xnf_dev *xn)
{
	u32 i;

	for (i = 0; i < xn->nr_queues; i++) {
		xnf_queue_set_napi(&xn->queue[i], NULL);
		napi_disable(&xn->queue[i].napi);
	}
	/* A poll that has completed may still be asking for its next event. */
	synchronize_net();
	/* Senders start the timer, too, so the timer ends after them. */
	netif_tx_disable(xn->netdev);
	for (i = 0; i < xn->nr_queues; i++) {
		timer_delete_sync(&xn->queue[i].timer);
		hrtimer_cancel(&xn->queue[i].rx_delay.timer);
	}
}

/*
 * linkwatch activates the qdisc in its own time. Wait for that, or the announcement to the peers is
 * dropped by the noop qdisc.
 */
static void xnf_netdev_await_qdisc(const struct net_device *dev)
{
	int tries = 50;

	while (tries-- && netif_running(dev) && qdisc_tx_is_noop(dev))
		msleep(20);
}

/* The backend is connected: let packets flow. */
void xnf_netdev_open(struct xnf_dev *xn)
{
	rtnl_lock();
	WRITE_ONCE(xn->live, true);
	if (netif_running(xn->netdev))
		xnf_queues_start(xn);
	netif_carrier_on(xn->netdev);
	rtnl_unlock();
	xnf_netdev_await_qdisc(xn->netdev);
	netdev_notify_peers(xn->netdev);
}

/* No packet may touch the queues any more. On return no sender, NAPI or timer uses them. */
void xnf_netdev_close(struct xnf_dev *xn)
{
	rtnl_lock();
	netif_carrier_off(xn->netdev);
	xnf_netdev_detach(xn);
	WRITE_ONCE(xn->live, false);
	rtnl_unlock();
}

/**
 * xnf_netdev_detach() - no packet may touch the queues until xnf_netdev_attach()
 * @xn: the device
 *
 * Context: RTNL, held until the interface is attached or disabled.
 */
void xnf_netdev_detach(struct xnf_dev *xn)
{
	ASSERT_RTNL();
	if (xn->live && netif_running(xn->netdev))
		xnf_queues_stop(xn);
}

/* The end of xnf_netdev_detach(). */
void xnf_netdev_attach(struct xnf_dev *xn)
{
	ASSERT_RTNL();
	if (xn->live && netif_running(xn->netdev))
		xnf_queues_start(xn);
}

/**
 * xnf_netdev_disable() - instead of xnf_netdev_attach(): wait for a new connection
 * @xn: the device
 *
 * What the driver advertised does not hold any more. No packet that the backend sent because of it
 * is delivered.
 */
void xnf_netdev_disable(struct xnf_dev *xn)
{
	ASSERT_RTNL();
	if (!xn->live)
		return;
	netif_carrier_off(xn->netdev);
	WRITE_ONCE(xn->live, false);
	xfl_reconnect(&xn->xd);
}

static int xnf_open(struct net_device *dev)
{
	struct xnf_dev *xn = netdev_priv(dev);

	if (xn->live)
		xnf_queues_start(xn);
	return 0;
}

/* No NAPI reaps while the interface is down, so wait shortly for the packets under way. */
static void xnf_tx_await_responses(struct xnf_dev *xn)
{
	int tries = 5;
	u32 i;

	for (i = 0; i < xn->nr_queues; i++)
		for (; tries && !xnf_tx_is_drained(&xn->queue[i]); tries--)
			msleep(20);
}

static int xnf_stop(struct net_device *dev)
{
	struct xnf_dev *xn = netdev_priv(dev);

	if (!xn->live)
		return 0;
	xnf_queues_stop(xn);
	xnf_tx_await_responses(xn);
	return 0;
}

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

static u32 xnf_mtu_offered(const struct xnf_dev *xn)
{
	if (!xn->offer.sg)
		return ETH_DATA_LEN;
	return xn->xdp_single_buf ? XNF_XDP_MTU : XNF_MAX_MTU;
}

/* Set the largest MTU that the administrator may choose. RTNL is held. */
void xnf_netdev_limit_mtu(struct xnf_dev *xn)
{
	ASSERT_RTNL();
	xn->netdev->max_mtu = xnf_mtu_offered(xn);
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

static void xnf_queue_init(struct xnf_dev *xn, struct xnf_queue *q, u32 index)
{
	q->xn = xn;
	q->index = index;
	q->txq = netdev_get_tx_queue(xn->netdev, index);
	timer_setup(&q->timer, xnf_timer, 0);
	xnf_rx_delay_init(&q->rx_delay);
	u64_stats_init(&q->stats.tx_sync);
	u64_stats_init(&q->stats.rx_sync);
	u64_stats_init(&q->stats.kick_sync);
}

/**
 * xnf_queues_new() - room for all the queues an interface may ever have, none of them ready
 * @xn: the device
 *
 * Return: an array to be freed with kvfree(), or NULL.
 */
struct xnf_queue *xnf_queues_new(struct xnf_dev *xn)
{
	struct xnf_queue *queue = kvcalloc(xn->max_queues, sizeof(*queue), GFP_KERNEL);
	u32 i;

	if (!queue)
		return NULL;
	for (i = 0; i < xn->max_queues; i++)
		xnf_queue_init(xn, &queue[i], i);
	return queue;
}

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
	xnf_channels_init(xn);
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
	xnf_channels_fini(xn);
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
