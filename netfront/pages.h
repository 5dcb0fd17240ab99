/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pools of pages: of receive frames where a page is one, and of the frames that an XDP
 * program gets packets in, several to a page where it is larger.
 */
#ifndef XENFRONT_NETFRONT_PAGES_H
#define XENFRONT_NETFRONT_PAGES_H

#include <linux/gfp.h>
#include <linux/netdevice.h>
#include <xenfront/frame.h>

/* No zeroing of what is recycled, but nothing is granted that never was ours. */
#define XNF_PAGES_GFP	(GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO)

/*
 * What a reader frees in a burst comes back all at once, and a page that finds no
 * place in the pool is one that has to be zeroed anew. Large pages are fewer, and
 * come back only when all frames of theirs have: there a ring's worth is enough.
 */
#define XNF_POOL_RINGS		(PAGE_SIZE > XFL_FRAME_SIZE ? 1u : 4u)

/**
 * xnf_pages_pool() - create a queue's pool
 * @napi: what polls the queue
 * @frames: frames on its ring
 *
 * Return: the pool or an ERR_PTR.
 */
static inline struct page_pool *xnf_pages_pool(struct napi_struct *napi, u32 frames)
{
	struct page_pool_params params = {
		.pool_size = XNF_POOL_RINGS * frames / (u32)(PAGE_SIZE / XFL_FRAME_SIZE),
		.nid = NUMA_NO_NODE,
		.flags = PAGE_SIZE > XFL_FRAME_SIZE ? PP_FLAG_PAGE_FRAG : 0,
	};

	xfl_page_pool_napi(&params, napi);
	return page_pool_create(&params);
}

/**
 * xnf_pages_frame() - take a frame
 * @pool: the pool
 * @offset: set to where the frame is in the page
 *
 * Context: NAPI, or the life cycle while NAPI cannot run.
 * Return: the page, or NULL.
 */
static inline struct page *xnf_pages_frame(struct page_pool *pool, u32 *offset)
{
	*offset = 0;
	if (PAGE_SIZE == XFL_FRAME_SIZE)
		return page_pool_alloc_pages(pool, XNF_PAGES_GFP);
	return page_pool_alloc_frag(pool, offset, XFL_FRAME_SIZE, XNF_PAGES_GFP);
}

/**
 * xnf_pages_put() - give a frame back that was taken with xnf_pages_frame()
 * @pool: the pool
 * @page: the page it is in
 */
static inline void xnf_pages_put(struct page_pool *pool, struct page *page)
{
	page_pool_put_full_page(pool, page, false);
}

#endif /* XENFRONT_NETFRONT_PAGES_H */
