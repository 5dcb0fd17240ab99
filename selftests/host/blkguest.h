/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The least frontend that uses blkfront/wire.h the way the driver does: rings,
 * grants and completion around the pure core, with every promise of the core
 * checked on the way.
 */
#ifndef HOST_BLKGUEST_H
#define HOST_BLKGUEST_H

#include "xenring.h"

#include "blkfront/wire.h"
#include "xenfront/ringidx.h"

#include "grants.h"
#include "rng.h"

DEFINE_RING_TYPES(xbf, union xbf_wire_request, struct xbf_wire_response);

#define GUEST_SLOTS	512u
#define GUEST_HANDLE	51712u	/* xvda */

/**
 * struct blkguest_seg - data in one frame
 * @frame: the frame, 4096 bytes
 * @offset: of the data in it
 * @len: bytes
 * @gref: while granted
 */
struct blkguest_seg {
	u8 *frame;
	u32 offset;
	u32 len;
	u32 gref;
};

/**
 * struct blkguest_req - a block request
 * @op: XBF_READ, XBF_WRITE, XBF_FLUSH, XBF_BARRIER or XBF_DISCARD
 * @sector: first sector
 * @nr_sectors: of a discard
 * @secure: a discard beyond recovery
 * @nr_segs: entries in @seg
 * @seg: the data
 * @tally: responses to its parts
 * @parts: ring requests it goes out as
 * @placed: segments of it that are on the ring
 * @layout: how the rest goes on
 * @responses: valid responses
 * @completions: times it completed; must never be more than one
 * @nr_indirect: entries in @indirect
 * @indirect: frames of indirect segments, and their references
 */
struct blkguest_req {
	u8 op;
	u64 sector;
	u64 nr_sectors;
	bool secure;
	u32 nr_segs;
	struct blkguest_seg seg[XBF_MAX_SEGS];
	struct xbf_tally tally;
	u32 parts;
	u32 placed;
	struct xbf_layout layout;
	u32 responses;
	u32 completions;
	u32 nr_indirect;
	struct {
		struct xbf_wire_segment seg[512];
		u32 gref;
	} indirect[XBF_MAX_PARTS];
};

/**
 * struct blkguest - the frontend
 * @ring: its end of the ring
 * @ring_memory: the ring's frames
 * @table: requests in flight
 * @grants: grant table
 * @cap: segments one ring request carries
 * @rest: the request that is on the ring in part, if any
 * @broken: errno of the protocol error, 0 before there is one
 */
struct blkguest {
	xbf_front_ring_t ring;
	_Alignas(8) u8 ring_memory[XFL_RING_MAX_FRAMES * 4096];
	struct xbf_table table;
	struct xfl_slot slot[GUEST_SLOTS];
	struct xbf_sent sent[GUEST_SLOTS];
	struct grants grants;
	u32 cap;
	struct blkguest_req *rest;
	int broken;
};

void blkguest_init(struct blkguest *g, u32 ring_frames, u32 cap);
bool blkguest_submit(struct blkguest *g, struct blkguest_req *req);
u32 blkguest_reap(struct blkguest *g);

#endif /* HOST_BLKGUEST_H */
