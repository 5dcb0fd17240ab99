// SPDX-License-Identifier: GPL-2.0
/*
 * When a stopped queue stays stopped. Either an event was lost, which a poll mends;
 * or our doorbell was, which another mends; or the backend takes nothing, and then a
 * new connection may help, but not too soon: one that limits our rate may rest for long, and says
 * how long.
 */
#include <linux/netdevice.h>

#include "netfront.h"

/* How long nothing moves before a reconnect. */
#define XNF_PATIENCE		(30 * HZ)
/* From one such reconnect to the next at least. */
#define XNF_REVIVE_PAUSE	(60 * HZ)

static void count_timeout(struct xnf_queue *q)
{
	u64_stats_update_begin(&q->stats.rescue_sync);
	u64_stats_inc(&q->stats.tx_timeouts);
	u64_stats_update_end(&q->stats.rescue_sync);
}

/* Return: how long no response came, to the watchdog's knowledge. */
static unsigned long stuck_for(const struct xnf_queue *q)
{
	return (unsigned long)q->stuck * q->xn->netdev->watchdog_timeo;
}

static void revive(struct xnf_queue *q)
{
	struct xnf_dev *xn = q->xn;

	if (xn->revived && time_before(jiffies, xn->revived + XNF_REVIVE_PAUSE))
		return;
	xn->revived = jiffies ?: 1;
	netdev_warn(xn->netdev, "queue %u: backend has sent nothing for %lu s, reconnecting\n",
		    q->index, stuck_for(q) / HZ);
	xfl_reconnect(&xn->xd);
}

/**
 * xnf_tx_timeout() - ndo_tx_timeout
 * @dev: the interface
 * @index: of the queue
 *
 * Context: softirq, from the core's watchdog: the device is running and its carrier is on, and
 * xnf_netdev_stop() waits for us.
 */
void xnf_tx_timeout(struct net_device *dev, unsigned int index)
{
	struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_queue *q = &xn->queue[index];
	u32 cons = READ_ONCE(q->tx.ring.rsp_cons);

	if (!q->tx.ring.sring)
		return;
	count_timeout(q);
	if (cons != q->stuck_at || xnf_tx_answered(&q->tx))
		q->stuck = 0;
	q->stuck_at = cons;
	napi_schedule(&q->napi);
	xfl_evtchn_notify(&q->tx_ec);
	q->stuck++;
	if (stuck_for(q) < XNF_PATIENCE + (unsigned long)xn->offer.rest * HZ)
		return;
	revive(q);
	q->stuck = 0;
}
