/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What Linux's block layer does to data before a driver sees it, as far as its shape goes:
 * bios are filled page by page, split by the queue's limits, and merged. Written from the rules
 * of block/bio.c and block/blk-merge.c, 6.1 to 7.x; where they differ, the laxer one.
 */
#ifndef HOST_BLKLAYER_H
#define HOST_BLKLAYER_H

#include <stdbool.h>
#include <stdint.h>

#define BL_PIECES	4096u
#define BL_PAGES	4096u

/**
 * struct bl_queue - a queue's limits, and the guest they are met in
 * @page: bytes of a page
 * @boundary: virt_boundary_mask
 * @max_bytes: max_sectors, in bytes
 * @max_segments: segments of a request, as the block layer counts them
 * @block: bytes of a logical block
 * @machine: machine frame of each page: what is adjacent in the guest need not be there
 */
struct bl_queue {
	uint32_t page;
	uint32_t boundary;
	uint32_t max_bytes;
	uint32_t max_segments;
	uint32_t block;
	uint32_t machine[BL_PAGES];
};

/* A bvec. Its page is @addr / page. */
struct bl_piece {
	uint64_t addr;
	uint32_t len;
};

/**
 * struct bl_io - a bio, or the bios of a request
 * @at: where on the disk, in bytes
 * @bytes: of data
 * @segments: as the block layer counts them
 * @nr: pieces
 * @bios: bios it is of
 * @piece: the data
 */
struct bl_io {
	uint64_t at;
	uint32_t bytes;
	uint32_t segments;
	uint32_t nr;
	uint32_t bios;
	struct bl_piece piece[BL_PIECES];
};

void bl_add(const struct bl_queue *q, struct bl_io *bio, uint64_t addr, uint32_t len, bool folio);
bool bl_split(const struct bl_queue *q, struct bl_io *bio, struct bl_io *first);
bool bl_merge(const struct bl_queue *q, struct bl_io *rq, const struct bl_io *next, bool front);

#endif /* HOST_BLKLAYER_H */
