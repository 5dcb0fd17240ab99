// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Attaching and detaching XDP programs.
 *
 * A program runs on a private copy of each packet, with headroom and room for a fragment list
 * around it. So it needs nothing of the backend, works at any MTU, and nobody can change a packet
 * while or after the program looks at it.
 *
 * A backend that may send packets to be segmented sends up to 64 KB, whatever the MTU. An XDP frame
 * does not say that it is to be segmented. So a program could send such a packet back, or on, over
 * a link that does not take it. While there is a program, the driver does not advertise GSO, which
 * takes a reconnect. A program that knows fragments then gets packets of any MTU. With one that
 * does not, an MTU over one frame is refused.
 */
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "pages.h"
#include "xdp.h"
#include "xsk.h"

/* ---- a queue's part ---- */

static int xnf_xdp_open_rxq(struct xnf_queue *q, struct xnf_xdp *x)
{
	/*
	 * A fragment may grow up to the end of its frame. Not in large pages: kernels without
	 * "xdp: use modulo operation to calculate XDP frag tailroom" let it grow over the frames
	 * behind it.
	 */
	u32 growth = PAGE_SIZE > XFL_FRAME_SIZE ? 0 : XFL_FRAME_SIZE;
	int err = __xdp_rxq_info_reg(&x->rxq, q->xn->netdev, q->index, q->napi.napi_id, growth);

	if (err)
		return err;
	err = xdp_rxq_info_reg_mem_model(&x->rxq, x->pages.pool ? MEM_TYPE_PAGE_POOL :
					 MEM_TYPE_PAGE_SHARED, x->pages.pool);
	if (err)
		xdp_rxq_info_unreg(&x->rxq);
	return err;
}

static int xnf_xdp_open_queue(struct xnf_queue *q)
{
	struct xnf_xdp *x = kzalloc(sizeof(*x), GFP_KERNEL);
	int err;

	if (!x)
		return -ENOMEM;
	err = xnf_pages_open(&x->pages, &q->napi);
	if (err)
		goto err_free;
	err = xnf_xdp_open_rxq(q, x);
	if (err)
		goto err_pages;
	q->rx.xdp = x;
	return 0;

err_pages:
	xnf_pages_close(&x->pages);
err_free:
	kfree(x);
	return err;
}

/* End a queue's part in running a program, if it has one. Its NAPI is off. */
void xnf_xdp_close(struct xnf_queue *q)
{
	struct xnf_xdp *x = q->rx.xdp;

	if (!x)
		return;
	q->rx.xdp = NULL;
	xdp_rxq_info_unreg(&x->rxq);
	xnf_pages_close(&x->pages);
	kfree(x);
}

/**
 * xnf_xdp_open() - give all queues the program of the device, or none
 * @xn: the device; its queues are there, and their NAPI is off
 *
 * Context: RTNL.
 * Return: 0, or a negative errno; queues may then be left in either state.
 */
int xnf_xdp_open(struct xnf_dev *xn)
{
	u32 i;

	ASSERT_RTNL();
	for (i = 0; i < xn->nr_queues; i++) {
		struct xnf_queue *q = &xn->queue[i];
		int err = 0;

		if (!xn->xdp_prog)
			xnf_xdp_close(q);
		else if (!q->rx.xdp)
			err = xnf_xdp_open_queue(q);
		if (err)
			return err;
		if (q->rx.xdp)
			q->rx.xdp->prog = xn->xdp_prog;
	}
	return 0;
}

/* ---- the device ---- */

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

static int xnf_xdp_attach(struct xnf_dev *xn, struct bpf_prog *prog, struct netlink_ext_ack *extack)
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

/* ndo_bpf, under RTNL */
int xnf_bpf(struct net_device *dev, struct netdev_bpf *cmd)
{
	struct xnf_dev *xn = netdev_priv(dev);

	switch (cmd->command) {
	case XDP_SETUP_PROG:
		return xnf_xdp_attach(xn, cmd->prog, cmd->extack);
	case XDP_SETUP_XSK_POOL:
		return xnf_xsk_setup(xn, cmd->xsk.pool, cmd->xsk.queue_id);
	default:
		return -EINVAL;
	}
}
