// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Pools of 4 KB frames.
 */
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <xenfront/framepool.h>

/**
 * xfl_framepool_init() - make an empty pool
 * @p: the pool
 * @max: most frames that the pool may own
 *
 * Context: process; allocates with GFP_NOIO.
 * Return: 0 or -ENOMEM; after an error there is nothing to destroy.
 */
int xfl_framepool_init(struct xfl_framepool *p, u32 max)
{
	/* All frames of a page come at once, so the last page may bring more than @max. */
	max = round_up(max, (u32)XEN_PFN_PER_PAGE);
	*p = (struct xfl_framepool){ .max = max };
	p->free = kvmalloc_array(max, sizeof(*p->free), GFP_NOIO);
	return p->free ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_NS_GPL(xfl_framepool_init, XEN_FRONTLIB);

/**
 * xfl_framepool_destroy() - free a pool and all its frames
 * @p: the pool, all its frames put back or abandoned; one that is all zeroes is accepted
 *
 * A page is freed with its last frame, so a parked frame keeps its page.
 *
 * Context: process.
 */
void xfl_framepool_destroy(struct xfl_framepool *p)
{
	WARN_ON_ONCE(p->nr_free != p->nr_owned);
	while (p->nr_free)
		put_page(p->free[--p->nr_free].page);
	kvfree(p->free);
	*p = (struct xfl_framepool){};
}
EXPORT_SYMBOL_NS_GPL(xfl_framepool_destroy, XEN_FRONTLIB);

static bool xfl_framepool_add_page(struct xfl_framepool *p, gfp_t gfp)
{
	struct page *page = alloc_page(gfp | __GFP_ZERO);
	u32 offset;

	if (!page)
		return false;
	for (offset = 0; offset < PAGE_SIZE; offset += XFL_FRAME_SIZE) {
		if (offset)
			get_page(page);
		xfl_framepool_put(p, (struct xfl_frame){ page, offset });
	}
	p->nr_owned += XEN_PFN_PER_PAGE;
	return true;
}

/**
 * xfl_framepool_grow() - have at least this many frames on the stack
 * @p: the pool
 * @n: frames needed
 * @gfp: how to allocate
 *
 * Context: any that @gfp allows.
 * Return: true if they are there; false if there is no memory, or the pool has its most.
 */
bool xfl_framepool_grow(struct xfl_framepool *p, u32 n, gfp_t gfp)
{
	while (p->nr_free < n) {
		if (p->nr_owned + XEN_PFN_PER_PAGE > p->max || !xfl_framepool_add_page(p, gfp))
			return false;
	}
	return true;
}
EXPORT_SYMBOL_NS_GPL(xfl_framepool_grow, XEN_FRONTLIB);
