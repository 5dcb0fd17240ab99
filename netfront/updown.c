// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Taking the interface up and down, and from the stack's use for a while. The largest MTU that
 * backend, program and sockets take.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <net/sch_generic.h>

#include <compat/queue_napi.h>

#include "xdp.h"

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

/* ndo_open, under RTNL */
int xnf_open(struct net_device *dev)
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
		for (; tries && !xnf_tx_try_drain(&xn->queue[i]); tries--)
			msleep(20);
}

/* ndo_stop, under RTNL */
int xnf_stop(struct net_device *dev)
{
	struct xnf_dev *xn = netdev_priv(dev);

	if (!xn->live)
		return 0;
	xnf_queues_stop(xn);
	xnf_tx_await_responses(xn);
	return 0;
}

/* The largest MTU that the backend takes, and a program or a socket. */
u32 xnf_mtu_offered(const struct xnf_dev *xn)
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
