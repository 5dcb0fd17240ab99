/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Granted frames: frames of our own that stay granted from one request or packet to the next.
 */
#ifndef XENFRONT_GFRAME_H
#define XENFRONT_GFRAME_H

#include "framepool.h"
#include "grant.h"

/**
 * struct xfl_gframe - a frame and the grant that names it
 * @va: its memory, XFL_FRAME_SIZE bytes; NULL if there is no frame
 * @gref: the reference, in use
 * @frame: the frame, taken from a pool
 *
 * The caller of xfl_gframe_get() owns it, and serialises all calls for its pool and its stack.
 */
struct xfl_gframe {
	void *va;
	grant_ref_t gref;
	struct xfl_frame frame;
};

void xfl_gframe_get(struct xfl_gframe *f, struct xfl_framepool *pool, struct xfl_grefs *grefs,
		    bool readonly);
void xfl_gframe_put(struct xfl_gframe *f, struct xfl_framepool *pool, struct xfl_grefs *grefs);
bool __must_check xfl_gframe_free(struct xfl_gframe *f, struct xfl_framepool *pool,
				  struct xfl_grefs *grefs);

#endif /* XENFRONT_GFRAME_H */
