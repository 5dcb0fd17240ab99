// SPDX-License-Identifier: GPL-2.0
/* What must hold of a request's segments; see blkshape.h. */
#include "blkshape.h"

#include "check.h"

#define FRAME	4096u

struct pieces {
	const struct bl_piece *at;
	uint32_t left;
};

static bool next_piece(void *from, struct xbf_run *run)
{
	struct pieces *p = from;

	if (!p->left)
		return false;
	*run = (struct xbf_run){ .addr = p->at->addr, .len = p->at->len };
	p->at++;
	p->left--;
	return true;
}

/* Return: segments, at most @most. */
uint32_t shape_cut(const struct bl_piece *piece, uint32_t nr, struct xbf_run *seg, uint32_t most)
{
	struct pieces from = { piece, nr };
	struct xbf_run rest = { 0 };
	uint32_t n = 0;

	while (n < most && xbf_shape_next_seg(&rest, next_piece, &from, &seg[n]))
		n++;
	/* Whoever asks once more is told the same. */
	CHECK(n == most || !xbf_shape_next_seg(&rest, next_piece, &from, &seg[n]));
	return n;
}

struct xbf_measures shape_measure(const struct bl_piece *piece, uint32_t nr)
{
	struct pieces from = { piece, nr };

	return xbf_shape_measure(next_piece, &from);
}

/* Whether the driver takes it: the check of xbf_prepare_data(). */
bool shape_describable(const struct bl_piece *piece, uint32_t nr, uint32_t block)
{
	struct xbf_measures m = shape_measure(piece, nr);

	return !(m.shape & (block - 1)) && m.segs && m.segs <= XBF_MAX_SEGS;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The segments are the pieces' bytes: each once, in order. */
static void check_bytes(const struct bl_piece *piece, uint32_t nr, const struct xbf_run *seg,
			uint32_t n)
{
	uint32_t s = 0, used = 0;

	for (uint32_t i = 0; i < nr; i++)
		for (uint32_t done = 0, part; done < piece[i].len; done += part) {
			CHECK(s < n);
			CHECK(seg[s].addr + used == piece[i].addr + done);
			part = least(seg[s].len - used, piece[i].len - done);
			used += part;
			if (used == seg[s].len) {
				s++;
				used = 0;
			}
		}
	CHECK(s == n && !used);
}

static void check_frames(const struct xbf_run *seg, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		CHECK(seg[i].len);
		CHECK(seg[i].addr / FRAME == (seg[i].addr + seg[i].len - 1) / FRAME);
		/* As few as can be: what is adjacent meets where a frame ends. */
		CHECK(!i || seg[i - 1].addr + seg[i - 1].len != seg[i].addr ||
		      seg[i].addr % FRAME == 0);
	}
}

/* Measured without cutting it comes to the same, whatever the size of blocks. */
static void check_measures(const struct bl_piece *piece, uint32_t nr, const struct xbf_run *seg,
			   uint32_t n)
{
	struct xbf_measures m = shape_measure(piece, nr);
	uint32_t shape = 0;

	CHECK(m.segs == n);
	for (uint32_t i = 0; i < n; i++)
		shape |= (uint32_t)(seg[i].addr % FRAME) | seg[i].len;
	for (uint32_t block = 512; block <= 4096; block *= 2)
		CHECK(!(m.shape & (block - 1)) == !(shape & (block - 1)));
}

/* Pieces of no bytes, before each and at the end, wherever they say they are, change nothing. */
static void check_empties(const struct bl_piece *piece, uint32_t nr, const struct xbf_run *seg,
			  uint32_t n)
{
	static struct bl_piece more[2 * BL_PIECES + 1];
	static struct xbf_run again[SHAPE_SEGS];

	for (uint32_t i = 0; i < nr; i++) {
		const uint64_t places[] = {
			0, piece[i].addr, piece[i].addr + piece[i].len, 0x123456 + 0x234 * i,
		};

		more[2 * i] = (struct bl_piece){ places[i % 4], 0 };
		more[2 * i + 1] = piece[i];
	}
	more[2 * nr] = (struct bl_piece){ 0x1000, 0 };
	CHECK(shape_cut(more, 2 * nr + 1, again, SHAPE_SEGS) == n);
	for (uint32_t i = 0; i < n; i++)
		CHECK(again[i].addr == seg[i].addr && again[i].len == seg[i].len);
	check_measures(more, 2 * nr + 1, seg, n);
}

/**
 * shape_check_any() - check what holds whoever made the pieces
 * @piece: up to BL_PIECES pieces
 * @nr: number of them
 */
void shape_check_any(const struct bl_piece *piece, uint32_t nr)
{
	static struct xbf_run seg[SHAPE_SEGS];
	uint32_t n = shape_cut(piece, nr, seg, SHAPE_SEGS);

	CHECK(n < SHAPE_SEGS);
	check_bytes(piece, nr, seg, n);
	check_frames(seg, n);
	check_measures(piece, nr, seg, n);
	check_empties(piece, nr, seg, n);
}

/* The promise that shape.h speaks of. */
static void check_promise(const struct bl_queue *q, const struct bl_io *rq)
{
	static struct xbf_run seg[SHAPE_SEGS];
	uint32_t n = shape_cut(rq->piece, rq->nr, seg, SHAPE_SEGS), bytes = 0;

	CHECK(n >= 1 && n <= XBF_MAX_SEGS);
	for (uint32_t i = 0; i < n; i++) {
		CHECK(!i || seg[i].addr % FRAME == 0);
		CHECK(i == n - 1 || (seg[i].addr + seg[i].len) % FRAME == 0);
		bytes += seg[i].len;
	}
	CHECK(bytes == rq->bytes && bytes <= XBF_MAX_BYTES);
	/* As many as one run of that length has, wherever the runs lie. */
	CHECK(n == (seg[0].addr % FRAME + bytes + FRAME - 1) / FRAME);
	CHECK(shape_describable(rq->piece, rq->nr, q->block));
}

/**
 * shape_check() - check a request that the block layer made
 * @q: the queue it was made for
 * @rq: the request
 */
void shape_check(const struct bl_queue *q, const struct bl_io *rq)
{
	CHECK(rq->at % q->block == 0 && rq->bytes % q->block == 0);
	if (bl_has_data(rq)) {
		shape_check_any(rq->piece, rq->nr);
		check_promise(q, rq);
		return;
	}
	/* No data whose shape could be wrong, and a flush is about the whole disk. */
	CHECK(!rq->nr);
	CHECK(rq->op == BL_FLUSH ? !rq->bytes : rq->bytes && rq->bytes <= q->max_discard);
}

/* The limits of blkfront/disk.c, but that discards of a small disk are to be split too. */
void shape_queue(struct bl_queue *q, uint32_t page, uint32_t block, uint32_t physical)
{
	q->page = page;
	q->block = block;
	q->physical = physical;
	q->boundary = XFL_FRAME_MASK;
	q->max_bytes = XBF_MAX_BYTES;
	q->max_segments = XBF_MAX_SEGS;
	q->max_discard = 2u << 20;
	q->granularity = physical;
	for (uint32_t i = 0; i < BL_PAGES; i++)
		q->machine[i] = i;
}
