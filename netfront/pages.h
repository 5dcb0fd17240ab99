/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where frames come from: a page pool where a page is one, else pages that are cut, see
 * subpage.c. Receive frames and the private ones that an XDP program gets packets in have a
 * source each.
 */
#ifndef XENFRONT_NETFRONT_PAGES_H
#define XENFRONT_NETFRONT_PAGES_H

#include <linux/gfp.h>
#include <linux/netdevice.h>
#include <xenfront/frame.h>

#include "subpage.h"

/* No zeroing of what is recycled, but nothing is granted that never was ours. */
#define XNF_PAGES_GFP	(GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO)

/* pages.c */
int xnf_pages_open(struct xnf_pages *p, struct napi_struct *napi);
void xnf_pages_close(struct xnf_pages *p);

/**
 * xnf_pages_take() - take a frame
 * @p: the source
 * @offset: set to where the frame is in the page
 *
 * Context: NAPI, or the life cycle while NAPI cannot run.
 * Return: the page, or NULL.
 */
static inline struct page *xnf_pages_take(struct xnf_pages *p, u32 *offset)
{
	if (PAGE_SIZE > XFL_FRAME_SIZE)
		return xnf_subpage_get(p->subpages, offset);
	*offset = 0;
	return page_pool_alloc_pages(p->pool, XNF_PAGES_GFP);
}

/**
 * xnf_pages_put() - give a frame back that was taken with xnf_pages_take()
 * @p: the source
 * @page: the page it is in
 */
static inline void xnf_pages_put(struct xnf_pages *p, struct page *page)
{
	if (p->pool)
		page_pool_put_full_page(p->pool, page, false);
	else
		put_page(page);
}

#endif /* XENFRONT_NETFRONT_PAGES_H */
