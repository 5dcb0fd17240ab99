// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * How many responses bring an event: ethtool -c and -C. The ring says at which response the next
 * event is due. For receiving, that may be several responses ahead, and a timer takes those that
 * come alone, see event.c. For sending, tx_reap.c chooses half of the responses due, or a few more
 * where few are due, with a timer of its own. The limits are here.
 */
#include <linux/ethtool.h>
#include <linux/stringify.h>

#include "netfront.h"

/* A half of the ring, as in tx_reap.c. */
#define XNF_TX_FRAMES_MAX	128
#define XNF_RX_USECS_MAX	10000

static_assert(4 * XNF_RX_FRAMES_MAX == XNF_RING_SLOTS);
static_assert(2 * XNF_TX_FRAMES_MAX == XNF_RING_SLOTS);

/* By default each receive response brings an event. tx_reap.c decides for transmit responses. */
void xnf_coalesce_init(struct xnf_coalesce *c)
{
	*c = (struct xnf_coalesce) {
		.rx_frames = 1,
		.tx_frames = XNF_TX_FRAMES_MAX,
	};
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
