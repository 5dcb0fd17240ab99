// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Changing the number of queues of an interface in use: ethtool -l and -L.
 *
 * A backend reads the number once per connection, so the change needs a reconnect. The new queues
 * are made before the old ones stop. If memory, grants or channels are short, the request fails and
 * nothing has happened. The life cycle does the reconnect: the request comes with RTNL held, and
 * nobody should wait for another domain with RTNL.
 */
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "reconfig.h"

/* How long a backend may take to close and to connect again. */
#define XNF_RECONFIG_TIMEOUT	(12 * XFL_BACKEND_TIMEOUT)

/* ---- queues made ahead ---- */

static struct xnf_queue_cfg xnf_queue_cfg_now(const struct xnf_dev *xn)
{
	return (struct xnf_queue_cfg) {
		.restores_seen = READ_ONCE(xn->xd.restores),
		.max_tx_slots = xn->offer.max_tx_slots,
		.copybreak = xn->copybreak.tx,
		.backend = xn->xd.xbdev->otherend_id,
		.split = xn->split,
		.trusted = xn->trusted,
	};
}

static bool xnf_queue_cfg_holds(const struct xnf_dev *xn)
{
	struct xnf_queue_cfg now = xnf_queue_cfg_now(xn);
	const struct xnf_queue_cfg *then = &xn->reconfig.cfg;

	return now.restores_seen == then->restores_seen && now.max_tx_slots == then->max_tx_slots &&
	       now.copybreak == then->copybreak && now.backend == then->backend &&
	       now.split == then->split && now.trusted == then->trusted;
}

static void xnf_reconfig_discard_queues(struct xnf_dev *xn)
{
	struct xnf_reconfig *c = &xn->reconfig;

	if (!c->new_queues)
		return;
	while (c->nr_new)
		xnf_queue_free(&c->new_queues[--c->nr_new]);
	kvfree(c->new_queues);
	c->new_queues = NULL;
}

static int xnf_reconfig_make_queues(struct xnf_dev *xn, u32 nr)
{
	struct xnf_reconfig *c = &xn->reconfig;
	int err;

	c->new_queues = xnf_queues_new(xn);
	if (!c->new_queues)
		return -ENOMEM;
	c->cfg = xnf_queue_cfg_now(xn);
	for (c->nr_new = 0; c->nr_new < nr; c->nr_new++) {
		err = xnf_queue_alloc(&c->new_queues[c->nr_new]);
		if (err) {
			xnf_reconfig_discard_queues(xn);
			return err;
		}
	}
	return 0;
}

/* xnf_stats64() may read counters at the same time, without RTNL. */
static void xnf_reconfig_install_queues(struct xnf_dev *xn)
{
	struct xnf_queue *old = xn->queue;
	u32 i;

	for (i = 0; i < xn->max_queues; i++)
		xnf_queue_inherit(&xn->reconfig.new_queues[i], &old[i]);
	smp_store_release(&xn->queue, xn->reconfig.new_queues);	/* after xnf_queue_inherit() */
	xn->reconfig.new_queues = NULL;
	xn->reconfig.nr_new = 0;
	synchronize_net();
	kvfree(old);
}

/**
 * xnf_reconfig_take_queues() - use the queues that were made for a change, if there are any
 * @xn: the device, without queues; its offer has been read
 *
 * Queues that were made for another configuration are freed.
 *
 * Context: life cycle, with RTNL.
 * Return: whether @xn->queue has its queues.
 */
bool xnf_reconfig_take_queues(struct xnf_dev *xn)
{
	bool good;

	ASSERT_RTNL();
	good = xn->reconfig.new_queues && xn->reconfig.nr_new == xn->nr_queues &&
	       xnf_queue_cfg_holds(xn);
	if (good)
		xnf_reconfig_install_queues(xn);
	xnf_reconfig_discard_queues(xn);
	return good;
}

/* ---- the change ---- */

static bool xnf_reconfig_is_done(const struct xnf_dev *xn, u32 before)
{
	return READ_ONCE(xn->connects) != before || xfl_device_state(&xn->xd) >= XFL_BROKEN;
}

static void xnf_reconfig_revert(struct xnf_dev *xn)
{
	struct xnf_reconfig *c = &xn->reconfig;

	netdev_warn(xn->netdev, "no connection with %u queues, back to %u\n",
		    xn->want_queues, c->fallback);
	rtnl_lock();
	xn->want_queues = c->fallback;
	xnf_reconfig_discard_queues(xn);
	rtnl_unlock();
	xfl_reconnect(&xn->xd);
}

static void xnf_reconfig_work(struct work_struct *work)
{
	struct xnf_dev *xn = container_of(work, struct xnf_dev, reconfig.work);
	u32 before = READ_ONCE(xn->connects);

	xfl_reconnect(&xn->xd);
	wait_event_timeout(xn->xd.state_wq, xnf_reconfig_is_done(xn, before), XNF_RECONFIG_TIMEOUT);
	if (READ_ONCE(xn->connects) == before && xfl_device_state(&xn->xd) != XFL_GONE)
		xnf_reconfig_revert(xn);
	WRITE_ONCE(xn->reconfig.busy, false);
}

/* ethtool -l */
void xnf_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	const struct xnf_dev *xn = netdev_priv(dev);

	ch->max_combined = min(xn->offer.max_queues, xn->max_queues);
	ch->combined_count = xn->nr_queues;
}

/**
 * xnf_set_channels() - ethtool -L
 * @dev: the interface
 * @ch: what is asked for; the core has compared it with the limits
 *
 * Context: RTNL.
 * Return: 0 if the change is on its way; -EBUSY while another change is, or while there is no
 * connection; other errors if the new queues cannot be made. If the backend does not reconnect, the
 * interface goes back to the old number.
 */
int xnf_set_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct xnf_dev *xn = netdev_priv(dev);
	u32 nr = ch->combined_count;
	int err;

	/* RTNL is held, so the life cycle cannot leave the state that these checks see. */
	if (READ_ONCE(xn->reconfig.busy) || !xn->live ||
	    xfl_device_state(&xn->xd) != XFL_CONNECTED)
		return -EBUSY;
	if (nr == xn->nr_queues)
		return 0;
	err = xnf_reconfig_make_queues(xn, nr);
	if (err)
		return err;
	xn->reconfig.fallback = xn->nr_queues;
	xn->want_queues = nr;
	WRITE_ONCE(xn->reconfig.busy, true);
	/* Not freezable: suspend would wait for the work, and the work for the life cycle. */
	queue_work(system_long_wq, &xn->reconfig.work);
	return 0;
}

void xnf_reconfig_init(struct xnf_dev *xn)
{
	INIT_WORK(&xn->reconfig.work, xnf_reconfig_work);
}

/* Wait for a change under way, and free its queues. The device is unregistered. */
void xnf_reconfig_fini(struct xnf_dev *xn)
{
	cancel_work_sync(&xn->reconfig.work);
	/* The core lists NAPI instances under RTNL, and a parked one may be freed just now. */
	rtnl_lock();
	xnf_reconfig_discard_queues(xn);
	rtnl_unlock();
}
