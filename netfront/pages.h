/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Where frames come from. If a page is a frame, that is a page pool, else see struct
 * xnf_subpages. Receive frames have one source, and the private frames that an XDP program gets
 * packets in another.
 */
#ifndef XENFRONT_NETFRONT_PAGES_H
#define XENFRONT_NETFRONT_PAGES_H

#include <linux/gfp.h>
#include <linux/netdevice.h>
#include <xenfront/frame.h>

#include "netfront.h"

/* Recycled pages are not zeroed. New ones are: what is granted must never have been another's. */
#define XNF_PAGES_GFP	(GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO)

/* pages.c */
int xnf_pages_open(struct xnf_pages *p, struct napi_struct *napi);
void xnf_pages_close(struct xnf_pages *p);
struct page *xnf_subpage_get(struct xnf_subpages *s, u32 *offset);

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

/* Give a frame back that xnf_pages_take() handed out, by the page that it is in. */
static inline void xnf_pages_put(struct xnf_pages *p, struct page *page)
{
	if (p->pool)
		page_pool_put_full_page(p->pool, page, false);
	else
		put_page(page);
}

#endif /* XENFRONT_NETFRONT_PAGES_H */
