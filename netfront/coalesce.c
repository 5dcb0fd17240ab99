// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * How many responses bring an event: ethtool -c and -C. The ring says at which response the next
 * event is due. For receiving, that may be several responses ahead, and a timer takes those that
 * come alone. For sending, event.c chooses up to half of the responses due, with a timer of its
 * own, and the limit is here.
 */
#include <linux/ethtool.h>
#include <linux/stringify.h>

#include <compat/hrtimer.h>

#include "netfront.h"

/* A quarter of the ring: xfl_ring_event_after() goes no further. */
#define XNF_RX_FRAMES_MAX	64
/* A half of the ring, as in event.c. */
#define XNF_TX_FRAMES_MAX	128
#define XNF_RX_USECS_MAX	10000

static_assert(4 * XNF_RX_FRAMES_MAX == XNF_RING_SLOTS);
static_assert(2 * XNF_TX_FRAMES_MAX == XNF_RING_SLOTS);

/* By default each receive response brings an event, and event.c decides for transmit responses. */
void xnf_coalesce_init(struct xnf_coalesce *c)
{
	*c = (struct xnf_coalesce) {
		.rx_frames = 1,
		.tx_frames = XNF_TX_FRAMES_MAX,
	};
}

static enum hrtimer_restart xnf_rx_delay_expire(struct hrtimer *timer)
{
	struct xnf_queue *q = container_of(timer, struct xnf_queue, rx_delay.timer);

	napi_schedule(&q->napi);
	return HRTIMER_NORESTART;
}

void xnf_rx_delay_init(struct xnf_rx_delay *delay)
{
	hrtimer_setup(&delay->timer, xnf_rx_delay_expire, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
}

/**
 * xnf_rx_arm_late() - ask for an event several receive responses ahead
 * @q: the queue, its poll completed
 *
 * Only while responses come. If none came since an event was last asked for, the next response
 * brings one: so an idle queue has no timer, and the first packet no delay.
 *
 * This poll has completed, so the next one may ask for an event at the same time. The later write
 * of rsp_event wins, and can delay the event that the other poll asked for. The timer starts after
 * a late event was asked for, and bounds that delay. While it runs nobody asks for another event.
 *
 * Context: softirq.
 * Return: true if so many responses came meanwhile that no event will.
 */
bool xnf_rx_arm_late(struct xnf_queue *q)
{
	const struct xnf_coalesce *c = &q->xn->coalesce;
	struct xnf_rx_delay *delay = &q->rx_delay;
	u32 cons = READ_ONCE(q->rx.ring.rsp_cons);
	bool more;

	if (cons == READ_ONCE(delay->cons))
		return !hrtimer_is_queued(&delay->timer) && XFL_RING_ARM(&q->rx.ring, 1);
	WRITE_ONCE(delay->cons, cons);
	more = XFL_RING_ARM(&q->rx.ring, READ_ONCE(c->rx_frames) ?: XNF_RX_FRAMES_MAX);
	hrtimer_start(&delay->timer, ns_to_ktime((u64)READ_ONCE(c->rx_usecs) * NSEC_PER_USEC),
		      HRTIMER_MODE_REL_PINNED);
	return more;
}

/* ethtool -c */
int xnf_get_coalesce(struct net_device *dev, struct ethtool_coalesce *shown,
		     struct kernel_ethtool_coalesce *more, struct netlink_ext_ack *extack)
{
	const struct xnf_dev *xn = netdev_priv(dev);

	shown->rx_max_coalesced_frames = xn->coalesce.rx_frames;
	shown->rx_coalesce_usecs = xn->coalesce.rx_usecs;
	shown->tx_max_coalesced_frames = xn->coalesce.tx_frames;
	return 0;
}

static int xnf_coalesce_check(const struct xnf_coalesce *c, struct netlink_ext_ack *extack)
{
	if (c->rx_frames > XNF_RX_FRAMES_MAX)
		NL_SET_ERR_MSG_MOD(extack, "rx-frames: at most " __stringify(XNF_RX_FRAMES_MAX)
					   ", a quarter of the ring");
	else if (c->rx_usecs > XNF_RX_USECS_MAX)
		NL_SET_ERR_MSG_MOD(extack, "rx-usecs: at most " __stringify(XNF_RX_USECS_MAX));
	else if (!c->tx_frames || c->tx_frames > XNF_TX_FRAMES_MAX)
		NL_SET_ERR_MSG_MOD(extack, "tx-frames: 1 to " __stringify(XNF_TX_FRAMES_MAX)
					   ", half of the ring");
	else if (c->rx_frames != 1 && !c->rx_usecs)
		NL_SET_ERR_MSG_MOD(extack, "rx-frames other than 1 needs rx-usecs, "
					   "or the last packets of a burst would wait for ever");
	else
		return 0;
	return -EINVAL;
}

/**
 * xnf_set_coalesce() - ethtool -C
 * @dev: the interface
 * @want: what is asked for; the core fills in the present values for the rest
 * @more: not used
 * @extack: says what is wrong
 *
 * The values hold from the next poll of a queue on. A timer is behind any event asked for before.
 *
 * Context: RTNL.
 * Return: 0 or -EINVAL.
 */
int xnf_set_coalesce(struct net_device *dev, struct ethtool_coalesce *want,
		     struct kernel_ethtool_coalesce *more, struct netlink_ext_ack *extack)
{
	struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_coalesce c = {
		.rx_frames = want->rx_max_coalesced_frames,
		.rx_usecs = want->rx_coalesce_usecs,
		.tx_frames = want->tx_max_coalesced_frames,
	};
	int err = xnf_coalesce_check(&c, extack);

	if (err)
		return err;
	WRITE_ONCE(xn->coalesce.rx_frames, c.rx_frames);
	WRITE_ONCE(xn->coalesce.rx_usecs, c.rx_usecs);
	WRITE_ONCE(xn->coalesce.tx_frames, c.tx_frames);
	return 0;
}
