// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Attaching and detaching zero-copy sockets, and waking the poll for one.
 *
 * A backend writes each packet from the start of a frame on. So a chunk is whole frames, and there
 * is no headroom. Linux netback can be asked to leave some (feature-xdp-headroom). But it leaves
 * the room in every slot of every queue, and adds an extra to each packet. Nor does it count the
 * room when it checks whether a packet still fits the ring. The stack's packets would pay for what
 * few programs want.
 *
 * With other chunks, and with a backend that is not trusted, the core copies instead.
 */
#include <linux/dma-mapping.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include <compat/dma_coherent.h>

#include "xdp.h"
#include "xsk.h"

/* Return: why the backend cannot be given the pool's chunks, NULL if it can. */
static const char *xnf_xsk_objection(const struct xnf_dev *xn, const struct xsk_buff_pool *pool)
{
	if (!xn->offer.rx_copy)
		return "there is no backend yet";
	if (!xn->trusted)
		return "the backend is not trusted";
	if (pool->unaligned || xfl_frame_offset(pool->chunk_size))
		return "chunks are not whole frames of 4096 bytes";
	if (pool->headroom)
		return "there is no room for headroom";
	if (xn->netdev->mtu > XNF_XDP_MTU)
		return "the MTU is over one frame";
	return NULL;
}

/* The core does not log why zero-copy is refused, and copies unless the socket forbids it. */
static int xnf_xsk_check(const struct xnf_dev *xn, const struct xsk_buff_pool *pool, u32 index)
{
	const char *why;

	/* A change of the number of queues may be under way, and may still fail. */
	if (index >= min(xn->nr_queues, xn->want_queues))
		return -EINVAL;
	if (xn->xsk[index].pool)
		return -EBUSY;
	why = xnf_xsk_objection(xn, pool);
	if (!why)
		return 0;
	if (net_ratelimit())
		netdev_info(xn->netdev, "queue %u: no zero-copy: %s\n", index, why);
	return -EOPNOTSUPP;
}

/* The core wants memory mapped for a device. Nobody uses the addresses that it gets. */
static int xnf_xsk_map(struct xnf_dev *xn, struct xsk_buff_pool *pool)
{
	struct device *dev = &xn->xd.xbdev->dev;

	return dma_coerce_mask_and_coherent(dev, DMA_BIT_MASK(64)) ?:
	       xsk_pool_dma_map(pool, dev, DMA_ATTR_SKIP_CPU_SYNC);
}

/**
 * xnf_xsk_init() - no socket yet
 * @xn: the device; xnf_netdev_free() frees @xn->xsk
 * @dev: the device on the Xen bus
 *
 * Context: probe, which keeps others from changing @dev.
 * Return: 0 or -ENOMEM.
 */
int xnf_xsk_init(struct xnf_dev *xn, struct device *dev)
{
	INIT_LIST_HEAD(&xn->umems);
	xn->xsk = kvcalloc(xn->max_queues, sizeof(*xn->xsk), GFP_KERNEL);
	if (!xn->xsk)
		return -ENOMEM;
	/* The other end is a CPU, so the core need not clean and invalidate caches. */
	dev_set_dma_coherent(dev);
	return 0;
}

/* ---- coming and going ---- */

/* What was agreed with the backend does not hold any more: reconnect. */
static void xnf_xsk_renew(struct xnf_dev *xn)
{
	WRITE_ONCE(xn->xsk_gen, xn->xsk_gen + 1);
	xnf_xdp_update_limits(xn);
	xnf_netdev_limit_mtu(xn);
	xnf_netdev_disable(xn);
}

static void xnf_xsk_set_pool(struct xnf_xsk *x, struct xsk_buff_pool *pool, struct xnf_umem *u)
{
	x->pool = pool;
	x->umem = u;
	x->slots = min(pool->chunk_size / XFL_FRAME_SIZE, XNF_SLOTS_MIN);
	x->head = 0;
	x->tail = 0;
	memset(x->pending, 0, sizeof(x->pending));
	xnf_xsk_close_rxq(&x->rxq);
	/* Last, as busy pollers of the socket look there from now on. */
	xsk_pool_set_rxq_info(pool, &x->rxq);
}

static int xnf_xsk_attach(struct xnf_dev *xn, struct xsk_buff_pool *pool, u32 index)
{
	int err = xnf_xsk_check(xn, pool, index);
	struct xnf_umem *u;

	if (err)
		return err;
	u = xnf_umem_get(xn, pool->umem);
	if (IS_ERR(u))
		return PTR_ERR(u);
	err = xnf_xsk_map(xn, pool);
	if (err) {
		xnf_umem_put(u);
		return err;
	}
	xnf_netdev_detach(xn);
	xnf_xsk_set_pool(&xn->xsk[index], pool, u);
	xn->nr_xsk++;
	xnf_xsk_renew(xn);
	return 0;
}

static void xnf_xsk_detach(struct xnf_dev *xn, u32 index)
{
	struct xnf_queue *q = &xn->queue[index];
	struct xnf_xsk *x = &xn->xsk[index];

	if (!x->pool)
		return;
	xnf_netdev_detach(xn);
	if (q->xsk)
		xnf_xsk_rx_forget(q);
	xnf_xsk_close(q);
	xsk_pool_dma_unmap(x->pool, DMA_ATTR_SKIP_CPU_SYNC);
	x->pool = NULL;
	xnf_umem_put(x->umem);
	xn->nr_xsk--;
	xnf_xsk_renew(xn);
}

/**
 * xnf_xsk_setup() - bind a socket's pool to a queue, or unbind the bound one
 * @xn: the device
 * @pool: the pool, or NULL
 * @index: of the queue
 *
 * Memory and references are allocated here, so that the caller hears of a shortage. The life cycle
 * then reconnects: nobody should wait for another domain with RTNL held.
 *
 * Context: RTNL.
 * Return: 0; -EOPNOTSUPP if zero-copy is not possible; another errno. Unbinding succeeds.
 */
int xnf_xsk_setup(struct xnf_dev *xn, struct xsk_buff_pool *pool, u32 index)
{
	ASSERT_RTNL();
	if (pool)
		return xnf_xsk_attach(xn, pool, index);
	xnf_xsk_detach(xn, index);
	return 0;
}

/**
 * xnf_xsk_wakeup() - ndo_xsk_wakeup
 * @dev: the interface
 * @index: of the queue
 * @flags: which ring the socket means; NAPI looks at both
 *
 * Context: softirq or process, in an RCU read section.
 * Return: 0, or -ENETDOWN if there is no connection just now.
 */
int xnf_xsk_wakeup(struct net_device *dev, u32 index, u32 flags)
{
	const struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_queue *q;

	if (!READ_ONCE(xn->live) || !netif_running(dev))
		return -ENETDOWN;
	if (index >= READ_ONCE(xn->nr_queues))
		return -EINVAL;
	q = &READ_ONCE(xn->queue)[index];
	if (!READ_ONCE(q->xsk))
		return -ENETDOWN;
	if (napi_if_scheduled_mark_missed(&q->napi))
		return 0;
	local_bh_disable();
	napi_schedule(&q->napi);
	local_bh_enable();
	return 0;
}
