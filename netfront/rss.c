// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Receive hashing: the backend steers packets to queues by a hash, with our key and our table, and
 * adds the hash to each packet. It is off unless asked for (ethtool -K IFACE rxhash on, or -X), as
 * each hashed packet takes one more ring entry.
 *
 * A backend keeps settings over connections. What it does with a table that does not fit the number
 * of queues any more is its own decision. So the driver sets all of the settings, or no hashing, at
 * each connect. With one queue there is nothing to steer, and netback then passes on whatever hash
 * the sender's packet has: so no hashing is set.
 */
#include <linux/ethtool.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>

#include <compat/rxfh.h>

#include "netfront.h"

/* ---- bringing the backend in line ---- */

/* The time for all requests until the next call, those that undo a change included. */
static void xnf_rss_allow_time(struct xnf_dev *xn)
{
	lockdep_assert_held(&xn->rss.lock);
	xn->ctrl.end = jiffies + XFL_BACKEND_TIMEOUT;
}

/* Return: 0 also if there is no connection: the next one has the settings. */
static int xnf_rss_sync(struct xnf_dev *xn)
{
	struct xnf_rss *rss = &xn->rss;
	struct xnf_ctrl_ask ask;
	int err = 0;
	u32 value;

	lockdep_assert_held(&rss->lock);
	while (!err && xn->ctrl.open && xnf_hash_next(&rss->has, &rss->want, &ask)) {
		err = xnf_ctrl_request(xn, &ask, &value);
		if (!err)
			xnf_hash_done(&rss->has, &rss->want, &ask, value);
	}
	if (err && !xn->ctrl.open)
		WRITE_ONCE(rss->refused, true);
	WRITE_ONCE(rss->used, xn->ctrl.open && rss->want.on && rss->has.set.on);
	return err;
}

/* A backend that responds without a size has no table. Return: 0, or an errno if it is mute. */
static int xnf_rss_ask_table_size(struct xnf_dev *xn, u32 *size)
{
	const struct xnf_ctrl_ask ask = { .type = XNF_CTRL_GET_TABLE_SIZE };
	u32 value;
	int err;

	xnf_rss_allow_time(xn);
	err = xnf_ctrl_request(xn, &ask, &value);
	*size = err ? 0 : min(value, XNF_HASH_TABLE_MAX);
	return xn->ctrl.open ? 0 : err;
}

/* A table of the administrator stays if it fits. Return: whether such a table was replaced. */
static bool xnf_rss_fit_table(struct xnf_dev *xn, u32 size)
{
	bool chosen = netif_is_rxfh_configured(xn->netdev);
	struct xnf_hash *want = &xn->rss.want;

	lockdep_assert_held(&xn->rss.lock);
	if (chosen && want->nr_table == size && xnf_hash_fits(want, xn->nr_queues))
		return false;
	want->nr_table = size;
	xnf_hash_spread(want, xn->nr_queues);
	return chosen;
}

/* Without the lock of struct xnf_rss: from Linux 7.2 on the core asks for the new table at once. */
static void xnf_rss_table_lost(struct xnf_dev *xn)
{
	ASSERT_RTNL();
	if (xfl_may_log(&xn->xd))
		netdev_warn(xn->netdev,
			    "table of receive hashes is not for %u entries and %u queue%s: spread equally\n",
			    xn->rss.want.nr_table, xn->nr_queues, xn->nr_queues > 1 ? "s" : "");
	ethtool_rxfh_indir_lost(xn->netdev);
}

/* Whether packets can be hashed, as far as is known. */
bool xnf_rss_possible(const struct xnf_dev *xn)
{
	return xn->offer.ctrl_ring && xn->nr_queues > 1 && !READ_ONCE(xn->rss.refused);
}

/*
 * A backend that rejects one setting must not hash by the others, so hashing is turned off in the
 * time that is left. After that no request is sent, so that nobody waits for one under RTNL.
 */
static void xnf_rss_give_up(struct xnf_dev *xn, int err)
{
	const struct xnf_ctrl_ask none = {
		.type = XNF_CTRL_SET_ALG, .data = { XNF_HASH_ALG_NONE },
	};
	u32 value;

	mutex_lock(&xn->rss.lock);
	if (xn->ctrl.open)
		xnf_ctrl_request(xn, &none, &value);
	xn->ctrl.open = false;
	WRITE_ONCE(xn->rss.used, false);
	WRITE_ONCE(xn->rss.refused, true);
	mutex_unlock(&xn->rss.lock);

	rtnl_lock();
	if (xn->netdev->features & NETIF_F_RXHASH && xfl_may_log(&xn->xd))
		netdev_warn(xn->netdev, "backend does not hash packets: error %d\n", err);
	netdev_update_features(xn->netdev);
	rtnl_unlock();
}

/* ---- the steps of a connection ---- */

/* Nothing is known of the backend, as a connection is to be made. The device is not live. */
void xnf_rss_forget(struct xnf_dev *xn)
{
	mutex_lock(&xn->rss.lock);
	xn->rss.has = (struct xnf_hash_peer){};
	WRITE_ONCE(xn->rss.refused, false);
	mutex_unlock(&xn->rss.lock);
}

/* A backend that hashed in an earlier connection may do so before it gets our settings. */
static void xnf_rss_expect_hashes(struct xnf_dev *xn)
{
	u32 i;

	for (i = 0; i < xn->nr_queues; i++)
		if (xn->offer.ctrl_ring)
			xn->queue[i].rx.rules.extras |= BIT(XNF_EXTRA_HASH);
		else
			xn->queue[i].rx.rules.extras &= ~BIT(XNF_EXTRA_HASH);
}

/**
 * xnf_rss_connect() - make a control ring if the backend offers one
 * @xn: the device, not live; its queues are there
 *
 * Without a control ring the connection is made all the same, and the backend spreads packets as
 * it likes.
 */
void xnf_rss_connect(struct xnf_dev *xn)
{
	int err;

	xnf_rss_expect_hashes(xn);
	if (!xn->offer.ctrl_ring)
		return;
	err = xnf_ctrl_alloc(xn);
	if (!err)
		return;
	if (xfl_may_log(&xn->xd))
		dev_warn(&xn->xd.xbdev->dev, "no control ring: error %d\n", err);
	WRITE_ONCE(xn->rss.refused, true);
}

/* The size of the table changes under RTNL alone: the core reads it, and then the table. */
static void xnf_rss_set_table_size(struct xnf_dev *xn, u32 size)
{
	struct xnf_rss *rss = &xn->rss;
	bool lost;

	rtnl_lock();
	mutex_lock(&rss->lock);
	lost = xnf_rss_fit_table(xn, size);
	rss->want.on = xn->netdev->features & NETIF_F_RXHASH;
	xn->ctrl.open = true;
	mutex_unlock(&rss->lock);
	if (lost)
		xnf_rss_table_lost(xn);
	rtnl_unlock();
}

/* Open only under the lock: nobody else sends a request before the table fits. */
static int xnf_rss_open(struct xnf_dev *xn)
{
	u32 size;
	int err;

	mutex_lock(&xn->rss.lock);
	xn->ctrl.open = true;
	err = xnf_rss_ask_table_size(xn, &size);
	xn->ctrl.open = false;
	mutex_unlock(&xn->rss.lock);
	if (!err)
		xnf_rss_set_table_size(xn, size);
	return err;
}

/* Waits for the backend, 2 * XFL_BACKEND_TIMEOUT at most in all, or until the connection ends. */
static void xnf_rss_work(struct work_struct *work)
{
	struct xnf_dev *xn = container_of(work, struct xnf_dev, rss.work);
	int err;

	if (!xn->ctrl.ring.sring) {
		if (xn->offer.ctrl_ring)
			xnf_rss_give_up(xn, -ENOMEM);
		return;
	}
	err = xnf_rss_open(xn);
	if (!err) {
		mutex_lock(&xn->rss.lock);
		xnf_rss_allow_time(xn);
		err = xnf_rss_sync(xn);
		mutex_unlock(&xn->rss.lock);
	}
	if (err)
		xnf_rss_give_up(xn, err);
}

/* By default everything that can be hashed is, with a random key. */
void xnf_rss_init(struct xnf_dev *xn)
{
	struct xnf_hash *want = &xn->rss.want;

	mutex_init(&xn->rss.lock);
	INIT_WORK(&xn->rss.work, xnf_rss_work);
	spin_lock_init(&xn->ctrl.lock);
	want->types = XNF_HASH_TYPES_ALL;
	netdev_rss_key_fill(want->key, sizeof(want->key));
}

/**
 * xnf_rss_start() - the backend is connected: give it its settings
 * @xn: the device
 *
 * Neither the life cycle nor packets wait for the responses. Until they are there, hashes of
 * packets are not used.
 *
 * Context: life cycle, not under RTNL.
 */
void xnf_rss_start(struct xnf_dev *xn)
{
	/* Frozen over a suspend, as the life cycle is: a suspend takes none of its time. */
	queue_work(system_freezable_wq, &xn->rss.work);
}

/**
 * xnf_rss_stop() - send no more requests to this backend
 * @xn: the device, its connection about to end: whoever waits for a response sees that
 *
 * Context: life cycle, not under RTNL.
 */
void xnf_rss_stop(struct xnf_dev *xn)
{
	cancel_work_sync(&xn->rss.work);
	mutex_lock(&xn->rss.lock);
	xn->ctrl.open = false;
	WRITE_ONCE(xn->rss.used, false);
	mutex_unlock(&xn->rss.lock);
}

/* ---- what the administrator changes; all under RTNL ---- */

/**
 * xnf_set_features() - ndo_set_features: ethtool -K IFACE rxhash
 * @dev: the interface
 * @features: as they are to be
 *
 * Return: 0 or a negative errno; then hashing is as it was. It is no error if the backend does not
 * stop hashing, as its hashes are not used.
 */
int xnf_set_features(struct net_device *dev, netdev_features_t features)
{
	struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_rss *rss = &xn->rss;
	bool on = features & NETIF_F_RXHASH;
	int err = 0;

	mutex_lock(&rss->lock);
	xnf_rss_allow_time(xn);
	if (rss->want.on != on) {
		rss->want.on = on;
		err = xnf_rss_sync(xn);
	}
	if (err && on) {
		rss->want.on = false;
		xnf_rss_sync(xn);
	}
	mutex_unlock(&rss->lock);
	return on ? err : 0;
}

/* The lock is held. Return: 0, or an error; then the wanted settings are as they were. */
static int xnf_rss_change(struct xnf_dev *xn, const struct xnf_hash *to)
{
	struct xnf_hash *want = &xn->rss.want;
	struct xnf_hash before = *want;
	int err;

	xnf_rss_allow_time(xn);
	*want = *to;
	err = xnf_rss_sync(xn);
	if (err) {
		*want = before;
		xnf_rss_sync(xn);
	}
	return err;
}

/* Queues that packets can come on. */
u32 xnf_rx_ring_count(struct net_device *dev)
{
	const struct xnf_dev *xn = netdev_priv(dev);

	return xn->nr_queues;
}

/* Bytes of the key. */
u32 xnf_rxfh_key_size(struct net_device *dev)
{
	return XNF_HASH_KEY_LEN;
}

/* Entries of the table. */
u32 xnf_rxfh_indir_size(struct net_device *dev)
{
	const struct xnf_dev *xn = netdev_priv(dev);

	return xn->rss.want.nr_table;
}

/**
 * xnf_get_rxfh() - ethtool -x
 * @dev: the interface
 * @p: filled in
 *
 * Context: RTNL, which is enough to read the wanted settings. The lock of struct xnf_rss is not
 * taken, as it may be held for as long as a backend takes to respond.
 *
 * Return: 0, or -EOPNOTSUPP if the backend has no control ring.
 */
int xnf_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *p)
{
	struct xnf_dev *xn = netdev_priv(dev);
	const struct xnf_hash *want = &xn->rss.want;

	if (!xn->offer.ctrl_ring)
		return -EOPNOTSUPP;
	p->hfunc = want->on ? ETH_RSS_HASH_TOP : 0;
	if (p->indir)
		memcpy(p->indir, want->table, want->nr_table * sizeof(want->table[0]));
	if (p->key)
		memcpy(p->key, want->key, sizeof(want->key));
	return 0;
}

/* Setting how to hash turns hashing on. */
static int xnf_rss_turn_on(struct net_device *dev)
{
	dev->wanted_features |= NETIF_F_RXHASH;
	netdev_update_features(dev);
	if (dev->features & NETIF_F_RXHASH)
		return 0;
	dev->wanted_features &= ~NETIF_F_RXHASH;
	return -EOPNOTSUPP;
}

/**
 * xnf_set_rxfh() - ethtool -X
 * @dev: the interface
 * @p: key and table, either of them NULL for no change; of the sizes that the core was given
 * @extack: not used
 *
 * Hashing is turned on if it is off.
 *
 * Return: 0, -EOPNOTSUPP if hashing is not possible, or an error of the backend; then nothing has
 * changed.
 */
int xnf_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *p,
		 struct netlink_ext_ack *extack)
{
	struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_hash to;
	int err;

	if (!xnf_rss_possible(xn) || p->hfunc & ~ETH_RSS_HASH_TOP)
		return -EOPNOTSUPP;
	mutex_lock(&xn->rss.lock);
	to = xn->rss.want;
	to.on = true;		/* or the other settings would not be sent */
	if (p->indir)
		memcpy(to.table, p->indir, to.nr_table * sizeof(to.table[0]));
	if (p->key)
		memcpy(to.key, p->key, sizeof(to.key));
	err = xnf_rss_change(xn, &to);
	mutex_unlock(&xn->rss.lock);
	return err ?: xnf_rss_turn_on(dev);
}

/* Return: whether the flow type is one that the protocol can hash. */
static bool xnf_rss_flow_kind(u32 flow_type, bool *ipv6, bool *tcp)
{
	*ipv6 = flow_type == TCP_V6_FLOW || flow_type == UDP_V6_FLOW ||
		flow_type == SCTP_V6_FLOW || flow_type == AH_V6_FLOW ||
		flow_type == ESP_V6_FLOW || flow_type == AH_ESP_V6_FLOW ||
		flow_type == IPV6_FLOW;
	*tcp = flow_type == TCP_V4_FLOW || flow_type == TCP_V6_FLOW;
	return *ipv6 || *tcp || flow_type == UDP_V4_FLOW || flow_type == SCTP_V4_FLOW ||
	       flow_type == AH_V4_FLOW || flow_type == ESP_V4_FLOW ||
	       flow_type == AH_ESP_V4_FLOW || flow_type == IPV4_FLOW;
}

static const u32 fields_data[] = {
	[XNF_HASH_NOTHING]	= 0,
	[XNF_HASH_ADDRESSES]	= RXH_IP_SRC | RXH_IP_DST,
	[XNF_HASH_PORTS]	= RXH_IP_SRC | RXH_IP_DST | RXH_L4_B_0_1 | RXH_L4_B_2_3,
};

/* ethtool -n IFACE rx-flow-hash. Return: 0 or -EOPNOTSUPP. */
int xnf_get_rxfh_fields(struct net_device *dev, struct ethtool_rxfh_fields *f)
{
	const struct xnf_dev *xn = netdev_priv(dev);
	bool ipv6, tcp;

	if (!xn->offer.ctrl_ring || !xnf_rss_flow_kind(f->flow_type, &ipv6, &tcp))
		return -EOPNOTSUPP;
	f->data = fields_data[xnf_hash_get_fields(xn->rss.want.types, ipv6, tcp)];
	return 0;
}

static int xnf_rss_parse_fields(const struct ethtool_rxfh_fields *f, u32 *types)
{
	enum xnf_hash_fields fields;
	bool ipv6, tcp;

	if (!xnf_rss_flow_kind(f->flow_type, &ipv6, &tcp))
		return -EOPNOTSUPP;
	for (fields = 0; fields < ARRAY_SIZE(fields_data); fields++)
		if (f->data == fields_data[fields])
			return xnf_hash_set_fields(types, ipv6, tcp, fields);
	return -EINVAL;
}

/**
 * xnf_set_rxfh_fields() - ethtool -N IFACE rx-flow-hash
 * @dev: the interface
 * @f: the flow type, and what is to be hashed of such a packet
 * @extack: not used
 *
 * Return: 0, -EINVAL for what the protocol cannot express, or an error of the backend.
 */
int xnf_set_rxfh_fields(struct net_device *dev, const struct ethtool_rxfh_fields *f,
			struct netlink_ext_ack *extack)
{
	struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_hash to;
	int err;

	if (!xnf_rss_possible(xn))
		return -EOPNOTSUPP;
	mutex_lock(&xn->rss.lock);
	to = xn->rss.want;
	err = xnf_rss_parse_fields(f, &to.types) ?: xnf_rss_change(xn, &to);
	mutex_unlock(&xn->rss.lock);
	return err;
}
