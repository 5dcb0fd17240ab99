/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * The shape of a request's data, and how it is cut into segments: which pieces are one frame's. A
 * function of the caller brings the pieces; rq_walk.h has the one that walks a request's bvecs.
 * Pure.
 */
#ifndef XENFRONT_BLKFRONT_SHAPE_H
#define XENFRONT_BLKFRONT_SHAPE_H

#include <xenfront/frame.h>
#include <xenfront/portable.h>

/*
 * The shape of data: what the block layer of Linux 6.1 to 7.x hands us under the limits of disk.c
 * (virt_boundary_mask of a frame, dma_alignment of a logical block, XBF_MAX_SECTORS), and what it
 * does not promise.
 *
 * - Inside one bio each piece of data (a bvec) begins at a frame's start, and the one before it
 *   ends at a frame's end. The block layer splits bios where this does not hold. A bvec may have
 *   many pages.
 * - Bios are merged into a request if they meet at such a boundary. They are also merged if the
 *   next one continues in memory at the very byte where the one before it ended, which may be
 *   inside a frame. So bvecs are not what is counted: two of them may be one frame's data. With 16
 *   KB and 64 KB pages the block layer of a Xen guest takes no two bvecs for adjacent. We do not
 *   rely on that.
 * - So a request is a row of runs, a run being what is adjacent in memory. Each but the first
 *   begins at a frame's start, and each but the last ends at a frame's end. There are at most as
 *   many frames as in one run of the same length: XBF_MAX_SEGS. A frame may appear twice, in two
 *   runs (a page that is written to two places): those are two segments.
 * - max_segments limits another number: the block layer's segments, which are runs or pieces of
 *   runs. It is never the limit that is met first.
 * - Adjacency is that of the guest's addresses. A run of several frames need not be adjacent in the
 *   machine's memory: each frame is granted by itself.
 * - dma_alignment holds for memory of user space. A buffer of a kernel user (kmalloc) may begin
 *   anywhere. Linux 7.2 fails such a bio itself, 6.12 does not check: xbf_shape_measure() does.
 * - A bvec may be empty, if whoever made the bio put it there. To the block layer it ends where it
 *   begins, also where that makes a gap. Here it is skipped.
 * - If a bio's first bvecs have a gap before the first whole block, the block layer cannot split
 *   it. 6.1 stops then (BUG), 7.2 fails the bio, and 6.12 passes on the whole bio as it is. Then
 *   nothing of the above holds, not even XBF_MAX_SECTORS. xbf_shape_measure() finds what cannot be
 *   described.
 * - Discards and secure erases have a length and no data. Two of one kind are merged if one begins
 *   where the other ends. A flush has neither, and is never merged. The data of a bio that asks for
 *   a flush comes as a write before or after it.
 * - Zeroes come as writes, since disk.c sets no limit for REQ_OP_WRITE_ZEROES. The data is one page
 *   or folio over and over, so the same frames in many runs.
 * - Passthrough (REQ_OP_DRV_IN and _OUT) comes in no bio. Only the kernel could make such a
 *   request, and its data would be of another shape. xbf_prepare() refuses all operations that are
 *   not named here before it looks at the data. It refuses a read or write of no bytes as well.
 */

/**
 * struct xbf_run - data that is adjacent in memory
 * @addr: its place, in a measure in which frames begin at multiples of XFL_FRAME_SIZE and what is
 *	adjacent has adjacent numbers: the kernel's physical address
 * @len: bytes
 */
struct xbf_run {
	u64 addr;
	u32 len;
};

/* Writes the next piece of a request's data to @run. Return: false if there is none. */
typedef bool (*xbf_next_piece)(void *from, struct xbf_run *run);

static __always_inline bool xbf_refill(struct xbf_run *rest, xbf_next_piece next, void *from)
{
	while (!rest->len)
		if (!next(from, rest))
			return false;
	return true;
}

/* Takes off what lies in one frame. Return: its length. */
static __always_inline u32 xbf_cut(struct xbf_run *rest)
{
	u32 len = xfl_frame_chunk(rest->addr, rest->len);

	rest->addr += len;
	rest->len -= len;
	return len;
}

/**
 * xbf_shape_next_seg() - cut the next segment from a request's data
 * @rest: what is left of the last piece; empty at first
 * @next: how to get at the next one
 * @from: for @next
 * @seg: the segment: all the data from here on that is adjacent and in one frame
 *
 * The only place that cuts: whoever grants, places or copies a request's data uses it, so that they
 * cannot disagree. xbf_shape_measure() counts without cutting, and the tests compare the two.
 *
 * Return: false if there is no more data.
 */
static __always_inline bool xbf_shape_next_seg(struct xbf_run *rest, xbf_next_piece next,
					       void *from, struct xbf_run *seg)
{
	u64 addr;
	u32 len;

	if (!xbf_refill(rest, next, from))
		return false;
	addr = rest->addr;
	len = xbf_cut(rest);
	/* Most pieces end where a frame ends. */
	while (unlikely(!rest->len && xfl_frame_offset(addr + len))) {
		if (!xbf_refill(rest, next, from) || rest->addr != addr + len)
			break;
		len += xbf_cut(rest);
	}
	seg->addr = addr;
	seg->len = len;
	return true;
}

/**
 * struct xbf_measures - a request's data as a whole
 * @segs: how many segments xbf_shape_next_seg() cuts it into
 * @shape: bits below the logical block size say that it cannot be described, because some
 *	frame's data is not whole blocks
 */
struct xbf_measures {
	u32 segs;
	u32 shape;
};

/**
 * xbf_shape_measure() - count a request's segments without cutting them
 * @next: how to get at a piece
 * @from: for @next
 *
 * Called for each request, and most pieces are many frames. The frames between the ends of a run
 * are whole, so only its ends need to be looked at.
 */
static __always_inline struct xbf_measures xbf_shape_measure(xbf_next_piece next, void *from)
{
	struct xbf_measures m = { 0 };
	struct xbf_run piece;
	u64 end = 0;

	while (next(from, &piece)) {
		if (unlikely(!piece.len))
			continue;
		m.segs += xfl_frames_spanned(piece.addr, piece.len);
		if (likely(piece.addr != end))
			m.shape |= xfl_frame_offset(piece.addr) | xfl_frame_offset(end);
		else if (xfl_frame_offset(end))
			m.segs--;	/* in the same frame as the end of the piece before */
		end = piece.addr + piece.len;
	}
	m.shape |= xfl_frame_offset(end);
	return m;
}

#endif /* XENFRONT_BLKFRONT_SHAPE_H */
