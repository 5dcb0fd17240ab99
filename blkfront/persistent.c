// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Persistent frames: they stay granted from one request to the next, and data is copied through
 * them. Used where the backend lets grants persist, and where it is not trusted.
 *
 * A backend that lets grants persist keeps the frames that it has seen mapped, up to a limit of its
 * own. xen-blkback keeps 1056 per ring, and maps and unmaps others for each request. So large
 * requests share as many frames, and the frame used last is used next. A request that finds too few
 * waits, as it does for ring slots. Small requests have a few more frames, so that they need not
 * wait. Enough frames for one largest request are there from the start.
 *
 * Frames that no request needed for a while are freed, once the backend has unmapped them by
 * itself: xen-blkback does so after a minute without use.
 *
 * An untrusted backend sees what it writes, what it has read itself, and nothing else. A frame is
 * zeroed before it is granted, and holds only data that was sent to or by this backend since. So it
 * is not zeroed between requests: the backend has seen what it holds.
 */
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "blkfront.h"
#include "rq_walk.h"

#define XBF_PFRAMES_LIMIT	1056u	/* that xen-blkback keeps mapped for a ring */
#define XBF_TRIM_PERIOD	(5 * HZ)
#define XBF_TRIM_BATCH	128u	/* bounds the time under the lock */

/* Has xbf_trim() run, if the ring has more frames or references than it keeps at all times. */
void xbf_trim_later(struct xbf_ring *ring)
{
	if (ring->pframes.nr > XBF_MAX_SEGS || ring->grefs.nr_owned > ring->grefs.reserve)
		queue_delayed_work(xbf_wq, &ring->trim, XBF_TRIM_PERIOD);
}

static bool xbf_pframes_add(struct xbf_ring *ring, gfp_t gfp)
{
	struct xbf_pframe_pool *pool = &ring->pframes;

	if (pool->nr == pool->max || !xfl_framepool_want(&pool->framepool, 1, gfp) ||
	    !xfl_grefs_want(&ring->grefs, 1))
		return false;
	xfl_gframe_get(&pool->frame[pool->free[pool->nr]], &pool->framepool, &ring->grefs, false);
	pool->free[pool->nr_free++] = pool->free[pool->nr++];
	return true;
}

/**
 * xbf_pframes_grow() - make sure that enough persistent frames are free
 * @ring: a ring with persistent frames
 * @n: frames needed
 * @gfp: for memory
 *
 * Context: ring lock held, or the ring is being opened.
 * Return: whether @n frames are free now.
 */
bool xbf_pframes_grow(struct xbf_ring *ring, u32 n, gfp_t gfp)
{
	while (ring->pframes.nr_free < n)
		if (!xbf_pframes_add(ring, gfp))
			return false;
	xbf_trim_later(ring);
	return true;
}

/* Frees those of the @n longest unused frames that the backend does not map. */
static void xbf_pframes_free_idle(struct xbf_ring *ring, u32 n)
{
	struct xbf_pframe_pool *pool = &ring->pframes;
	u16 gone[XBF_TRIM_BATCH];
	u32 i, nr_gone = 0, left = 0;

	lockdep_assert_held(&ring->lock);
	for (i = 0; i < pool->nr_free; i++) {
		if (i < n && xfl_gframe_free(&pool->frame[pool->free[i]], &pool->framepool,
					     &ring->grefs))
			gone[nr_gone++] = pool->free[i];
		else
			pool->free[left++] = pool->free[i];
	}
	pool->nr_free = left;
	while (nr_gone)
		pool->free[--pool->nr] = gone[--nr_gone];
}

/* Frees persistent frames and references that no request needed since the last time. */
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
	/* A request that waits may be sent in part, with references promised to it. */
	if (list_empty(&ring->waiting))
		xfl_grefs_trim(&ring->grefs, XBF_TRIM_BATCH);
	xbf_trim_later(ring);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_pframes_open() - have a ring copy data through persistent frames
 * @ring: an open ring that nothing was sent on
 *
 * Return: 0 or -ENOMEM. Either way xbf_pframes_close() undoes it.
 */
int xbf_pframes_open(struct xbf_ring *ring)
{
	struct xbf_pframe_pool *pool = &ring->pframes;
	u32 i;

	/* xen-blkback counts the frames of indirect requests as well. */
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
 * xbf_frame_free() - end the access to a frame of our own, and give back frame and reference
 * @ring: the ring whose stack the reference is from
 * @pool: the pool that the frame is from
 * @f: frame and reference; not to be used afterwards
 *
 * While the backend maps the frame, both are parked instead.
 *
 * Context: process; the ring is being closed, and nothing is in flight.
 */
void xbf_frame_free(struct xbf_ring *ring, struct xfl_framepool *pool, struct xfl_gframe *f)
{
	if (likely(!READ_ONCE(ring->grants_stuck) && xfl_grant_end(f->gref))) {
		xfl_gref_push(&ring->grefs, f->gref);
		xfl_framepool_put(pool, f->frame);
		return;
	}
	/* Also if xfl_gframe_put() has success: the kernel has logged the attempt that failed. */
	WRITE_ONCE(ring->grants_stuck, true);
	xfl_gframe_put(f, pool, &ring->grefs);
}

/* Ends the access to persistent frames, if there are any, and frees them. Nothing is in flight. */
void xbf_pframes_close(struct xbf_ring *ring)
{
	struct xbf_pframe_pool *pool = &ring->pframes;
	struct xfl_gframe *pframe;

	cancel_delayed_work_sync(&ring->trim);
	for (pframe = pool->frame; pool->frame && pframe < pool->frame + pool->max; pframe++)
		if (pframe->va)
			xbf_frame_free(ring, &pool->framepool, pframe);
	xfl_framepool_destroy(&pool->framepool);
	kvfree(pool->frame);
	kvfree(pool->free);
	*pool = (struct xbf_pframe_pool){};
}

/**
 * xbf_pframes_take() - take the frames that a request's data goes through
 * @ring: a ring with enough of them free, see xbf_pframes_grow()
 * @br: a request with data, without references
 *
 * xbf_return_refs() gives them back.
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

		/* Most segments are whole frames, and a copy of constant length needs no call. */
		if (likely(seg.len == XFL_FRAME_SIZE))
			xbf_copy_seg(&seg, frame, br->op == XBF_WRITE, XFL_FRAME_SIZE);
		else
			xbf_copy_seg(&seg, frame, br->op == XBF_WRITE, seg.len);
	}
}

/* Copies the data of a write to its frames, after xbf_pframes_take(). */
void xbf_copy_out(struct xbf_ring *ring, struct xbf_req *br)
{
	if (br->op == XBF_WRITE)
		xbf_copy(ring, br);
}

/*
 * Copies what was read from a request's frames to its own memory. Each frame is read once: what the
 * backend writes to it later has no effect.
 */
void xbf_copy_back(struct xbf_ring *ring, struct xbf_req *br)
{
	if (br->op == XBF_READ && br->tally.worst == XBF_OK)
		xbf_copy(ring, br);
}
