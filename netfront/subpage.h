/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames of a kernel whose pages are larger than a frame.
 */
#ifndef XENFRONT_NETFRONT_SUBPAGE_H
#define XENFRONT_NETFRONT_SUBPAGE_H

#include <linux/types.h>
#include <xen/page.h>

#include "netfront.h"

/* Pages of a full ring, and an eighth more for what readers are late to give back. */
#define XNF_CARVE_PAGES		(XNF_RING_SLOTS / XEN_PFN_PER_PAGE * 9 / 8)

/**
 * struct xnf_carver - pages that are cut into frames, in turn; its queue's NAPI's
 * @page: the pages; we keep a reference of each beside those of its frames
 * @at: the one being cut
 * @left: frames of it that were not handed out, which have their references already
 */
struct xnf_carver {
	struct page *page[XNF_CARVE_PAGES];
	u32 at;
	u32 left;
};

/* subpage.c */
struct page *xnf_carve(struct xnf_carver *c, u32 *offset);
void xnf_carver_empty(struct xnf_carver *c);

#endif /* XENFRONT_NETFRONT_SUBPAGE_H */
