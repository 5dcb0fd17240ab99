// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * How many queues a connection has: as many as were agreed, or fewer where grants or memory are
 * short.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include <xenfront/grant.h>

#include "netfront.h"

/* The end of xnf_queues_alloc(), for the first @nr queues. */
void xnf_queues_free(struct xnf_dev *xn, u32 nr)
{
	while (nr)
		xnf_queue_free(&xn->queue[--nr]);
}

/* Fewer queues are better than no connection, or than no references left for other devices. */
static int xnf_queues_accept_fewer(struct xnf_dev *xn, u32 nr)
{
	int err = netif_set_real_num_tx_queues(xn->netdev, nr) ?:
		  netif_set_real_num_rx_queues(xn->netdev, nr);

	if (err) {
		xnf_queues_free(xn, nr);
		return err;
	}
	if (xfl_may_log(&xn->xd))
		netdev_warn(xn->netdev, "grants or memory for %u of %u queues only\n", nr,
			    xn->nr_queues);
	WRITE_ONCE(xn->nr_queues, nr);
	return 0;
}

/**
 * xnf_queues_alloc() - make the queues of a connection, or as many as there are grants for
 * @xn: the device, without queues; @xn->nr_queues is lowered if there are fewer
 *
 * Context: life cycle, with RTNL.
 * Return: 0 or a negative errno; then nothing is left.
 */
int xnf_queues_alloc(struct xnf_dev *xn)
{
	int err = 0;
	u32 i;

	ASSERT_RTNL();
	for (i = 0; i < xn->nr_queues; i++) {
		err = xnf_queue_alloc(&xn->queue[i]);
		if (!err && i && !xfl_grefs_room()) {
			xnf_queue_free(&xn->queue[i]);
			err = -ENOSPC;
		}
		if (err)
			break;
	}
	if (err && i)
		return xnf_queues_accept_fewer(xn, i);
	return err;
}
