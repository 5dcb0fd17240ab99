// SPDX-License-Identifier: GPL-2.0
/*
 * Persistent grants: frames that stay granted from one request to the next, and
 * data that is copied through them.
 *
 * DOC: a backend that agreed to this keeps every frame it has seen mapped, up to
 * a limit of its own (1056 per ring for xen-blkback), and maps and unmaps as ever
 * beyond it. So there are never more frames than that, the last one used is used
 * next, and a request that finds too few waits, as it does for ring slots.
 * Enough for one largest request are there from the start.
 */
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "blkfront.h"

#define BF_KEEP_FRAMES	1056u

static bool bf_keep_add(struct bf_ring *ring, gfp_t gfp)
{
	struct bf_keep *k = &ring->keep;
	struct bf_kept *at = &k->frame[k->nr];

	if (k->nr == k->max || !xfl_framepool_want(&k->pool, 1, gfp) ||
	    !xfl_grefs_want(&ring->grefs, 1))
		return false;
	at->frame = xfl_framepool_get(&k->pool);
	at->va = xfl_frame_va(&at->frame);
	at->gref = xfl_gref_pop(&ring->grefs);
	xfl_grant(&ring->grefs, at->gref, xfl_frame_gfn(&at->frame), false);
	k->free[k->nr_free++] = k->nr++;
	return true;
}

/**
 * bf_keep_grow() - have at least this many kept frames free
 * @ring: a ring with kept frames
 * @n: frames needed
 * @gfp: how memory may be had
 *
 * Context: nobody else uses the ring's frames and references.
 * Return: true if they are free now.
 */
bool bf_keep_grow(struct bf_ring *ring, u32 n, gfp_t gfp)
{
	while (ring->keep.nr_free < n)
		if (!bf_keep_add(ring, gfp))
			return false;
	return true;
}

/**
 * bf_keep_open() - let a ring keep its grants
 * @ring: an open ring that nothing was sent on
 *
 * Return: 0 or -ENOMEM; undone by bf_keep_close() either way.
 */
int bf_keep_open(struct bf_ring *ring)
{
	struct bf_keep *k = &ring->keep;

	/* The frames of indirect requests count as well. */
	k->max = BF_KEEP_FRAMES - (ring->indirect ? ring->table.slots.nr : 0);
	k->frame = kvcalloc(k->max, sizeof(*k->frame), GFP_NOIO);
	k->free = kvcalloc(k->max, sizeof(*k->free), GFP_NOIO);
	if (!k->frame || !k->free || xfl_framepool_init(&k->pool, k->max) ||
	    !bf_keep_grow(ring, BFW_MAX_SEGS, GFP_NOIO))
		return -ENOMEM;
	return 0;
}

/**
 * bf_keep_close() - end the access to kept frames and free them
 * @ring: a ring with nothing in flight; one without kept frames is accepted
 */
void bf_keep_close(struct bf_ring *ring)
{
	struct bf_keep *k = &ring->keep;
	struct bf_kept *at;

	for (at = k->frame; at < k->frame + k->nr; at++)
		bf_frame_free(ring, &k->pool, &at->frame, at->gref);
	xfl_framepool_destroy(&k->pool);
	kvfree(k->frame);
	kvfree(k->free);
	*k = (struct bf_keep){};
}

/**
 * bf_copy_back() - copy what was read to where it was wanted
 * @ring: the ring it was read by
 * @br: an answered request whose data went through kept frames
 *
 * Each frame is read once; what the backend does to it afterwards matters to nobody.
 */
void bf_copy_back(struct bf_ring *ring, struct bf_req *br)
{
	struct req_iterator iter;
	struct bio_vec bv;
	u32 n = 0;

	if (br->op != BFW_READ || br->tally.worst != BFW_OK)
		return;
	rq_for_each_bvec(bv, bf_rq(br), iter) {
		u32 offset = bv.bv_offset;
		u32 left = bv.bv_len;

		while (left) {
			const struct bf_kept *from = &ring->keep.frame[br->ref[n++]];
			u32 len = xfl_frame_chunk(offset, left);

			memcpy_to_page(bv.bv_page + (offset >> PAGE_SHIFT), offset_in_page(offset),
				       from->va + xfl_frame_offset(offset), len);
			offset += len;
			left -= len;
		}
	}
}
