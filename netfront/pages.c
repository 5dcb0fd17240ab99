// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Making and unmaking sources of frames, see pages.h: a page pool or, where a page is more than a
 * frame, pages that are kept here and handed out by frames.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <xen/page.h>

#include "pages.h"

/* ---- frames that are less than a page ---- */

/*
 * Frames of a kernel whose pages are larger than a frame. A page pool fetches up to 64 pages at a
 * time, whatever it was made for. Of 64 KB each, these are four times what a ring can use. So pages
 * are kept here, and used again when all their frames have come back.
 */

/* Pages of a full ring, and an eighth more for frames that readers give back late. */
#define XNF_SUBPAGE_PAGES		(XNF_RING_SLOTS / XEN_PFN_PER_PAGE * 9 / 8)

/**
 * struct xnf_subpages - pages whose frames are handed out in turn; under the queue's NAPI
 * @page: the pages; each has a reference of ours beside those of its frames
 * @at: index of the page whose frames are handed out now
 * @left: frames of that page that are left; they have their references already
 */
struct xnf_subpages {
	struct page *page[XNF_SUBPAGE_PAGES];
	u32 at;
	u32 left;
};

/*
 * A page from the kernel's reserves is not used again: it must go back there, and the stack drops
 * packets in it.
 */
static bool xnf_subpage_page_is_whole(struct page *page)
{
	return page_count(page) == 1 && !page_is_pfmemalloc(page);
}

static bool xnf_subpage_next_page(struct xnf_subpages *s)
{
	u32 at = (s->at + 1) % XNF_SUBPAGE_PAGES;
	struct page *page = s->page[at];

	if (!page || !xnf_subpage_page_is_whole(page)) {
		page = alloc_page(XNF_PAGES_GFP);
		if (!page)
			return false;
		if (s->page[at])
			put_page(s->page[at]);
		s->page[at] = page;
	}
	page_ref_add(page, XEN_PFN_PER_PAGE);
	s->at = at;
	s->left = XEN_PFN_PER_PAGE;
	return true;
}

/**
 * xnf_subpage_get() - take a frame
 * @s: the pages
 * @offset: set to where the frame is in its page
 *
 * Context: NAPI, or the life cycle while NAPI cannot run.
 * Return: the page, with a reference for this frame, to be given back with put_page(); or NULL.
 */
struct page *xnf_subpage_get(struct xnf_subpages *s, u32 *offset)
{
	if (!s->left && unlikely(!xnf_subpage_next_page(s)))
		return NULL;
	*offset = PAGE_SIZE - s->left-- * XFL_FRAME_SIZE;
	return s->page[s->at];
}

/* Give up all pages. A page lives on until its last frame is given back. */
static void xnf_subpages_empty(struct xnf_subpages *s)
{
	u32 i;

	if (s->left)
		page_ref_sub(s->page[s->at], s->left);
	for (i = 0; i < XNF_SUBPAGE_PAGES; i++)
		if (s->page[i])
			put_page(s->page[i]);
	*s = (struct xnf_subpages){};
}

/* ---- either source ---- */

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
