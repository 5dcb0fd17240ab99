/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* A block request's data by segments: the block layer's bvecs are the pieces that shape.h cuts. */
#ifndef XENFRONT_BLKFRONT_RQ_WALK_H
#define XENFRONT_BLKFRONT_RQ_WALK_H

#include <linux/blk-mq.h>
#include <linux/io.h>
#include <linux/mm.h>

#include "shape.h"

/* A walk through a request's data. */
struct xbf_segs {
	struct bio *bio;	/* whose bvec comes next; NULL at the end */
	struct bvec_iter iter;	/* the place in @bio */
	struct xbf_run rest;	/* of a bvec: what is not cut yet */
};

static inline void xbf_segs_start(struct xbf_segs *s, const struct request *rq)
{
	*s = (struct xbf_segs){ .bio = rq->bio };
	if (s->bio)
		s->iter = s->bio->bi_iter;
}

static inline bool xbf_next_bvec(void *from, struct xbf_run *run)
{
	struct xbf_segs *s = from;
	struct bio_vec bv;

	while (s->bio && !s->iter.bi_size) {
		s->bio = s->bio->bi_next;
		if (s->bio)
			s->iter = s->bio->bi_iter;
	}
	if (!s->bio)
		return false;
	bv = mp_bvec_iter_bvec(s->bio->bi_io_vec, s->iter);
	bio_advance_iter_single(s->bio, &s->iter, bv.bv_len);
	run->addr = page_to_phys(bv.bv_page) + bv.bv_offset;
	run->len = bv.bv_len;
	return true;
}

static inline bool xbf_next_seg(struct xbf_segs *s, struct xbf_run *seg)
{
	return xbf_shape_next_seg(&s->rest, xbf_next_bvec, s, seg);
}

/**
 * xbf_for_each_seg() - go through a request's data
 * @seg: a struct xbf_run, each segment in turn
 * @segs: a struct xbf_segs
 * @rq: the request, one with data
 */
#define xbf_for_each_seg(seg, segs, rq) \
	for (xbf_segs_start(&(segs), rq); xbf_next_seg(&(segs), &(seg)); )

static inline struct xbf_measures xbf_measure(const struct request *rq)
{
	struct xbf_segs s;

	xbf_segs_start(&s, rq);
	return xbf_shape_measure(xbf_next_bvec, &s);
}

/* A segment's page; it has one, as frames do not cross pages. */
static inline struct page *xbf_seg_page(const struct xbf_run *seg)
{
	return pfn_to_page(PHYS_PFN(seg->addr));
}

#endif /* XENFRONT_BLKFRONT_RQ_WALK_H */
