// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The steps of a connection, the toolstack's MAC address and MTU, and the end of a device. What
 * the backend offers, and what is published, is in negotiate.c; how many queues it becomes, in
 * queues.c.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>

#include <xenfront/xenstore.h>

#include "reconfig.h"
#include "netfront.h"
#include "pages.h"
#include "xdp.h"
#include "xsk.h"

/* ---- MAC address and MTU: the toolstack's count once, what is set later stays ---- */

static bool xnf_mac_read(struct xnf_dev *xn, const char *dir, u8 *mac)
{
	struct xenbus_device *xbdev = xn->xd.xbdev;
	char *text = xenbus_read(XBT_NIL, dir, "mac", NULL);
	bool good;

	if (IS_ERR(text))
		return false;
	good = mac_pton(text, mac) && is_valid_ether_addr(mac);
	if (!good && xfl_may_log(&xn->xd))
		dev_warn(&xbdev->dev, "%s: invalid MAC address '%*pE'\n", dir,
			 (int)strnlen(text, 32), text);
	kfree(text);
	return good;
}

static int xnf_mac_set(struct xnf_dev *xn)
{
	struct xenbus_device *xbdev = xn->xd.xbdev;
	u8 mac[ETH_ALEN];

	if (!xnf_mac_read(xn, xbdev->nodename, mac) && !xnf_mac_read(xn, xn->xd.backend, mac))
		return -ENOENT;
	eth_hw_addr_set(xn->netdev, mac);
	ether_addr_copy(xn->toolstack_mac, mac);
	return 0;
}

/*
 * A guest that is restored may get another address from its toolstack, and behind port locking only
 * packets with that address pass. Before the first connection the device may have been exchanged
 * for one with another address, since the interface is registered before its directory has our
 * mark. If the toolstack's address is the same, one that the administrator has set stays.
 */
static void xnf_mac_update(struct xnf_dev *xn)
{
	unsigned int restores = READ_ONCE(xn->xd.restores);
	u8 mac[ETH_ALEN];

	if (xn->restores_seen == restores && xn->connects)
		return;
	if (!xnf_mac_read(xn, xn->xd.xbdev->nodename, mac))
		return;
	xn->restores_seen = restores;
	if (ether_addr_equal(mac, xn->toolstack_mac))
		return;
	netdev_info(xn->netdev, "the toolstack gives it MAC address %pM\n", mac);
	ether_addr_copy(xn->toolstack_mac, mac);
	rtnl_lock();
	eth_hw_addr_set(xn->netdev, mac);
	call_netdevice_notifiers(NETDEV_CHANGEADDR, xn->netdev);
	rtnl_unlock();
}

/*
 * xnf_netdev_adapt() sees whether the backend takes so much. @log_dev: device whose log line
 * reports an invalid key; %NULL to write none.
 */
static u32 xnf_mtu_read(struct xnf_dev *xn, struct xfl_device *log_dev)
{
	static const struct xfl_key key = {
		.name = "mtu", .min = ETH_MIN_MTU, .max = XNF_MAX_MTU, .absent = ETH_DATA_LEN,
		.size = sizeof(u32),
	};
	u32 mtu;

	xfl_keys_read(log_dev, xn->xd.xbdev->nodename, &key, 1, &mtu);
	return mtu;
}

/**
 * xnf_show() - register the interface, the first time
 * @xn: the device
 *
 * That takes only a MAC address. What a backend offers is read when there is one, so the interface
 * can be named, configured and taken up before.
 *
 * Context: probe, or life cycle.
 * Return: 0; -ENOENT if there is no address in xenstore; another errno.
 */
int xnf_show(struct xnf_dev *xn)
{
	int err;

	if (xn->registered)
		return 0;
	err = xnf_mac_set(xn);
	if (err)
		return err;
	xn->netdev->mtu = xnf_mtu_read(xn, &xn->xd);
	return xnf_netdev_register(xn);
}

/*
 * The backend's script may write the key after the first look. The backend is not connected before
 * the script is done, so a look at the first connection is late enough.
 */
static void xnf_mtu_read_again(struct xnf_dev *xn)
{
	u32 mtu = xnf_mtu_read(xn, NULL);

	rtnl_lock();
	if (xn->netdev->mtu == ETH_DATA_LEN && mtu > ETH_DATA_LEN && mtu <= xn->netdev->max_mtu)
		dev_set_mtu(xn->netdev, mtu);
	rtnl_unlock();
}

/* ---- the steps ---- */

/* NAPI instances come and go under RTNL: the core walks their list with it. */
static void xnf_queues_disconnect(struct xnf_dev *xn)
{
	rtnl_lock();
	xnf_queues_free(xn, xn->nr_queues);
	xnf_umems_end(xn);
	rtnl_unlock();
}

/* Everything is allocated now: -ENOMEM is tried again at a connect, but is fatal later. */
static int xnf_queues_connect(struct xnf_dev *xn)
{
	int err;

	rtnl_lock();
	xnf_copybreak_choose(xn);
	xn->advertised_xsk_gen = xn->xsk_gen;
	xnf_umems_grant(xn);
	err = xnf_reconfig_take_queues(xn) ? 0 : xnf_queues_alloc(xn);
	if (!err) {
		err = xnf_xdp_open(xn);
		if (err)
			xnf_queues_free(xn, xn->nr_queues);
		else
			xnf_copybreak_apply(xn);
	}
	if (err)
		xnf_umems_end(xn);
	else
		xnf_xsk_open(xn);
	rtnl_unlock();
	return err;
}

static int xnf_connect(struct xfl_device *xd)
{
	struct xnf_dev *xn = container_of(xd, struct xnf_dev, xd);
	int err;

	xnf_rss_forget(xn);
	err = xnf_offer_read(xn) ?: xnf_show(xn);
	if (err == -ENOENT) {
		if (xfl_may_log(&xn->xd))
			dev_err(&xd->xbdev->dev, "no MAC address in xenstore\n");
		return -EINVAL;
	}
	err = err ?: xnf_netdev_adapt(xn);
	if (err)
		return err;
	xnf_mac_update(xn);
	xnf_mcast_connect(xn);
	err = xnf_queues_connect(xn);
	if (err)
		return err;
	xnf_rss_connect(xn);
	err = xfl_publish(xd, xnf_publish, xn);
	if (err) {
		xnf_ctrl_free(xn);
		xnf_queues_disconnect(xn);
	}
	return err;
}

static void xnf_connect_log(struct xnf_dev *xn)
{
	if (!xfl_may_log(&xn->xd))
		return;
	netdev_info(xn->netdev, "connected: %u queue%s, %s, %u slots a packet%s\n",
		    xn->nr_queues, xn->nr_queues > 1 ? "s" : "",
		    xn->split ? "two event channels each" : "one event channel each",
		    xn->offer.max_tx_slots,
		    xn->trusted ? "" : "; backend not trusted, all packets copied");
}

static int xnf_go_live(struct xfl_device *xd)
{
	struct xnf_dev *xn = container_of(xd, struct xnf_dev, xd);

	if (!xn->connects)
		xnf_mtu_read_again(xn);
	xnf_affinity_steer(xn);
	xnf_rss_start(xn);
	xnf_netdev_open(xn);
	WRITE_ONCE(xn->connects, xn->connects + 1);
	xnf_connect_log(xn);
	xnf_mcast_update(xn->netdev);
	/* A program or socket came or went, or a tunable was set, since the queues were made. */
	if (xnf_features_stale(xn) || READ_ONCE(xn->copybreak.tx) > xn->copybreak.slot_bufs_for)
		xfl_reconnect(xd);
	return 0;
}

static void xnf_quiesce(struct xfl_device *xd, enum xfl_close_reason reason)
{
	struct xnf_dev *xn = container_of(xd, struct xnf_dev, xd);

	xnf_netdev_close(xn);
	xnf_mcast_quiet(xn);
	xnf_rss_stop(xn);
}

static struct xfl_ring_mem *xnf_ring(struct xfl_device *xd, unsigned int nr)
{
	struct xnf_dev *xn = container_of(xd, struct xnf_dev, xd);
	u32 index = nr / 2;

	if (index < xn->nr_queues)
		return nr % 2 ? &xn->queue[index].rx.mem : &xn->queue[index].tx.mem;
	return nr == 2 * xn->nr_queues && xn->ctrl.ring.sring ? &xn->ctrl.mem : NULL;
}

static u32 xnf_granted(struct xfl_device *xd)
{
	struct xnf_dev *xn = container_of(xd, struct xnf_dev, xd);
	u32 i, frames = xnf_umems_granted(xn);

	for (i = 0; i < xn->nr_queues; i++)
		frames += xfl_grefs_in_use(&xn->queue[i].tx.grefs) +
			  xfl_grefs_in_use(&xn->queue[i].rx.grefs);
	return frames;
}

/*
 * Waits for whoever holds a transmit lock or the lock of the control ring. The caller waits for
 * NAPI, by RCU.
 */
static void xnf_withhold(struct xfl_device *xd)
{
	struct xnf_dev *xn = container_of(xd, struct xnf_dev, xd);
	u32 i;

	for (i = 0; i < xn->max_queues; i++) {
		__netif_tx_lock_bh(xn->queue[i].txq);
		__netif_tx_unlock_bh(xn->queue[i].txq);
	}
	spin_lock(&xn->ctrl.lock);
	spin_unlock(&xn->ctrl.lock);
}

static void xnf_look(struct xfl_device *xd)
{
	struct xnf_dev *xn = container_of(xd, struct xnf_dev, xd);
	u32 i;

	if (!READ_ONCE(xn->live) || !netif_running(xn->netdev))
		return;
	for (i = 0; i < xn->nr_queues; i++) {
		struct xnf_queue *q = &xn->queue[i];

		__netif_tx_lock_bh(q->txq);
		xnf_tx_publish(q);
		__netif_tx_unlock_bh(q->txq);
		local_bh_disable();
		napi_schedule(&q->napi);
		local_bh_enable();
	}
}

static void xnf_disconnect(struct xfl_device *xd, enum xfl_close_reason reason)
{
	struct xnf_dev *xn = container_of(xd, struct xnf_dev, xd);

	xnf_ctrl_free(xn);
	xnf_queues_disconnect(xn);
}

/* ---- the end of a device ---- */

/* The bus and an abandoned connection have a reference each; the last one frees the device. */
void xnf_dev_put(struct xnf_dev *xn)
{
	if (!refcount_dec_and_test(&xn->refs))
		return;
	xfl_device_fini(&xn->xd);
	xnf_netdev_free(xn);
}

/* &struct xfl_ops.abandon: the backend still maps a ring of a removed interface. */
static void xnf_abandon(struct xfl_device *xd)
{
	struct xnf_dev *xn = container_of(xd, struct xnf_dev, xd);

	__module_get(THIS_MODULE);
	refcount_inc(&xn->refs);
}

/* &struct xfl_ops.put: the backend has unmapped the rings of a removed interface. */
static void xnf_abandoned_put(struct xfl_device *xd)
{
	xnf_dev_put(container_of(xd, struct xnf_dev, xd));
	module_put(THIS_MODULE);
}

/* The backend reads our keys once it sees us Connected. */
const struct xfl_ops xnf_lifecycle_ops = {
	.published	= XenbusStateConnected,
	.keys		= xnf_stale_keys,
	.connect	= xnf_connect,
	.go_live	= xnf_go_live,
	.quiesce	= xnf_quiesce,
	.ring		= xnf_ring,
	.granted	= xnf_granted,
	.disconnect	= xnf_disconnect,
	.withhold	= xnf_withhold,
	.look		= xnf_look,
	.abandon	= xnf_abandon,
	.put		= xnf_abandoned_put,
};
