// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that stay granted from one request to the next, and data that is copied
 * through them: where grants persist, and where the backend is not trusted.
 *
 * DOC: a backend that lets grants persist keeps every frame it has seen mapped, up
 * to a limit of its own (1056 per ring for xen-blkback), and maps and unmaps as ever
 * beyond it. So large requests never have more frames than that, the last one used is
 * used next, and a request that finds too few waits, as it does for ring slots. Beside
 * large ones there are a few more for small ones, so that those need not wait.
 * Enough for one largest request are there from the start.
 *
 * Frames that no request needed for a while are freed, once the backend has let go
 * of them by itself: xen-blkback does after a minute without use.
 *
 * DOC: an untrusted backend sees what it is told to write, what it has itself
 * read, and nothing else. A frame is zeroed before it is granted and holds since
 * then only data that was sent to this very backend: it needs no zeroing between
 * requests, since what it still holds is known over there.
 */
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "blkfront.h"
#include "segs.h"

#define XBF_PFRAMES_LIMIT	1056u
#define XBF_TRIM_PERIOD	(5 * HZ)
#define XBF_TRIM_BATCH	128u	/* bounds the time under the lock */

/**
 * xbf_trim_later() - look now and then what is not needed of what is not always there
 * @ring: a ring that has got more frames or references
 */
void xbf_trim_later(struct xbf_ring *ring)
{
	if (ring->pframes.nr > XBF_MAX_SEGS || ring->grefs.nr_owned > ring->grefs.reserve)
		queue_delayed_work(xbf_wq, &ring->trim, XBF_TRIM_PERIOD);
}

static bool xbf_pframes_add(struct xbf_ring *ring, gfp_t gfp)
{
	struct xbf_pframe_pool *pool = &ring->pframes;
	struct xbf_pframe *pframe;

	if (pool->nr == pool->max || !xfl_framepool_want(&pool->framepool, 1, gfp) ||
	    !xfl_grefs_want(&ring->grefs, 1))
		return false;
	pframe = &pool->frame[pool->free[pool->nr]];
	pframe->frame = xfl_framepool_get(&pool->framepool);
	pframe->va = xfl_frame_va(&pframe->frame);
	pframe->gref = xfl_gref_pop(&ring->grefs);
	xfl_grant(&ring->grefs, pframe->gref, xfl_frame_gfn(&pframe->frame), false);
	pool->free[pool->nr_free++] = pool->free[pool->nr++];
	return true;
}

/**
 * xbf_pframes_grow() - have at least this many persistent frames free
 * @ring: a ring with persistent frames
 * @n: frames needed
 * @gfp: how memory may be had
 *
 * Context: nobody else uses the ring's frames and references.
 * Return: true if they are free now.
 */
bool xbf_pframes_grow(struct xbf_ring *ring, u32 n, gfp_t gfp)
{
	while (ring->pframes.nr_free < n)
		if (!xbf_pframes_add(ring, gfp))
			return false;
	xbf_trim_later(ring);
	return true;
}

static bool xbf_pframe_free(struct xbf_ring *ring, struct xbf_pframe *pframe)
{
	if (!xfl_grant_end_free(&ring->grefs, pframe->gref))
		return false;
	xfl_framepool_abandon(&ring->pframes.framepool);
	put_page(pframe->frame.page);
	pframe->va = NULL;
	return true;
}

/* Frees those of the first @n free frames, the longest unused, that nobody maps. */
static void xbf_pframes_free_idle(struct xbf_ring *ring, u32 n)
{
	struct xbf_pframe_pool *pool = &ring->pframes;
	u16 gone[XBF_TRIM_BATCH];
	u32 i, nr_gone = 0, left = 0;

	lockdep_assert_held(&ring->lock);
	for (i = 0; i < pool->nr_free; i++) {
		if (i < n && xbf_pframe_free(ring, &pool->frame[pool->free[i]]))
			gone[nr_gone++] = pool->free[i];
		else
			pool->free[left++] = pool->free[i];
	}
	pool->nr_free = left;
	while (nr_gone)
		pool->free[--pool->nr] = gone[--nr_gone];
}

/**
 * xbf_trim() - free persistent frames and references that were not needed since the last time
 * @work: trim of the ring
 */
void xbf_trim(struct work_struct *work)
{
	struct xbf_ring *ring = container_of(to_delayed_work(work), struct xbf_ring, trim);
	struct xbf_pframe_pool *pool = &ring->pframes;
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	if (pool->nr > XBF_MAX_SEGS)
		xbf_pframes_free_idle(ring, min3(pool->idle, pool->nr - XBF_MAX_SEGS,
						 XBF_TRIM_BATCH));
	pool->idle = pool->nr_free;
	/* Else some may be promised to a request that was sent in part. */
	if (list_empty(&ring->waiting))
		xfl_grefs_trim(&ring->grefs, XBF_TRIM_BATCH);
	xbf_trim_later(ring);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_pframes_open() - have a ring copy data through frames that stay granted
 * @ring: an open ring that nothing was sent on
 *
 * Return: 0 or -ENOMEM; undone by xbf_pframes_close() either way.
 */
int xbf_pframes_open(struct xbf_ring *ring)
{
	struct xbf_pframe_pool *pool = &ring->pframes;
	u32 i;

	/* The frames of indirect requests count as well. */
	pool->max = XBF_PFRAMES_LIMIT + XBF_PFRAMES_SPARE;
	if (ring->indirect)
		pool->max -= ring->table.slots.nr;
	pool->frame = kvcalloc(pool->max, sizeof(*pool->frame), GFP_NOIO);
	pool->free = kvcalloc(pool->max, sizeof(*pool->free), GFP_NOIO);
	if (!pool->frame || !pool->free || xfl_framepool_init(&pool->framepool, pool->max))
		return -ENOMEM;
	for (i = 0; i < pool->max; i++)
		pool->free[i] = i;
	return xbf_pframes_grow(ring, XBF_MAX_SEGS, GFP_NOIO) ? 0 : -ENOMEM;
}

/**
 * xbf_pframes_close() - end the access to persistent frames and free them
 * @ring: a ring with nothing in flight; one without persistent frames is accepted
 */
void xbf_pframes_close(struct xbf_ring *ring)
{
	struct xbf_pframe_pool *pool = &ring->pframes;
	struct xbf_pframe *pframe;

	cancel_delayed_work_sync(&ring->trim);
	for (pframe = pool->frame; pool->frame && pframe < pool->frame + pool->max; pframe++)
		if (pframe->va)
			xbf_frame_free(ring, &pool->framepool, &pframe->frame, pframe->gref);
	xfl_framepool_destroy(&pool->framepool);
	kvfree(pool->frame);
	kvfree(pool->free);
	*pool = (struct xbf_pframe_pool){};
}

/**
 * xbf_pframes_take() - take the frames that a request's data goes through
 * @ring: a ring with as many free, see xbf_pframes_grow()
 * @br: a request with data that has no references
 *
 * Given back by xbf_return_refs().
 *
 * Context: ring lock held.
 * Return: true; false, with nothing taken, if there are too few, which the caller has excluded.
 */
bool xbf_pframes_take(struct xbf_ring *ring, struct xbf_req *br)
{
	struct xbf_pframe_pool *pool = &ring->pframes;

	lockdep_assert_held(&ring->lock);
	if (WARN_ON_ONCE(pool->nr_free < br->segs))
		return false;
	while (br->nr_refs < br->segs)
		br->ref[br->nr_refs++] = pool->free[--pool->nr_free];
	pool->idle = min(pool->idle, pool->nr_free);
	br->copied = true;
	return true;
}

static __always_inline void xbf_copy_seg(const struct xbf_run *seg, void *frame, bool write,
					 u32 len)
{
	if (write)
		memcpy_from_page(frame, xbf_seg_page(seg), offset_in_page(seg->addr), len);
	else
		memcpy_to_page(xbf_seg_page(seg), offset_in_page(seg->addr), frame, len);
}

static void xbf_copy(struct xbf_ring *ring, struct xbf_req *br)
{
	const u32 *nr = br->ref;
	struct xbf_segs segs;
	struct xbf_run seg;

	xbf_for_each_seg(seg, segs, xbf_rq(br)) {
		void *frame = ring->pframes.frame[*nr++].va + xfl_frame_offset(seg.addr);

		/* Most are whole frames. A copy of known length needs no call. */
		if (likely(seg.len == XFL_FRAME_SIZE))
			xbf_copy_seg(&seg, frame, br->op == XBF_WRITE, XFL_FRAME_SIZE);
		else
			xbf_copy_seg(&seg, frame, br->op == XBF_WRITE, seg.len);
	}
}

/**
 * xbf_copy_out() - copy what is to be written to the frames it goes through
 * @ring: the ring it will be written by
 * @br: a request after xbf_pframes_take()
 */
void xbf_copy_out(struct xbf_ring *ring, struct xbf_req *br)
{
	if (br->op == XBF_WRITE)
		xbf_copy(ring, br);
}

/**
 * xbf_copy_back() - copy what was read to where it was wanted
 * @ring: the ring it was read by
 * @br: an answered request whose data went through persistent frames
 *
 * Each frame is read once; what the backend does to it afterwards matters to nobody.
 */
void xbf_copy_back(struct xbf_ring *ring, struct xbf_req *br)
{
	if (br->op == XBF_READ && br->tally.worst == XBF_OK)
		xbf_copy(ring, br);
}
