// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Frames of a kernel whose pages are larger than a frame. A page pool fetches up to 64 pages at a
 * time, whatever it was made for. Of 64 KB each, these are four times what a ring can use. So pages
 * are kept here, and used again when all their frames have come back.
 */
#include <linux/mm.h>

#include "subpage.h"
#include "pages.h"

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
void xnf_subpages_empty(struct xnf_subpages *s)
{
	u32 i;

	if (s->left)
		page_ref_sub(s->page[s->at], s->left);
	for (i = 0; i < XNF_SUBPAGE_PAGES; i++)
		if (s->page[i])
			put_page(s->page[i]);
	*s = (struct xnf_subpages){};
}
