// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Attaching and detaching XDP programs; xsk.c does so with zero-copy sockets.
 *
 * A program runs on a private copy of each packet, with headroom and room for a fragment list
 * around it. So it needs nothing of the backend, works at any MTU, and nobody can change the copy
 * while or after the program looks at it. In the chunk of a zero-copy socket the program runs on
 * the packet itself, to which the socket's owner and the backend can write.
 *
 * A backend that may send packets to be segmented sends up to 64 KB, whatever the MTU. An XDP frame
 * does not say that it is to be segmented. So a program could send such a packet back, or on, over
 * a link that does not take it. While there is a program, the driver does not advertise GSO
 * (xnf_publish_skips()), which takes a reconnect. A program that knows fragments then gets packets
 * of any MTU. With one that does not, an MTU over one frame is refused.
 */
#include <linux/rtnetlink.h>

#include "xdp.h"

/* Set what follows from the program and the sockets that there are now. RTNL is held. */
void xnf_xdp_update_limits(struct xnf_dev *xn)
{
	const struct bpf_prog *prog = xn->xdp_prog;

	ASSERT_RTNL();
	xn->xdp_single_buf = xn->nr_xsk || (prog && !prog->aux->xdp_has_frags);
	WRITE_ONCE(xn->xdp_used, xn->nr_xsk || prog);
}

static void xnf_xdp_set_prog(struct xnf_dev *xn, struct bpf_prog *prog)
{
	xn->xdp_prog = prog;
	xnf_xdp_update_limits(xn);
}

/* Queues exist from the connect on, which may be long before they are live. */
static bool xnf_xdp_have_queues(const struct xnf_dev *xn)
{
	return xn->queue[0].tx.ring.sring;
}

static int xnf_xdp_install(struct xnf_dev *xn, struct bpf_prog *prog)
{
	struct bpf_prog *old = xn->xdp_prog;
	int err = 0;

	xnf_netdev_detach(xn);
	xnf_xdp_set_prog(xn, prog);
	if (xnf_xdp_have_queues(xn))
		err = xnf_xdp_open(xn);
	if (err) {
		xnf_xdp_set_prog(xn, old);
		/* Without a program nothing is allocated: the queues are only closed. */
		if (!old)
			xnf_xdp_open(xn);
	}
	if (!err && xnf_features_stale(xn))
		xnf_netdev_disable(xn);
	else
		xnf_netdev_attach(xn);
	return err;
}

/* XDP_SETUP_PROG of ndo_bpf. @prog: %NULL to run none any more. */
int xnf_xdp_attach(struct xnf_dev *xn, struct bpf_prog *prog, struct netlink_ext_ack *extack)
{
	struct net_device *dev = xn->netdev;
	struct bpf_prog *old = xn->xdp_prog;
	int err;

	if (prog && !prog->aux->xdp_has_frags && dev->mtu > XNF_XDP_MTU) {
		NL_SET_ERR_MSG_MOD(extack, "an MTU over one frame needs a program that takes fragments");
		return -EOPNOTSUPP;
	}
	err = xnf_xdp_install(xn, prog);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "no memory for the program's packets");
		return err;
	}
	xnf_netdev_limit_mtu(xn);
	if (old)
		bpf_prog_put(old);
	return 0;
}
