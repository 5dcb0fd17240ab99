// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Making and unmaking a queue: rings, references, bounce frames, receive frames, event channels,
 * NAPI. Counters and the generations of ids outlive a connection: they stay in the queue, or
 * xnf_queue_inherit() copies them to the next one.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include <compat/queue_napi.h>

#include "pages.h"
#include "xdp.h"
#include "xsk.h"

/* ---- bounce frames ---- */

/*
 * Transmit bounce frames: the driver grants them read-only once, when a connection is made, and
 * copies packets to them. The first frames are cut into a buffer for each slot, for small packets
 * and headers: such a slot costs no grant. The others take packets of too many pieces.
 */

static void xnf_bounce_init_slots(struct xnf_tx *tx)
{
	u32 i, per_frame = XFL_FRAME_SIZE / tx->slot_buf_size;

	for (i = 0; i < XNF_RING_SLOTS; i++) {
		const struct xfl_gframe *s = &tx->bounce[i / per_frame];
		struct xnf_tx_slot *slot = &tx->slot[i];

		slot->buf_offset = i % per_frame * tx->slot_buf_size;
		slot->buf = s->va + slot->buf_offset;
		slot->buf_gref = s->gref;
		slot->bounce = XNF_NO_BOUNCE;
	}
}

/**
 * xnf_bounce_alloc() - allocate and grant a queue's bounce frames
 * @tx: transmit side; @tx->grefs has a reference for each frame, @tx->slot is there
 * @nr_gather: frames for gathering
 *
 * Context: process; allocates with GFP_NOIO.
 * Return: 0 or -ENOMEM; then nothing is left.
 */
static int xnf_bounce_alloc(struct xnf_tx *tx, u32 nr_gather)
{
	u32 i, nr = xnf_tx_slot_buf_frames(tx) + nr_gather;

	tx->bounce = kvcalloc(nr, sizeof(*tx->bounce), GFP_NOIO);
	tx->bounce_free = kvcalloc(nr_gather, sizeof(*tx->bounce_free), GFP_NOIO);
	if (!tx->bounce || !tx->bounce_free || xfl_framepool_init(&tx->pool, nr))
		goto err_arrays;
	if (!xfl_framepool_want(&tx->pool, nr, GFP_NOIO))
		goto err_pool;
	for (i = 0; i < nr; i++)
		xfl_gframe_get(&tx->bounce[i], &tx->pool, &tx->grefs, true);
	tx->nr_bounce = nr;
	xnf_bounce_init_slots(tx);
	tx->nr_bounce_free = 0;
	while (nr > xnf_tx_slot_buf_frames(tx))
		tx->bounce_free[tx->nr_bounce_free++] = --nr;
	return 0;

err_pool:
	xfl_framepool_destroy(&tx->pool);
err_arrays:
	kvfree(tx->bounce_free);
	kvfree(tx->bounce);
	tx->bounce_free = NULL;
	tx->bounce = NULL;
	return -ENOMEM;
}

/* End the grants of bounce frames and free them; a frame that is still mapped is parked. */
static void xnf_bounce_free(struct xnf_tx *tx)
{
	while (tx->nr_bounce)
		xfl_gframe_put(&tx->bounce[--tx->nr_bounce], &tx->pool, &tx->grefs);
	xfl_framepool_destroy(&tx->pool);
	kvfree(tx->bounce_free);
	kvfree(tx->bounce);
	tx->bounce_free = NULL;
	tx->bounce = NULL;
	tx->nr_bounce_free = 0;
}

/* ---- transmit side and receive side ---- */

static u32 xnf_tx_gather_frames(const struct xnf_tx *tx)
{
	return tx->copy_all ? XNF_RING_SLOTS : XNF_GATHER_PACKETS * tx->max_slots;
}

static void xnf_tx_slots_init(struct xnf_tx *tx)
{
	u32 i;

	xfl_slots_init(&tx->slots, tx->slot_memory, XNF_RING_SLOTS, 16);
	for (i = 0; i < XNF_RING_SLOTS; i++)
		tx->slot[i].gref = xfl_gref_pop(&tx->grefs);
}

/* A reference that was parked with its packet is invalid, and is not given back here. */
static void xnf_tx_slots_free(struct xnf_tx *tx)
{
	u32 i;

	for (i = 0; i < XNF_RING_SLOTS; i++)
		if (tx->slot[i].gref != INVALID_GRANT_REF)
			xfl_gref_push(&tx->grefs, tx->slot[i].gref);
	kvfree(tx->slot);
	tx->slot = NULL;
}

static void xnf_tx_free(struct xnf_tx *tx)
{
	xnf_bounce_free(tx);
	xnf_tx_slots_free(tx);
	xfl_grefs_destroy(&tx->grefs);
	xfl_ring_mem_free(&tx->mem);
}

static int xnf_tx_alloc_slot_bufs(struct xnf_queue *q, u32 slot_buf_size)
{
	struct xenbus_device *xbdev = q->xn->xd.xbdev;
	struct xnf_tx *tx = &q->tx;
	u32 nr_grefs;
	int err;

	tx->copy_all = !q->xn->trusted;
	tx->max_slots = q->xn->offer.max_tx_slots;
	tx->extra_rsps_due = 0;
	tx->slot_buf_size = slot_buf_size;
	nr_grefs = XNF_RING_SLOTS + xnf_tx_slot_buf_frames(tx) + xnf_tx_gather_frames(tx);

	err = xfl_ring_mem_alloc(xbdev, &tx->mem, 1);
	if (err)
		return err;
	err = xfl_grefs_init(&tx->grefs, xbdev->otherend_id, nr_grefs, nr_grefs);
	if (err)
		goto err_ring;
	err = -ENOMEM;
	tx->slot = kvcalloc(XNF_RING_SLOTS, sizeof(*tx->slot), GFP_NOIO);
	if (!tx->slot)
		goto err_grefs;
	xnf_tx_slots_init(tx);
	err = xnf_bounce_alloc(tx, xnf_tx_gather_frames(tx));
	if (err)
		goto err_slots;
	return 0;

err_slots:
	xnf_tx_slots_free(tx);
err_grefs:
	xfl_grefs_destroy(&tx->grefs);
err_ring:
	xfl_ring_mem_free(&tx->mem);
	return err;
}

/* If memory or references are short, the queue has slot buffers of the least size. */
static int xnf_tx_alloc(struct xnf_queue *q)
{
	u32 wanted = roundup_pow_of_two(max(q->xn->copybreak.tx, XNF_SLOT_BUF_MIN));
	int err = xnf_tx_alloc_slot_bufs(q, wanted);

	if (err && wanted > XNF_SLOT_BUF_MIN)
		err = xnf_tx_alloc_slot_bufs(q, XNF_SLOT_BUF_MIN);
	return err;
}

static void xnf_rx_free(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;

	xnf_rx_drop_all(q);
	xnf_pages_close(&rx->pages);
	xfl_grefs_destroy(&rx->grefs);
	kvfree(rx->buf);
	rx->buf = NULL;
	rx->ring.sring = NULL;
	xfl_ring_mem_free(&rx->mem);
}

static void xnf_rx_init(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;

	rx->rules = (struct xnf_rx_rules) {
		.max_slots = xnf_rx_max_slots(),
		.extras = BIT(XNF_EXTRA_GSO),
		.gso = BIT(XNF_GSO_TCPV4) | BIT(XNF_GSO_TCPV6),
	};
	rx->copy_all = !q->xn->trusted;
	rx->xsk_mode = false;
	rx->nr_fallback_idle = 0;
	rx->pushed = 0;
	rx->nr_pending_bufs = 0;
	xnf_rx_reset(&rx->packet);
	XEN_FRONT_RING_INIT(&rx->ring, (struct xnf_rx_sring *)rx->mem.vaddr, XEN_PAGE_SIZE);
}

static int xnf_rx_alloc(struct xnf_queue *q)
{
	struct xenbus_device *xbdev = q->xn->xd.xbdev;
	struct xnf_rx *rx = &q->rx;
	int err;

	err = xfl_ring_mem_alloc(xbdev, &rx->mem, 1);
	if (err)
		return err;
	err = xfl_grefs_init(&rx->grefs, xbdev->otherend_id, XNF_RING_SLOTS, XNF_RING_SLOTS);
	if (err)
		goto err_ring;
	err = -ENOMEM;
	rx->buf = kvcalloc(XNF_RING_SLOTS, sizeof(*rx->buf), GFP_NOIO);
	if (!rx->buf)
		goto err_grefs;
	err = xnf_pages_open(&rx->pages, &q->napi);
	if (err)
		goto err_buf;
	xnf_rx_init(q);
	return 0;

err_buf:
	kvfree(rx->buf);
	rx->buf = NULL;
err_grefs:
	xfl_grefs_destroy(&rx->grefs);
err_ring:
	xfl_ring_mem_free(&rx->mem);
	return err;
}

/*
 * The ring is shown to senders, and taken from them, under the transmit lock. XDP frames are
 * redirected here without asking the stack. Whoever sees the ring writes to it, and starts the
 * timer.
 */
static void xnf_tx_open(struct xnf_queue *q)
{
	struct xnf_tx *tx = &q->tx;

	__netif_tx_lock_bh(q->txq);
	XEN_FRONT_RING_INIT(&tx->ring, (struct xnf_tx_sring *)tx->mem.vaddr, XEN_PAGE_SIZE);
	WRITE_ONCE(tx->asked, 0);
	WRITE_ONCE(tx->armed, tx->ring.sring->rsp_event);
	__netif_tx_unlock_bh(q->txq);
}

static void xnf_tx_close(struct xnf_queue *q)
{
	__netif_tx_lock_bh(q->txq);
	q->tx.ring.sring = NULL;
	__netif_tx_unlock_bh(q->txq);
}

/* ---- the queue ---- */

static void xnf_queue_init(struct xnf_dev *xn, struct xnf_queue *q, u32 index)
{
	q->xn = xn;
	q->index = index;
	q->txq = netdev_get_tx_queue(xn->netdev, index);
	timer_setup(&q->timer, xnf_queue_timer, 0);
	xnf_rx_delay_init(&q->rx_delay);
	u64_stats_init(&q->stats.tx_sync);
	u64_stats_init(&q->stats.rx_sync);
	u64_stats_init(&q->stats.kick_sync);
}

/**
 * xnf_queues_new() - room for all the queues an interface may ever have, none of them ready
 * @xn: the device
 *
 * Return: an array to be freed with kvfree(), or NULL.
 */
struct xnf_queue *xnf_queues_new(struct xnf_dev *xn)
{
	struct xnf_queue *queue = kvcalloc(xn->max_queues, sizeof(*queue), GFP_KERNEL);
	u32 i;

	if (!queue)
		return NULL;
	for (i = 0; i < xn->max_queues; i++)
		xnf_queue_init(xn, &queue[i], i);
	return queue;
}

/**
 * xnf_queue_alloc() - make a queue ready to be published
 * @q: the queue; @q->xn->offer says what was agreed
 *
 * The receive ring is filled, so that a connected backend finds entries even while the interface
 * is down.
 *
 * Context: process, with RTNL: NAPI instances come and go under it.
 * Return: 0 or a negative errno; then nothing is left.
 */
int xnf_queue_alloc(struct xnf_queue *q)
{
	int err;

	ASSERT_RTNL();
	netif_napi_add(q->xn->netdev, &q->napi, xnf_poll);
	err = xnf_tx_alloc(q);
	if (err)
		goto err_napi;
	err = xnf_rx_alloc(q);
	if (err)
		goto err_tx;
	err = xnf_events_bind(q);
	if (err)
		goto err_rx;
	netif_napi_set_irq(&q->napi, q->rx_ec.irq ?: q->tx_ec.irq);
	xnf_affinity_hint(q);
	xnf_rx_prepare(q);
	xnf_tx_open(q);
	return 0;

err_rx:
	xnf_rx_free(q);
err_tx:
	xnf_tx_free(&q->tx);
err_napi:
	netif_napi_del(&q->napi);
	return err;
}

/**
 * xnf_queue_inherit() - take over counters and generations of ids from another queue
 * @q: the queue, never live yet
 * @old: the queue of the same number, unmade
 */
void xnf_queue_inherit(struct xnf_queue *q, const struct xnf_queue *old)
{
	u32 i;

	q->stats = old->stats;
	for (i = 0; i < XNF_RING_SLOTS; i++)
		q->tx.slot_memory[i].gen = old->tx.slot_memory[i].gen;
}

/**
 * xnf_queue_free() - unmake a queue
 * @q: the queue; not live, its backend gone or given up
 *
 * What the backend still maps is parked.
 *
 * Context: process, with RTNL.
 */
void xnf_queue_free(struct xnf_queue *q)
{
	ASSERT_RTNL();
	xnf_tx_close(q);
	timer_delete_sync(&q->timer);
	hrtimer_cancel(&q->rx_delay.timer);
	xnf_xdp_close(q);
	xnf_events_unbind(q);
	xnf_tx_drop_all(q);
	xnf_rx_free(q);
	xnf_tx_free(&q->tx);
	netif_napi_del(&q->napi);
	xnf_xsk_close(q);
}
