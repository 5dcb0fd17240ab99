/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames the driver allocates to grant: pages carved into 4 KB frames, so that
 * a guest with 64 KB pages pays for what it grants and no more.
 */
#ifndef XENFRONT_FRAMEPOOL_H
#define XENFRONT_FRAMEPOOL_H

#include <linux/mm.h>

#include "frame.h"
#include "grant.h"

/**
 * struct xfl_frame - one frame
 * @page: page it lies in; the frame holds one reference on it
 * @offset: bytes from the start of @page, a multiple of XFL_FRAME_SIZE
 */
struct xfl_frame {
	struct page *page;
	u32 offset;
};

static inline void *xfl_frame_va(const struct xfl_frame *f)
{
	return page_address(f->page) + f->offset;
}

static inline unsigned long xfl_frame_gfn(const struct xfl_frame *f)
{
	return xfl_gfn(f->page, f->offset);
}

/**
 * struct xfl_framepool - a stack of free frames
 * @free: the frames
 * @nr_free: frames on the stack
 * @nr_owned: frames carved so far, free or in use
 * @max: most frames the pool will carve
 *
 * Its user serialises all calls. Frames are zeroed when they are carved, not
 * when they are recycled.
 */
struct xfl_framepool {
	struct xfl_frame *free;
	u32 nr_free;
	u32 nr_owned;
	u32 max;
};

int xfl_framepool_init(struct xfl_framepool *p, u32 max);
void xfl_framepool_destroy(struct xfl_framepool *p);
bool xfl_framepool_grow(struct xfl_framepool *p, u32 n, gfp_t gfp);

/**
 * xfl_framepool_want() - make sure a number of frames can be taken
 * @p: the pool
 * @n: frames needed
 * @gfp: how memory may be had where the pool has to grow
 *
 * Return: true if @n frames can be had from xfl_framepool_get() now.
 */
static inline bool xfl_framepool_want(struct xfl_framepool *p, u32 n, gfp_t gfp)
{
	return likely(p->nr_free >= n) || xfl_framepool_grow(p, n, gfp);
}

/**
 * xfl_framepool_get() - take a frame after xfl_framepool_want() promised it
 * @p: the pool
 */
static inline struct xfl_frame xfl_framepool_get(struct xfl_framepool *p)
{
	return p->free[--p->nr_free];
}

/**
 * xfl_framepool_put() - give a frame back that no grant uses
 * @p: the pool
 * @f: the frame
 */
static inline void xfl_framepool_put(struct xfl_framepool *p, struct xfl_frame f)
{
	p->free[p->nr_free++] = f;
}

/**
 * xfl_framepool_abandon() - a frame of the pool now has another owner
 * @p: the pool
 *
 * The frame's page reference goes with it, for instance to xfl_park().
 */
static inline void xfl_framepool_abandon(struct xfl_framepool *p)
{
	p->nr_owned--;
}

#endif /* XENFRONT_FRAMEPOOL_H */
