// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching and detaching XDP programs.
 *
 * Programs run on a private copy of each packet, with headroom and room for a fragment
 * list around it. So they need nothing of the backend, work at any MTU, and nobody can
 * change a packet while or after they look at it.
 *
 * A backend that may send packets to be segmented sends up to 64 KB, whatever the MTU. A program
 * could send such a one back, or on, over a link that takes nothing like it: an XDP frame does
 * not say that it is to be segmented. So as long as there is a program the backend is told to
 * segment what it sends, by a reconnect. One that knows fragments then gets packets of any MTU, one
 * that does not those of up to a frame: a larger MTU is refused.
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
	 * A fragment may grow up to its frame's end. Not in large pages: kernels without "xdp: use
	 * modulo operation to calculate XDP frag tailroom" let it grow over the frames behind it.
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

/**
 * xnf_xdp_close() - a queue's packets are no longer shown to a program
 * @q: the queue, its NAPI off; one without a program is accepted
 */
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
 * xnf_xdp_open() - have all queues do what the program of the device asks for
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

/**
 * xnf_xdp_update_limits() - see which packets are still of use
 * @xn: the device, of which a program or a zero-copy socket came or went
 *
 * Context: RTNL.
 */
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

/* They may be long before they are live: from when the backend was told of them. */
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
		/* Allocates nothing: queues that had no part in the old one are closed, no more. */
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

/**
 * xnf_bpf() - ndo_bpf
 * @dev: the interface
 * @cmd: what is to be done
 *
 * Context: RTNL.
 * Return: 0 or a negative errno.
 */
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
