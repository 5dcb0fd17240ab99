// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Making and unmaking sources of frames, see pages.h.
 */
#include <linux/slab.h>

#include "pages.h"

/*
 * A reader frees pages in bursts, and a page that does not fit in the pool goes back to the kernel.
 * Its successor has to be zeroed.
 */
#define XNF_POOL_PAGES	(4 * XNF_RING_SLOTS)

static struct page_pool *xnf_pages_make_pool(struct napi_struct *napi)
{
	struct page_pool_params params = {
		.pool_size = XNF_POOL_PAGES,
		.nid = NUMA_NO_NODE,
	};

	xfl_page_pool_napi(&params, napi);
	return page_pool_create(&params);
}

/**
 * xnf_pages_open() - make a source of frames
 * @p: the source
 * @napi: whose poll will take frames
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int xnf_pages_open(struct xnf_pages *p, struct napi_struct *napi)
{
	struct page_pool *pool;

	*p = (struct xnf_pages){};
	if (PAGE_SIZE > XFL_FRAME_SIZE) {
		struct xnf_subpages *subpages = kzalloc(sizeof(*subpages), GFP_NOIO);

		p->subpages = subpages;
		return subpages ? 0 : -ENOMEM;
	}
	pool = xnf_pages_make_pool(napi);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	p->pool = pool;
	return 0;
}

/* The end of xnf_pages_open(); frames that were taken may still come back. */
void xnf_pages_close(struct xnf_pages *p)
{
	if (p->pool)
		page_pool_destroy(p->pool);
	if (p->subpages)
		xnf_subpages_empty(p->subpages);
	kfree(p->subpages);
	*p = (struct xnf_pages){};
}
