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

/*
 * What is asked for. The first four come as bios; a flush the block layer makes of one that has no
 * data. Of the rest none reaches a driver's queue as a bio: see bl_takes().
 */
enum bl_op {
	BL_READ,
	BL_WRITE,
	BL_DISCARD,
	BL_SECURE_ERASE,
	BL_FLUSH,
	BL_WRITE_ZEROES,
	BL_DRV_IN,
	BL_DRV_OUT,
};

/**
 * struct bl_queue - a queue's limits, and the guest they are met in
 * @page: bytes of a page
 * @boundary: virt_boundary_mask
 * @max_bytes: max_sectors, in bytes
 * @max_segments: segments of a request, as the block layer counts them
 * @max_discard: bytes of a discard, and of a secure erase; 0 if there is none
 * @granularity: of discards, in bytes
 * @block: bytes of a logical block
 * @physical: bytes of a physical block, where splits are made if they can be
 * @machine: machine frame of each page: what is adjacent in the guest need not be there
 */
struct bl_queue {
	uint32_t page;
	uint32_t boundary;
	uint32_t max_bytes;
	uint32_t max_segments;
	uint32_t max_discard;
	uint32_t granularity;
	uint32_t block;
	uint32_t physical;
	uint32_t machine[BL_PAGES];
};

/* A bvec. Its page is @addr / page. It may be empty. */
struct bl_piece {
	uint64_t addr;
	uint32_t len;
};

/**
 * struct bl_io - a bio, or the bios of a request
 * @op: what is to be done
 * @at: where on the disk, in bytes
 * @bytes: of data, or to discard
 * @segments: as the block layer counts them
 * @nr: pieces
 * @bios: bios it is of
 * @piece: the data
 */
struct bl_io {
	enum bl_op op;
	uint64_t at;
	uint32_t bytes;
	uint32_t segments;
	uint32_t nr;
	uint32_t bios;
	struct bl_piece piece[BL_PIECES];
};

static inline bool bl_has_data(const struct bl_io *io)
{
	return io->op == BL_READ || io->op == BL_WRITE;
}

bool bl_takes(const struct bl_queue *q, enum bl_op op);
void bl_copy(struct bl_io *to, const struct bl_io *from);
void bl_begin(struct bl_io *bio, enum bl_op op, uint64_t at);
void bl_add(const struct bl_queue *q, struct bl_io *bio, uint64_t addr, uint32_t len, bool folio);
void bl_add_empty(struct bl_io *bio, uint64_t addr);
bool bl_split(const struct bl_queue *q, struct bl_io *bio, struct bl_io *first);
bool bl_merge(const struct bl_queue *q, struct bl_io *rq, const struct bl_io *next, bool front);

#endif /* HOST_BLKLAYER_H */
