// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit staging: frames granted read-only once, when a connection is made, and
 * copied to ever after. The first are cut into a cell for each slot, for small
 * packets and headers: such a slot costs no grant. The others gather packets of too many pieces.
 */
#include <linux/slab.h>

#include "netfront.h"

/**
 * xnf_stage_grant() - take a frame and grant it for as long as a connection lasts
 * @grefs: a stack with a reference on it
 * @pool: a pool with a frame in it
 * @s: filled in
 * @readonly: whether the backend may only read
 */
void xnf_stage_grant(struct xfl_grefs *grefs, struct xfl_framepool *pool,
		     struct xnf_stage_frame *s, bool readonly)
{
	s->frame = xfl_framepool_get(pool);
	s->va = xfl_frame_va(&s->frame);
	s->gref = xfl_gref_pop(grefs);
	xfl_grant(grefs, s->gref, xfl_frame_gfn(&s->frame), readonly);
}

/**
 * xnf_stage_end() - the end of xnf_stage_grant()
 * @grefs: as there
 * @pool: as there
 * @s: the frame; parked if the backend still maps it
 */
void xnf_stage_end(struct xfl_grefs *grefs, struct xfl_framepool *pool,
		   struct xnf_stage_frame *s)
{
	if (xfl_grant_end_free(grefs, s->gref)) {
		xfl_framepool_put(pool, s->frame);
		return;
	}
	xfl_gref_abandon(grefs, 1);
	xfl_framepool_abandon(pool);
	xfl_park(&s->gref, 1, xfl_park_put_page, s->frame.page);
}

static void xnf_bounce_init_slots(struct xnf_tx *tx)
{
	u32 i, per_frame = XFL_FRAME_SIZE / tx->cell_size;

	for (i = 0; i < XNF_RING_SLOTS; i++) {
		const struct xnf_stage_frame *s = &tx->stage[i / per_frame];
		struct xnf_tx_slot *slot = &tx->slot[i];

		slot->cell_offset = i % per_frame * tx->cell_size;
		slot->cell = s->va + slot->cell_offset;
		slot->cell_gref = s->gref;
		slot->stage = XNF_NO_STAGE;
	}
}

/**
 * xnf_stage_alloc() - allocate and grant a queue's staging frames
 * @tx: transmit side; @tx->grefs has references for them, @tx->slot is there
 * @nr_gather: frames for gathering
 *
 * Context: process; allocates with GFP_NOIO.
 * Return: 0 or -ENOMEM; then nothing is left.
 */
int xnf_stage_alloc(struct xnf_tx *tx, u32 nr_gather)
{
	u32 i, nr = xnf_tx_cell_frames(tx) + nr_gather;

	tx->stage = kvcalloc(nr, sizeof(*tx->stage), GFP_NOIO);
	tx->stage_free = kvcalloc(nr_gather, sizeof(*tx->stage_free), GFP_NOIO);
	if (!tx->stage || !tx->stage_free || xfl_framepool_init(&tx->pool, nr))
		goto err_arrays;
	if (!xfl_framepool_want(&tx->pool, nr, GFP_NOIO))
		goto err_pool;
	for (i = 0; i < nr; i++)
		xnf_stage_grant(&tx->grefs, &tx->pool, &tx->stage[i], true);
	tx->nr_stage = nr;
	xnf_bounce_init_slots(tx);
	tx->nr_stage_free = 0;
	while (nr > xnf_tx_cell_frames(tx))
		tx->stage_free[tx->nr_stage_free++] = --nr;
	return 0;

err_pool:
	xfl_framepool_destroy(&tx->pool);
err_arrays:
	kvfree(tx->stage_free);
	kvfree(tx->stage);
	tx->stage_free = NULL;
	tx->stage = NULL;
	return -ENOMEM;
}

/**
 * xnf_stage_free() - end the grants of staging frames and free them
 * @tx: transmit side; one without staging is accepted
 *
 * A frame that the backend still maps is parked.
 */
void xnf_stage_free(struct xnf_tx *tx)
{
	while (tx->nr_stage)
		xnf_stage_end(&tx->grefs, &tx->pool, &tx->stage[--tx->nr_stage]);
	xfl_framepool_destroy(&tx->pool);
	kvfree(tx->stage_free);
	kvfree(tx->stage);
	tx->stage_free = NULL;
	tx->stage = NULL;
	tx->nr_stage_free = 0;
}
