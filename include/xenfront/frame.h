/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Arithmetic on frames. A frame is Xen's unit of granting: 4 KB, whatever PAGE_SIZE is. A 64 KB
 * page has sixteen of them. Pure.
 */
#ifndef XENFRONT_FRAME_H
#define XENFRONT_FRAME_H

#include "portable.h"

#define XFL_FRAME_SHIFT	12
#define XFL_FRAME_SIZE	(1u << XFL_FRAME_SHIFT)
#define XFL_FRAME_MASK	(XFL_FRAME_SIZE - 1)

/**
 * xfl_frame_offset() - offset of a byte inside its frame
 * @offset: offset of the byte from any frame-aligned address
 *
 * Return: bytes, 0 to XFL_FRAME_MASK.
 */
static inline u32 xfl_frame_offset(u64 offset)
{
	return offset & XFL_FRAME_MASK;
}

/**
 * xfl_frames_spanned() - frames touched by a run of bytes
 * @offset: byte offset of the run from any frame-aligned address
 * @len: bytes in the run
 *
 * Return: number of frames, 0 for an empty run.
 */
static inline u32 xfl_frames_spanned(u64 offset, u32 len)
{
	if (!len)
		return 0;
	return (xfl_frame_offset(offset) + (u64)len + XFL_FRAME_MASK) >> XFL_FRAME_SHIFT;
}

/**
 * xfl_frame_chunk() - bytes of a run that lie in its first frame
 * @offset: byte offset of the run from any frame-aligned address
 * @len: bytes in the run
 *
 * Return: bytes, @len if the run ends in that frame.
 */
static inline u32 xfl_frame_chunk(u64 offset, u32 len)
{
	u32 room = XFL_FRAME_SIZE - xfl_frame_offset(offset);

	return min(room, len);
}

#endif /* XENFRONT_FRAME_H */
