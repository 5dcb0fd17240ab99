// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Multicast: the backend gets a list of the groups that we listen to, and drops other multicasts.
 *
 * The list follows the stack's by one request per change, on queue 0, because a backend may keep
 * the list without a lock. A key in xenstore says whether the list is used. Some backends read the
 * key at any time (dynamic), others only when they connect (static). If the list cannot say all
 * that we want to hear, it is not used.
 */
#include <linux/etherdevice.h>

#include <xenfront/xenstore.h>

#include "netfront.h"

#define XNF_MCAST_KEY	"request-multicast-control"
/* If the ring is full, or the queue stopped, try again so much later. */
#define XNF_MCAST_RETRY	(HZ / 10)

/* Return: whether the groups that the stack wants fit in a list. */
static bool xnf_mcast_list_wanted(struct xnf_dev *xn, struct xnf_filter *want)
{
	struct net_device *dev = xn->netdev;
	struct netdev_hw_addr *ha;
	bool good;

	want->nr = 0;
	netif_addr_lock_bh(dev);
	good = !(dev->flags & (IFF_PROMISC | IFF_ALLMULTI)) &&
	       netdev_mc_count(dev) <= XNF_MCAST_MAX;
	if (good)
		netdev_for_each_mc_addr(ha, dev)
			ether_addr_copy(want->addr[want->nr++], ha->addr);
	netif_addr_unlock_bh(dev);
	return good && !READ_ONCE(xn->mcast.refused);
}

/* A request without a packet. It has a slot only because it gets a response. */
static void xnf_mcast_put_request(struct xnf_tx *tx, const struct xnf_extra *extra)
{
	u32 index = xnf_tx_slot_get(tx);
	struct xnf_tx_slot *slot = &tx->slot[index];

	slot->len = 0;
	slot->first = false;
	*xnf_tx_next(tx) = (struct xnf_tx_req) {
		.gref = slot->buf_gref,
		.offset = slot->buf_offset,
		.flags = XNF_TXF_EXTRA,
		.id = xfl_slot_id(&tx->slots, index),
	};
	*(struct xnf_extra *)xnf_tx_next(tx) = *extra;
	tx->extra_rsps_due++;
}

static bool xnf_mcast_send(struct xnf_queue *q, const struct xnf_extra *extra)
{
	bool sent = false;

	__netif_tx_lock_bh(q->txq);
	if (xnf_tx_ready(q) && xnf_tx_has_slots(&q->tx, 1)) {
		xnf_mcast_put_request(&q->tx, extra);
		xnf_tx_publish(q);
		sent = true;
	}
	__netif_tx_unlock_bh(q->txq);
	return sent;
}

static bool xnf_mcast_sync(struct xnf_dev *xn, const struct xnf_filter *want)
{
	struct xnf_filter *has = &xn->mcast.has;
	struct xnf_extra extra;

	while (xnf_filter_step(has, want, &extra)) {
		if (!xnf_mcast_send(&xn->queue[0], &extra))
			return false;
		xnf_filter_done(has, &extra);
	}
	return true;
}

/*
 * A backend without feature-dynamic-multicast-control reads the key only at the connect. A
 * reconnect turns the filter off, and the next reconnect, whenever that is, turns it on.
 */
static void xnf_mcast_request(struct xnf_dev *xn, bool on)
{
	struct xnf_mcast *m = &xn->mcast;
	int err;

	if (m->on == on)
		return;
	if (!xn->offer.mcast_dynamic) {
		if (!on) {
			m->filter_off_pending = true;
			xfl_reconnect(&xn->xd);
		}
		return;
	}
	err = xfl_key_write(&xn->xd, XNF_MCAST_KEY, on);
	if (!err)
		m->on = on;
	else if (err == -EAGAIN)	/* xenstored limits transactions */
		queue_delayed_work(xnf_wq, &m->work, XNF_MCAST_RETRY);
	else if (xfl_may_log(&xn->xd))
		netdev_warn(xn->netdev, "multicast filter: error %d writing to xenstore\n", err);
}

static void xnf_mcast_work(struct work_struct *work)
{
	struct xnf_dev *xn = container_of(to_delayed_work(work), struct xnf_dev, mcast.work);
	struct xnf_filter want;

	if (!READ_ONCE(xn->live) || !netif_running(xn->netdev))
		return;
	xn->mcast.filter_off_pending = false;
	if (!xnf_mcast_list_wanted(xn, &want))
		xnf_mcast_request(xn, false);
	else if (xnf_mcast_sync(xn, &want))
		xnf_mcast_request(xn, true);
	else
		queue_delayed_work(xnf_wq, &xn->mcast.work, XNF_MCAST_RETRY);
}

/* ndo_set_rx_mode: the groups that we want to hear may have changed. From any context. */
void xnf_mcast_update(struct net_device *dev)
{
	struct xnf_dev *xn = netdev_priv(dev);

	if (READ_ONCE(xn->mcast.offered))
		queue_delayed_work(xnf_wq, &xn->mcast.work, 0);
}

/* The backend rejected an address, so its list is not complete. From any context. */
void xnf_mcast_refused(struct xnf_dev *xn)
{
	WRITE_ONCE(xn->mcast.refused, true);
	queue_delayed_work(xnf_wq, &xn->mcast.work, 0);
}

/**
 * xnf_mcast_connect() - a connection is made: the backend's list is empty
 * @xn: the device, not live; its offer has been read
 */
void xnf_mcast_connect(struct xnf_dev *xn)
{
	struct xnf_mcast *m = &xn->mcast;

	m->has.nr = 0;
	WRITE_ONCE(m->offered, xn->offer.mcast);
	WRITE_ONCE(m->refused, READ_ONCE(m->refused) && m->filter_off_pending);
	m->on = xn->offer.mcast && !xn->offer.mcast_dynamic &&
		xnf_mcast_list_wanted(xn, &(struct xnf_filter){});
}

/* Publish the key for the filter. A dynamic backend is asked later, when it has the list. */
int xnf_mcast_publish(const struct xnf_dev *xn, struct xenbus_transaction xbt, const char *dir)
{
	return xn->offer.mcast ? xenbus_printf(xbt, dir, XNF_MCAST_KEY, "%u", xn->mcast.on) : 0;
}

void xnf_mcast_init(struct xnf_dev *xn)
{
	INIT_DELAYED_WORK(&xn->mcast.work, xnf_mcast_work);
}

/* Wait for an update under way. The device is not live any more. */
void xnf_mcast_quiet(struct xnf_dev *xn)
{
	cancel_delayed_work_sync(&xn->mcast.work);
}
