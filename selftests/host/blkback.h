/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A block backend over a disk in memory, written against Xen's own headers and
 * what xen-blkback and qdisk accept; it knows nothing of blkfront/wire.h.
 */
#ifndef HOST_BLKBACK_H
#define HOST_BLKBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "xenring.h"
#include <xen/io/blkif.h>

#include "grants.h"
#include "rng.h"

#define BLKBACK_PENDING	512u

struct blkback_done {
	struct blkif_response rsp;
	uint64_t sector;	/* of the ring request, for tests that want to know */
};

/**
 * struct blkback - the backend
 * @ring: its end of the ring
 * @grants: the guest's grant table
 * @disk: the medium
 * @sectors: its size
 * @bad_first: first sector of a bad spot, where requests fail
 * @bad_last: last one
 * @max_indirect: most segments of an indirect request, 0 if it takes none
 * @block: logical block size in sectors
 * @no_flush: responds to a flush with EOPNOTSUPP
 * @no_discard: the same for discards
 * @done: requests that were carried out and have no response yet
 * @nr_done: number of those
 * @flushes: flushes and barriers seen
 * @secure: discards beyond recovery seen
 * @complaint: what the frontend did wrong, in words; NULL as long as it did nothing
 */
struct blkback {
	blkif_back_ring_t ring;
	const struct grants *grants;
	uint8_t *disk;
	uint64_t sectors;
	uint64_t bad_first;
	uint64_t bad_last;
	uint32_t max_indirect;
	uint32_t block;
	bool no_flush;
	bool no_discard;
	struct blkback_done done[BLKBACK_PENDING];
	uint32_t nr_done;
	uint32_t flushes;
	uint32_t secure;
	const char *complaint;
};

void blkback_attach(struct blkback *b, void *ring, uint32_t ring_frames);
void blkback_serve(struct blkback *b);
void blkback_put(struct blkback *b, const struct blkif_response *rsp);
void blkback_respond(struct blkback *b, struct rng *r, uint32_t most);

#endif /* HOST_BLKBACK_H */
