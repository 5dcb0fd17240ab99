// SPDX-License-Identifier: GPL-2.0
/*
 * Another number of queues for an interface in use: ethtool -l and -L.
 *
 * Backends read the number once per connection, so the change is a reconnect. All
 * that the new queues need is had before the old ones stop: short of memory, grants
 * or channels, the request fails and nothing has happened. The reconnect itself is
 * left to the life cycle, because a request comes with RTNL held and nobody should
 * wait for another domain with that.
 */
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "channels.h"

/* How long a backend may take to part and to connect again. */
#define XNF_RECONFIG_TIMEOUT	(12 * XFL_BACKEND_TIMEOUT)

/* ---- queues made ahead ---- */

static struct xnf_queue_cfg xnf_queue_cfg_now(const struct xnf_dev *xn)
{
	return (struct xnf_queue_cfg) {
		.resumes = READ_ONCE(xn->xd.restores),
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

	return now.resumes == then->resumes && now.max_tx_slots == then->max_tx_slots &&
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

/* Counters may be read meanwhile without RTNL, see xnf_stats64(). */
static void xnf_reconfig_install_queues(struct xnf_dev *xn)
{
	struct xnf_queue *old = xn->queue;
	u32 i;

	for (i = 0; i < xn->max_queues; i++)
		xnf_queue_inherit(&xn->reconfig.new_queues[i], &old[i]);
	smp_store_release(&xn->queue, xn->reconfig.new_queues);	/* inherited before it is seen */
	xn->reconfig.new_queues = NULL;
	xn->reconfig.nr_new = 0;
	synchronize_net();
	kvfree(old);
}

/**
 * xnf_channels_take() - use the queues that were made for a change, if there are any
 * @xn: the device, without queues; its offer has been read
 *
 * Those made for a connection of other terms are of no use and go.
 *
 * Context: life cycle, with RTNL.
 * Return: whether @xn->queue has its queues.
 */
bool xnf_channels_take(struct xnf_dev *xn)
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

/**
 * xnf_get_channels() - ethtool -l
 * @dev: the interface
 * @ch: filled in
 */
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
 * Return: 0 if the change is on its way, -EBUSY while another is, or while there is
 * no connection; other errors if the new queues cannot be had. A backend that does
 * not go along later gets the old number again.
 */
int xnf_set_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct xnf_dev *xn = netdev_priv(dev);
	u32 nr = ch->combined_count;
	int err;

	/* Without RTNL the life cycle gets no further than what these two say. */
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
	/* Not a freezable one: suspend would wait for us, and we for the frozen life cycle. */
	queue_work(system_long_wq, &xn->reconfig.work);
	return 0;
}

/**
 * xnf_channels_init() - no change under way
 * @xn: the device
 */
void xnf_channels_init(struct xnf_dev *xn)
{
	INIT_WORK(&xn->reconfig.work, xnf_reconfig_work);
}

/**
 * xnf_channels_fini() - wait for a change under way, and forget it
 * @xn: the device, unregistered, its life ended
 */
void xnf_channels_fini(struct xnf_dev *xn)
{
	cancel_work_sync(&xn->reconfig.work);
	/* The core's list of NAPI instances is RTNL's, and the parking place may be at it. */
	rtnl_lock();
	xnf_reconfig_discard_queues(xn);
	rtnl_unlock();
}
