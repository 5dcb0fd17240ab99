/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block protocol (blkif) as this driver speaks it. Pure.
 *
 * DOC: one block request may need more segments than one ring request carries.
 * It then goes out as several linked ring requests, its parts:
 *
 *	bfw_next_seg()		cuts the data into segments, one per frame
 *	bfw_measure()		how many, and can they be described at all?
 *	bfw_layout_init()	how many parts, from the number of frames
 *	  bfw_open_part()	writes the head of one ring request
 *	    bfw_place()		adds one frame's data to it
 *	bfw_judge()		which request a response belongs to, if it is to be believed
 *	bfw_tally_add()		whether that was the last part, and the worst status
 *
 * Everything that is written goes straight to shared memory and is never read
 * back; everything that is judged was copied from there once. Layout: little
 * endian, the 64-bit ABI that x86-64 and Arm (32 and 64 bit) have in common.
 */
#ifndef BLKFRONT_WIRE_H
#define BLKFRONT_WIRE_H

#include <xenfront/frame.h>
#include <xenfront/portable.h>
#include <xenfront/slots.h>

/* Ring, segment and disk addresses count sectors of 512 bytes, always. */
#define BFW_SECTOR_SHIFT	9
#define BFW_SECTOR_SIZE		(1u << BFW_SECTOR_SHIFT)
#define BFW_FRAME_SECTORS	(XFL_FRAME_SIZE / BFW_SECTOR_SIZE)

#define BFW_DIRECT_SEGS		11u	/* segments a direct request carries */
#define BFW_INDIRECT_REFS	8u	/* indirect frames a request can name; we use one */
#define BFW_MAX_BYTES		(1u << 20)	/* largest block request */
#define BFW_MAX_SECTORS		(BFW_MAX_BYTES >> BFW_SECTOR_SHIFT)
/* Its segments: only the first and the last can be less than a frame, see "the shape of data". */
#define BFW_MAX_SEGS		(BFW_MAX_BYTES / XFL_FRAME_SIZE + 1)
/* Its parts without indirect descriptors. Fewer than a one-frame ring has slots (32). */
#define BFW_MAX_PARTS		((BFW_MAX_SEGS + BFW_DIRECT_SEGS - 1) / BFW_DIRECT_SEGS)
/* Larger than any disk is, small enough to be counted in bytes. */
#define BFW_SECTORS_LIMIT	(1ull << 54)

enum bfw_op {
	BFW_READ	= 0,
	BFW_WRITE	= 1,
	BFW_BARRIER	= 2,
	BFW_FLUSH	= 3,
	BFW_DISCARD	= 5,
	BFW_INDIRECT	= 6,
};

#define BFW_DISCARD_SECURE	1u

/* Bits of the backend's "info" key. */
#define BFW_INFO_CDROM		1u
#define BFW_INFO_REMOVABLE	2u
#define BFW_INFO_READONLY	4u

struct bfw_segment {
	u32 gref;
	u8 first;	/* first and last sector inside the frame, inclusive */
	u8 last;
	u16 pad;
};

struct bfw_rw {
	u8 op;
	u8 nr_segs;
	u16 handle;
	u32 pad;
	u64 id;
	u64 sector;
	struct bfw_segment seg[BFW_DIRECT_SEGS];
};

struct bfw_discard {
	u8 op;
	u8 flag;
	u16 handle;
	u32 pad;
	u64 id;
	u64 sector;
	u64 nr_sectors;
};

struct bfw_indirect {
	u8 op;
	u8 rw_op;
	u16 nr_segs;
	u32 pad1;
	u64 id;
	u64 sector;
	u16 handle;
	u16 pad2;
	u32 gref[BFW_INDIRECT_REFS];
	u32 pad3;
};

union bfw_request {
	struct bfw_rw rw;
	struct bfw_discard discard;
	struct bfw_indirect indirect;
};

struct bfw_response {
	u64 id;
	u8 op;
	u8 pad1;
	s16 status;
	u32 pad2;
};

/* Status of a part or of a whole request, the worse the greater. */
enum bfw_status {
	BFW_OK,
	BFW_UNSUPPORTED,
	BFW_ERROR,
};

/*
 * DOC: the shape of data. What the block layer of Linux 6.1 to 7.x hands us under the limits
 * of disk.c (virt_boundary_mask of a frame, dma_alignment of a logical block, BFW_MAX_SECTORS),
 * and what it does not promise:
 *
 * - Inside one bio, a piece of data (a bvec) begins at a frame's start and the one before it ends
 *   at a frame's end; bios are split where it would be otherwise. A bvec may be of many pages.
 * - Bios are merged into a request if the place where they meet is such a boundary too, or if the
 *   next one goes on in memory at the very byte where the one before it ended: then they may
 *   meet anywhere, also inside a frame. So bvecs are not what is counted; two of them may be
 *   one frame's data. With 16 KB and 64 KB pages a Xen guest's block layer takes no two bvecs
 *   for adjacent, so there only the first case is met; we do not build on that.
 * - So a request is a row of runs, a run being what is adjacent in memory. Each but the first
 *   begins at a frame's start, each but the last ends at a frame's end, and the number of frames
 *   is at most that of one run of the same length, BFW_MAX_SEGS. A frame may appear twice, in two
 *   runs (a page that is written to two places): those are two segments.
 * - The number of segments that the block layer counts (max_segments) is another one: of runs, or
 *   more. It never is the limit that is met first.
 * - Adjacent is what the guest's addresses say. A run of several frames need not be one run in the
 *   machine's memory; each frame is granted by itself.
 * - dma_alignment holds for what user space hands over. A kernel user's buffer (kmalloc) may
 *   begin anywhere: bfw_measure(). Linux 7.2 fails such a bio itself, 6.12 does not look.
 * - A bvec may be empty, if whoever made the bio brought it. It comes with the others, and
 *   counts for the block layer as one that ends where it begins, also where that is a gap. For
 *   us it is nothing.
 * - Where a bio's first bvecs have a gap before the first whole block, there is no place to
 *   split it. 6.1 stops then (BUG), 7.2 fails the bio, and 6.12 passes all of it on as it is:
 *   then nothing of the above holds, BFW_MAX_SECTORS neither. What of that cannot be described
 *   bfw_measure() finds.
 * - Discards and secure erases have a length and no data; of one kind, they are merged if one
 *   goes on where the other ends. A flush has neither, and is never merged; the data of the bio
 *   that asked for it comes as a write before or after it.
 * - Zeroes come as writes, since disk.c sets no limit for REQ_OP_WRITE_ZEROES: of one page or
 *   folio over and over, so of the same frames in many runs.
 * - Passthrough (REQ_OP_DRV_IN and _OUT) comes in no bio; only the kernel could make such a
 *   request, and of other data than is said here. bf_prepare() refuses it by its name, like all
 *   that is not named here, before it looks at the data. A request of no bytes is none that we
 *   ask for: refused too.
 */

/**
 * struct bfw_run - data that is adjacent in memory
 * @addr: its place, in a measure in which frames begin at multiples of XFL_FRAME_SIZE and what is
 *	adjacent has adjacent numbers: the kernel's physical address
 * @len: bytes
 */
struct bfw_run {
	u64 addr;
	u32 len;
};

/* Writes the next piece of a request's data to @run. Return: false if there is none. */
typedef bool (*bfw_next_piece)(void *from, struct bfw_run *run);

static __always_inline bool bfw_refill(struct bfw_run *rest, bfw_next_piece next, void *from)
{
	while (!rest->len)
		if (!next(from, rest))
			return false;
	return true;
}

/* Takes off what lies in one frame. Return: its length. */
static __always_inline u32 bfw_cut(struct bfw_run *rest)
{
	u32 len = xfl_frame_chunk(rest->addr, rest->len);

	rest->addr += len;
	rest->len -= len;
	return len;
}

/**
 * bfw_next_seg() - cut the next segment from a request's data
 * @rest: what is left of the last piece; empty at first
 * @next: how to get at the next one
 * @from: for @next
 * @seg: the segment: all the data from here on that is adjacent and in one frame
 *
 * The only place that cuts. Whoever grants, places or copies a request's data goes through it by
 * this, so that they cannot disagree; with bfw_measure(), which counts alone, the tests compare it.
 *
 * Return: false if there is no more data.
 */
static __always_inline bool bfw_next_seg(struct bfw_run *rest, bfw_next_piece next, void *from,
					 struct bfw_run *seg)
{
	u64 addr;
	u32 len;

	if (!bfw_refill(rest, next, from))
		return false;
	addr = rest->addr;
	len = bfw_cut(rest);
	/* Most pieces end where a frame ends. */
	while (unlikely(!rest->len && xfl_frame_offset(addr + len))) {
		if (!bfw_refill(rest, next, from) || rest->addr != addr + len)
			break;
		len += bfw_cut(rest);
	}
	seg->addr = addr;
	seg->len = len;
	return true;
}

/**
 * struct bfw_measures - a request's data as a whole
 * @segs: how many segments bfw_next_seg() cuts it into
 * @shape: bits below the logical block size say that it cannot be described, because some
 *	frame's data is not whole blocks
 */
struct bfw_measures {
	u32 segs;
	u32 shape;
};

/**
 * bfw_measure() - count a request's segments without cutting them
 * @next: how to get at a piece
 * @from: for @next
 *
 * A request is looked at thus before anything is done with it, and most pieces are many frames.
 * Whole frames between the ends of a run are whole blocks.
 */
static __always_inline struct bfw_measures bfw_measure(bfw_next_piece next, void *from)
{
	struct bfw_measures m = { 0 };
	struct bfw_run piece;
	u64 end = 0;

	while (next(from, &piece)) {
		if (unlikely(!piece.len))
			continue;
		m.segs += xfl_frames_spanned(piece.addr, piece.len);
		if (likely(piece.addr != end))
			m.shape |= xfl_frame_offset(piece.addr) | xfl_frame_offset(end);
		else if (xfl_frame_offset(end))
			m.segs--;	/* the frame of the piece before */
		end = piece.addr + piece.len;
	}
	m.shape |= xfl_frame_offset(end);
	return m;
}

/**
 * bfw_parts() - ring requests that a number of segments needs
 * @segs: segments, one per frame
 * @cap: segments one ring request carries, see bfw_segs_per_part()
 */
static inline u32 bfw_parts(u32 segs, u32 cap)
{
	return likely(segs <= cap) ? 1 : (segs + cap - 1) / cap;
}

/**
 * struct bfw_layout - a block request on its way into ring requests
 * @next: where the next segment goes
 * @room: segments that still go into the open part
 * @left: segments that go into parts not opened yet
 * @cap: segments one ring request carries
 * @sector: disk sector of the next segment: the start of the request plus what
 *	was really placed, since a part carries less than its frames would hold
 *	where the data does not begin at a frame's start
 */
struct bfw_layout {
	struct bfw_segment *next;
	u32 room;
	u32 left;
	u32 cap;
	u64 sector;
};

/**
 * bfw_layout_init() - start to lay out a request
 * @l: the layout
 * @sector: first disk sector
 * @segs: segments in all, at least 1
 * @cap: segments one ring request carries
 */
static inline void bfw_layout_init(struct bfw_layout *l, u64 sector, u32 segs, u32 cap)
{
	l->next = NULL;
	l->room = 0;
	l->left = segs;
	l->cap = cap;
	l->sector = sector;
}

/**
 * struct bfw_part - what the head of a ring request says besides its data
 * @op: BFW_READ or BFW_WRITE
 * @handle: the frontend's device id
 * @id: from bfw_send()
 * @frame: frame for the segments of an indirect request; NULL if @cap of the
 *	layout is BFW_DIRECT_SEGS
 * @frame_gref: its grant reference
 */
struct bfw_part {
	u8 op;
	u16 handle;
	u64 id;
	struct bfw_segment *frame;
	u32 frame_gref;
};

void bfw_open_part(struct bfw_layout *l, union bfw_request *req, const struct bfw_part *part);

/**
 * bfw_part_full() - whether a part has to be opened before the next segment
 * @l: the layout
 */
static inline bool bfw_part_full(const struct bfw_layout *l)
{
	return !l->room;
}

/**
 * bfw_place() - add one frame's data to the open part
 * @l: a layout whose part is not full
 * @gref: grant reference of the frame
 * @seg: the data, at least one sector
 */
static inline void bfw_place(struct bfw_layout *l, u32 gref, const struct bfw_run *seg)
{
	u32 first = xfl_frame_offset(seg->addr) >> BFW_SECTOR_SHIFT;
	u32 sectors = seg->len >> BFW_SECTOR_SHIFT;

	*l->next++ = (struct bfw_segment){
		.gref = gref,
		.first = (u8)first,
		.last = (u8)(first + sectors - 1),
	};
	l->room--;
	l->sector += sectors;
}

void bfw_encode_flush(union bfw_request *req, u8 op, u16 handle, u64 id);
void bfw_encode_discard(union bfw_request *req, u64 sector, u64 nr_sectors, bool secure,
			u16 handle, u64 id);

/**
 * struct bfw_sent - what we remember of a ring request, since the ring is not ours to read
 * @owner: the block request it is a part of
 * @op: operation its response must name
 */
struct bfw_sent {
	void *owner;
	u8 op;
};

/**
 * struct bfw_table - ring requests in flight
 * @slots: ids and generations
 * @sent: one entry per slot
 *
 * Its user serialises all calls.
 */
struct bfw_table {
	struct xfl_slots slots;
	struct bfw_sent *sent;
};

/**
 * bfw_credits() - ring requests that can be sent now
 * @t: the table
 */
static inline u32 bfw_credits(const struct bfw_table *t)
{
	return t->slots.nr_free;
}

/**
 * bfw_send() - register a ring request
 * @t: the table
 * @op: operation the backend will name in its answer; for an indirect request
 *	that is the operation inside it
 * @owner: the block request it is a part of
 *
 * Return: its slot, which xfl_slot_id() turns into the id; -ENOSPC without credit.
 */
static inline int __must_check bfw_send(struct bfw_table *t, u8 op, void *owner)
{
	int slot = xfl_slot_get(&t->slots);

	if (likely(slot >= 0)) {
		t->sent[slot].owner = owner;
		t->sent[slot].op = op;
	}
	return slot;
}

/**
 * struct bfw_answer - a response that was found to be good
 * @owner: the block request, as given to bfw_send()
 * @op: what was asked
 * @status: what came of it
 */
struct bfw_answer {
	void *owner;
	u8 op;
	enum bfw_status status;
};

int __must_check bfw_judge(struct bfw_table *t, const struct bfw_response *rsp,
			   struct bfw_answer *answer);

/**
 * struct bfw_tally - answers to the parts of one block request
 * @parts_left: parts without an answer
 * @worst: worst status so far, an enum bfw_status
 */
struct bfw_tally {
	u8 parts_left;
	u8 worst;
};

/**
 * bfw_tally_add() - count the answer to one part
 * @t: tally of its request
 * @status: status of the part
 *
 * Return: true if this was the last part: @t->worst now holds for the request.
 */
static inline bool bfw_tally_add(struct bfw_tally *t, enum bfw_status status)
{
	if (unlikely(status > t->worst))
		t->worst = (u8)status;
	return !--t->parts_left;
}

/**
 * struct bfw_keys - what the backend wrote, number by number, not believed yet
 * @sectors: size of the disk, 0 if absent
 * @info: BFW_INFO_* bits
 * @sector_size: logical block size in bytes, 0 if absent
 * @physical_sector_size: in bytes, 0 if absent
 * @discard_granularity: in bytes, 0 if absent
 * @discard_alignment: in bytes
 * @flush: feature-flush-cache
 * @barrier: feature-barrier
 * @discard: feature-discard
 * @discard_secure: discard-secure
 */
struct bfw_keys {
	u64 sectors;
	u32 info;
	u32 sector_size;
	u32 physical_sector_size;
	u32 discard_granularity;
	u32 discard_alignment;
	bool flush;
	bool barrier;
	bool discard;
	bool discard_secure;
};

/**
 * struct bfw_disk - what we make of it
 * @sectors: usable size, whole logical blocks
 * @logical: logical block size in bytes, a power of two, 512 to 4096
 * @physical: physical block size in bytes, at least @logical
 * @discard_granularity: in bytes, 0 if the disk cannot discard
 * @discard_alignment: in bytes, less than @discard_granularity
 * @flush_op: BFW_FLUSH, BFW_BARRIER, or 0 if there is no cache to flush
 * @secure_discard: whether data can be discarded beyond recovery
 * @readonly: no writes
 * @removable: the medium can be taken out
 * @cdrom: the disk is a CD-ROM
 */
struct bfw_disk {
	u64 sectors;
	u32 logical;
	u32 physical;
	u32 discard_granularity;
	u32 discard_alignment;
	u8 flush_op;
	bool secure_discard;
	bool readonly;
	bool removable;
	bool cdrom;
};

/**
 * bfw_same_disk() - whether there is nothing new in what a backend wrote
 * @a: one judgement
 * @b: another
 */
static inline bool bfw_same_disk(const struct bfw_disk *a, const struct bfw_disk *b)
{
	return a->sectors == b->sectors && a->logical == b->logical &&
	       a->physical == b->physical &&
	       a->discard_granularity == b->discard_granularity &&
	       a->discard_alignment == b->discard_alignment && a->flush_op == b->flush_op &&
	       a->secure_discard == b->secure_discard && a->readonly == b->readonly &&
	       a->removable == b->removable && a->cdrom == b->cdrom;
}

int __must_check bfw_judge_disk(const struct bfw_keys *k, struct bfw_disk *d, const char **why);
u32 bfw_segs_per_part(u32 offered, u32 wanted);

/**
 * struct bfw_rings - rings of a disk; those with events come first
 * @event: rings that tell of responses by an event
 * @poll: rings that are looked at instead
 */
struct bfw_rings {
	u32 event;
	u32 poll;
};

struct bfw_rings bfw_share_rings(u32 offered, u32 event, u32 poll);
u32 bfw_ring_index(const struct bfw_rings *contexts, const struct bfw_rings *live, u32 context);

#endif /* BLKFRONT_WIRE_H */
