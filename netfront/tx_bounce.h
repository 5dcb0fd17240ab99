/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames that stay granted: see tx_bounce.c.
 */
#ifndef XENFRONT_NETFRONT_TX_BOUNCE_H
#define XENFRONT_NETFRONT_TX_BOUNCE_H

#include <xenfront/framepool.h>
#include <xenfront/grant.h>

/**
 * struct xnf_bounce_frame - a frame granted once, copied to many times
 * @va: memory of the frame
 * @gref: the grant
 * @frame: as the pool handed it out
 */
struct xnf_bounce_frame {
	void *va;
	grant_ref_t gref;
	struct xfl_frame frame;
};

struct xnf_tx;

void xnf_bounce_grant(struct xfl_grefs *grefs, struct xfl_framepool *pool,
		      struct xnf_bounce_frame *s, bool readonly);
void xnf_bounce_end(struct xfl_grefs *grefs, struct xfl_framepool *pool,
		    struct xnf_bounce_frame *s);
int xnf_bounce_alloc(struct xnf_tx *tx, u32 nr_gather);
void xnf_bounce_free(struct xnf_tx *tx);

#endif /* XENFRONT_NETFRONT_TX_BOUNCE_H */
