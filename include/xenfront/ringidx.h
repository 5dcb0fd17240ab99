/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Arithmetic on ring indices. An index is a free-running u32, so only differences mean anything.
 * Pure; the memory barriers are in ring.h.
 */
#ifndef XENFRONT_RINGIDX_H
#define XENFRONT_RINGIDX_H

#include "frame.h"
#include "portable.h"

/* Bytes of indices and padding before entry 0 (xen/interface/io/ring.h). */
#define XFL_RING_HEADER_SIZE	64u
#define XFL_RING_MAX_FRAMES	16u

/**
 * xfl_ring_slots() - entries of a ring
 * @frames: 4 KB frames that the ring is made of
 * @slot_size: bytes of one entry, the larger of request and response
 *
 * Return: the largest power of two that fits behind the ring header.
 */
static inline u32 xfl_ring_slots(u32 frames, u32 slot_size)
{
	u32 fit = ((frames << XFL_FRAME_SHIFT) - XFL_RING_HEADER_SIZE) / slot_size;

	while (fit & (fit - 1))
		fit &= fit - 1;
	return fit;
}

/**
 * xfl_ring_pending() - how many responses a producer index announces
 * @rsp_prod: the backend's index, read once
 * @rsp_cons: first response not yet consumed
 * @req_prod: one past the last request ever put on the ring
 *
 * A backend has no more responses than it has requests. That bound is tighter than the size of the
 * ring, and catches an index that runs backwards as well.
 *
 * Return: number of responses, or -EPROTO for an impossible index.
 */
static inline int __must_check xfl_ring_pending(u32 rsp_prod, u32 rsp_cons, u32 req_prod)
{
	u32 pending = rsp_prod - rsp_cons;

	if (unlikely(pending > req_prod - rsp_cons))
		return -EPROTO;
	return (int)pending;
}

/**
 * xfl_ring_event_after() - the response at which to ask for the next event
 * @rsp_cons: first response not yet consumed
 * @outstanding: requests that have no response yet
 * @batch: most responses worth waiting for, 1 for an event per response
 *
 * An event for a response beyond @outstanding would never come. So the batch shrinks with the
 * queue: a quarter of it, and at least one.
 *
 * Return: the value for rsp_event.
 */
static inline u32 xfl_ring_event_after(u32 rsp_cons, u32 outstanding, u32 batch)
{
	u32 quarter = outstanding / 4;

	return rsp_cons + max(1u, min(quarter, batch));
}

#endif /* XENFRONT_RINGIDX_H */
