// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * A queue's part in an XDP program and in a zero-copy socket: what a queue needs for either, while
 * it is made and unmade.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "pages.h"
#include "xdp.h"
#include "xsk.h"

/* ---- XDP ---- */

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

/* ---- AF_XDP ---- */

/* Clear the NAPI id, so that busy pollers do not look up an instance that is freed. */
void xnf_xsk_close_rxq(struct xdp_rxq_info *rxq)
{
	if (xdp_rxq_info_is_reg(rxq))
		xdp_rxq_info_unreg(rxq);
	memset(rxq, 0, sizeof(*rxq));
}

/* Each connection has new NAPI instances, and packets carry the id of theirs. */
static int xnf_xsk_open_rxq(struct xnf_queue *q, struct xdp_rxq_info *rxq)
{
	xnf_xsk_close_rxq(rxq);
	return xdp_rxq_info_reg(rxq, q->xn->netdev, q->index, q->napi.napi_id) ?:
	       xdp_rxq_info_reg_mem_model(rxq, MEM_TYPE_XSK_BUFF_POOL, NULL);
}

static void xnf_xsk_open_queue(struct xnf_queue *q)
{
	struct xnf_xsk *x = xnf_xsk_of(q);
	struct xnf_rx *rx = &q->rx;

	if (!x || xnf_xsk_open_rxq(q, &x->rxq)) {
		if (xfl_may_log(&q->xn->xd))
			netdev_warn(q->xn->netdev,
				    "queue %u: AF_XDP socket is copied to, and nothing sent for it: %s\n",
				    q->index,
				    q->xn->trusted ? "too few grants" : "backend not trusted");
		return;
	}
	WRITE_ONCE(q->xsk, x);
	/* A packet may lie in chunks and in fallback frames both. */
	rx->copy_all = true;
	rx->xsk_mode = true;
	rx->nr_fallback = rx->ring.req_prod_pvt - rx->ring.rsp_cons;
	rx->starved_since = 0;
}

/**
 * xnf_xsk_open() - have queues serve their zero-copy sockets
 * @xn: the device; its queues are there, and their NAPI is off
 *
 * A queue that cannot serve its socket works without it up to the next connection.
 *
 * Context: life cycle, with RTNL.
 */
void xnf_xsk_open(struct xnf_dev *xn)
{
	u32 i;

	ASSERT_RTNL();
	for (i = 0; i < xn->nr_queues; i++)
		if (xn->xsk[i].pool)
			xnf_xsk_open_queue(&xn->queue[i]);
}

/* A queue no longer serves its zero-copy socket, if it has one. Its NAPI is off, RTNL is held. */
void xnf_xsk_close(struct xnf_queue *q)
{
	ASSERT_RTNL();
	if (!q->xsk)
		return;
	xnf_xsk_close_rxq(&q->xsk->rxq);
	q->rx.xsk_mode = false;
	WRITE_ONCE(q->xsk, NULL);
}
