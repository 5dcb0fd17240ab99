/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Frames of a kernel whose pages are larger than a frame.
 */
#ifndef XENFRONT_NETFRONT_SUBPAGE_H
#define XENFRONT_NETFRONT_SUBPAGE_H

#include <linux/types.h>
#include <xen/page.h>

#include "netfront.h"

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

/* subpage.c */
struct page *xnf_subpage_get(struct xnf_subpages *s, u32 *offset);
void xnf_subpages_empty(struct xnf_subpages *s);

#endif /* XENFRONT_NETFRONT_SUBPAGE_H */
