/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Frames that a driver allocates in order to grant them. Pages are divided into 4 KB frames, so
 * that a guest with 64 KB pages pays for what it grants and no more.
 */
#ifndef XENFRONT_FRAMEPOOL_H
#define XENFRONT_FRAMEPOOL_H

#include <linux/mm.h>

#include "frame.h"
#include "grant.h"

/**
 * struct xfl_frame - one frame
 * @page: page that the frame is a part of; the frame holds one reference on it
 * @offset: bytes from the start of @page, a multiple of XFL_FRAME_SIZE
 */
struct xfl_frame {
	struct page *page;
	u32 offset;
};

/* The frame's memory, XFL_FRAME_SIZE bytes. */
static inline void *xfl_frame_va(const struct xfl_frame *f)
{
	return page_address(f->page) + f->offset;
}

/* The frame's guest frame number, for xfl_grant(). */
static inline unsigned long xfl_frame_gfn(const struct xfl_frame *f)
{
	return xfl_gfn(f->page, f->offset);
}

/**
 * struct xfl_framepool - a stack of free frames
 * @free: the frames
 * @nr_free: frames on the stack
 * @nr_owned: frames of the pool, free or in use
 * @max: most frames that the pool may own
 *
 * Its user serialises all calls. A frame is zeroed when its page is allocated, and not when it is
 * used again.
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
 * @gfp: how to allocate where the pool has to grow
 *
 * Context: any that @gfp allows.
 * Return: true if xfl_framepool_get() may be called @n times now.
 */
static inline bool xfl_framepool_want(struct xfl_framepool *p, u32 n, gfp_t gfp)
{
	return likely(p->nr_free >= n) || xfl_framepool_grow(p, n, gfp);
}

/**
 * xfl_framepool_get() - take a frame after xfl_framepool_want() promised it
 * @p: the pool, not empty
 *
 * Context: any.
 * Return: the frame, with the page reference that belongs to it.
 */
static inline struct xfl_frame xfl_framepool_get(struct xfl_framepool *p)
{
	return p->free[--p->nr_free];
}

/**
 * xfl_framepool_put() - give back a frame that no grant names
 * @p: the pool it came from
 * @f: the frame
 *
 * Context: any.
 */
static inline void xfl_framepool_put(struct xfl_framepool *p, struct xfl_frame f)
{
	p->free[p->nr_free++] = f;
}

/**
 * xfl_framepool_disown() - note that a frame of the pool has another owner
 * @p: the pool
 *
 * The frame's page reference goes with the frame, for instance to xfl_grefs_park(). The pool may
 * allocate another frame in its place.
 *
 * Context: any.
 */
static inline void xfl_framepool_disown(struct xfl_framepool *p)
{
	p->nr_owned--;
}

#endif /* XENFRONT_FRAMEPOOL_H */
