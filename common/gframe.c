// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Granted frames.
 */
#include <linux/mm.h>
#include <linux/module.h>

#include <xenfront/gframe.h>

/**
 * xfl_gframe_get() - take a frame from a pool and grant it
 * @f: filled in
 * @pool: a pool that has a frame, see xfl_framepool_want()
 * @grefs: a stack that has a reference, see xfl_grefs_want()
 * @readonly: whether the backend may only read
 *
 * The frame has what its last user left in it, or zeroes.
 *
 * Context: any, with whatever serialises @pool and @grefs; does not sleep and cannot fail.
 */
void xfl_gframe_get(struct xfl_gframe *f, struct xfl_framepool *pool, struct xfl_grefs *grefs,
		    bool readonly)
{
	f->frame = xfl_framepool_get(pool);
	f->va = xfl_frame_va(&f->frame);
	f->gref = xfl_gref_pop(grefs);
	xfl_grant(grefs, f->gref, xfl_frame_gfn(&f->frame), readonly);
}
EXPORT_SYMBOL_NS_GPL(xfl_gframe_get, XEN_FRONTLIB);

/**
 * xfl_gframe_put() - end the grant of a frame and give the frame back to its pool
 * @f: the frame; holds nothing afterwards
 * @pool: the pool it came from
 * @grefs: the stack its reference came from; it owns one reference less
 *
 * The reference goes back to the grant table. What the backend still maps is parked, the frame with
 * its reference, without a line in the kernel's log.
 *
 * Context: process or softirq, with whatever serialises @pool and @grefs; does not sleep.
 */
void xfl_gframe_put(struct xfl_gframe *f, struct xfl_framepool *pool, struct xfl_grefs *grefs)
{
	f->va = NULL;
	if (xfl_grant_end_free(grefs, f->gref)) {
		xfl_framepool_put(pool, f->frame);
		return;
	}
	xfl_framepool_disown(pool);
	xfl_grefs_park(grefs, &f->gref, 1, xfl_park_put_page, f->frame.page);
}
EXPORT_SYMBOL_NS_GPL(xfl_gframe_put, XEN_FRONTLIB);

/**
 * xfl_gframe_free() - free a frame for good, with its reference, unless it is mapped
 * @f: the frame; holds nothing afterwards if this succeeds, else nothing has changed
 * @pool: the pool it came from; it owns one frame less
 * @grefs: the stack its reference came from; it owns one reference less
 *
 * Context: process or softirq, with whatever serialises @pool and @grefs; does not sleep.
 * Return: false if the backend still maps it; it stays granted then.
 */
bool xfl_gframe_free(struct xfl_gframe *f, struct xfl_framepool *pool, struct xfl_grefs *grefs)
{
	if (!xfl_grant_end_free(grefs, f->gref))
		return false;
	xfl_framepool_disown(pool);
	put_page(f->frame.page);
	f->va = NULL;
	return true;
}
EXPORT_SYMBOL_NS_GPL(xfl_gframe_free, XEN_FRONTLIB);
