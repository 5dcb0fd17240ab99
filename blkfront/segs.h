/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A block request's data, segment by segment: the block layer's bvecs as the wire core's pieces.
 */
#ifndef BLKFRONT_SEGS_H
#define BLKFRONT_SEGS_H

#include <linux/blk-mq.h>
#include <linux/io.h>
#include <linux/mm.h>

#include "wire.h"

/**
 * struct bf_segs - a way through a request's data
 * @bio: the bio whose bvec comes next; NULL at the end
 * @iter: where in it
 * @rest: what the wire core has not cut yet
 */
struct bf_segs {
	struct bio *bio;
	struct bvec_iter iter;
	struct bfw_run rest;
};

static inline void bf_segs_start(struct bf_segs *s, const struct request *rq)
{
	*s = (struct bf_segs){ .bio = rq->bio };
	if (s->bio)
		s->iter = s->bio->bi_iter;
}

static inline bool bf_next_bvec(void *from, struct bfw_run *run)
{
	struct bf_segs *s = from;
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

static inline bool bf_next_seg(struct bf_segs *s, struct bfw_run *seg)
{
	return bfw_next_seg(&s->rest, bf_next_bvec, s, seg);
}

/**
 * bf_for_each_seg() - go through a request's data
 * @seg: a struct bfw_run, each segment in turn
 * @segs: a struct bf_segs
 * @rq: the request, one with data
 */
#define bf_for_each_seg(seg, segs, rq) \
	for (bf_segs_start(&(segs), rq); bf_next_seg(&(segs), &(seg)); )

static inline struct bfw_measures bf_measure(const struct request *rq)
{
	struct bf_segs s;

	bf_segs_start(&s, rq);
	return bfw_measure(bf_next_bvec, &s);
}

/* Page of a segment, which never lies in two. */
static inline struct page *bf_seg_page(const struct bfw_run *seg)
{
	return pfn_to_page(PHYS_PFN(seg->addr));
}

#endif /* BLKFRONT_SEGS_H */
