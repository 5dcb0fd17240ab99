// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Transmit bounce frames: the driver grants them read-only once, when a connection is made, and
 * copies packets to them. The first frames are cut into a buffer for each slot, for small packets
 * and headers: such a slot costs no grant. The others take packets of too many pieces.
 */
#include <linux/slab.h>

#include "netfront.h"

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
int xnf_bounce_alloc(struct xnf_tx *tx, u32 nr_gather)
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
void xnf_bounce_free(struct xnf_tx *tx)
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
