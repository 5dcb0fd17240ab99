// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of a kernel whose pages are larger than a frame. A page pool fetches
 * up to 64 pages at a time, whatever it was made for: of 64 KB, four times what a ring can
 * use. So pages are kept here, and cut again when all their frames have come back.
 */
#include <linux/mm.h>

#include "subpage.h"
#include "pages.h"

/* One from the reserves must go back there, and packets in it are dropped by the stack. */
static bool xnf_subpage_page_is_whole(struct page *page)
{
	return page_count(page) == 1 && !page_is_pfmemalloc(page);
}

static bool xnf_subpage_next_page(struct xnf_carver *c)
{
	u32 at = (c->at + 1) % XNF_CARVE_PAGES;
	struct page *page = c->page[at];

	if (!page || !xnf_subpage_page_is_whole(page)) {
		page = alloc_page(XNF_PAGES_GFP);
		if (!page)
			return false;
		if (c->page[at])
			put_page(c->page[at]);
		c->page[at] = page;
	}
	page_ref_add(page, XEN_PFN_PER_PAGE);
	c->at = at;
	c->left = XEN_PFN_PER_PAGE;
	return true;
}

/**
 * xnf_carve() - take a frame
 * @c: the carver
 * @offset: set to where the frame is in its page
 *
 * Context: NAPI, or the life cycle while NAPI cannot run.
 * Return: the page, with a reference for this frame, to be given back with put_page(); or NULL.
 */
struct page *xnf_carve(struct xnf_carver *c, u32 *offset)
{
	if (!c->left && unlikely(!xnf_subpage_next_page(c)))
		return NULL;
	*offset = PAGE_SIZE - c->left-- * XFL_FRAME_SIZE;
	return c->page[c->at];
}

/**
 * xnf_carver_empty() - let go of all pages
 * @c: the carver, as new afterwards
 *
 * A page lives on until its last frame is given back.
 */
void xnf_carver_empty(struct xnf_carver *c)
{
	u32 i;

	if (c->left)
		page_ref_sub(c->page[c->at], c->left);
	for (i = 0; i < XNF_CARVE_PAGES; i++)
		if (c->page[i])
			put_page(c->page[i]);
	*c = (struct xnf_carver){};
}
