/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * The block protocol (blkif) as this driver speaks it. Pure.
 *
 * One block request may need more segments than one ring request carries. It then goes out as
 * several ring requests, its parts:
 *
 *	shape.h			counts the segments of the data, one per frame, and cuts them
 *	xbf_layout_init()	starts to lay them out in parts
 *	  xbf_open_part()	writes the head of one ring request
 *	    xbf_place()		adds one segment to it
 *	xbf_rsp_check()		whether a response is valid, and which request it belongs to
 *	xbf_tally_add()		whether that was the last part; keeps the worst status
 *
 * What is written goes straight to shared memory and is never read back. What is checked was copied
 * from there once. Layout: little endian, the 64-bit ABI that x86-64 and Arm (32 and 64 bit) have
 * in common.
 */
#ifndef XENFRONT_BLKFRONT_WIRE_H
#define XENFRONT_BLKFRONT_WIRE_H

#include <xenfront/frame.h>
#include <xenfront/portable.h>
#include <xenfront/slots.h>

#include "shape.h"

/* Ring, segment and disk addresses count sectors of 512 bytes, always. */
#define XBF_SECTOR_SHIFT	9
#define XBF_SECTOR_SIZE		(1u << XBF_SECTOR_SHIFT)

#define XBF_DIRECT_SEGS		11u	/* segments a direct request carries */
#define XBF_INDIRECT_REFS	8u	/* indirect frames a request can name; we use one */
#define XBF_MAX_BYTES		(1u << 20)	/* largest block request */
#define XBF_MAX_SECTORS		(XBF_MAX_BYTES >> XBF_SECTOR_SHIFT)
/* Its segments: only the first and the last can be less than a frame, see shape.h. */
#define XBF_MAX_SEGS		(XBF_MAX_BYTES / XFL_FRAME_SIZE + 1)
/* Its parts without indirect descriptors. Fewer than a one-frame ring has slots (32). */
#define XBF_MAX_PARTS		((XBF_MAX_SEGS + XBF_DIRECT_SEGS - 1) / XBF_DIRECT_SEGS)
/* Above any disk's size; below it a size in bytes fits 64 bits. */
#define XBF_SECTORS_LIMIT	(1ull << 54)

enum xbf_op {
	XBF_READ	= 0,
	XBF_WRITE	= 1,
	XBF_BARRIER	= 2,
	XBF_FLUSH	= 3,
	XBF_DISCARD	= 5,
	XBF_INDIRECT	= 6,
};

#define XBF_DISCARD_SECURE	1u

/* Bits of the backend's "info" key. */
#define XBF_INFO_CDROM		1u
#define XBF_INFO_REMOVABLE	2u
#define XBF_INFO_READONLY	4u

struct xbf_wire_segment {
	u32 gref;
	u8 first;	/* first and last sector inside the frame, inclusive */
	u8 last;
	u16 pad;
};

struct xbf_wire_rw {
	u8 op;
	u8 nr_segs;
	u16 handle;
	u32 pad;
	u64 id;
	u64 sector;
	struct xbf_wire_segment seg[XBF_DIRECT_SEGS];
};

struct xbf_wire_discard {
	u8 op;
	u8 flag;
	u16 handle;
	u32 pad;
	u64 id;
	u64 sector;
	u64 nr_sectors;
};

struct xbf_wire_indirect {
	u8 op;
	u8 rw_op;
	u16 nr_segs;
	u32 pad1;
	u64 id;
	u64 sector;
	u16 handle;
	u16 pad2;
	u32 gref[XBF_INDIRECT_REFS];
	u32 pad3;
};

union xbf_wire_request {
	struct xbf_wire_rw rw;
	struct xbf_wire_discard discard;
	struct xbf_wire_indirect indirect;
};

struct xbf_wire_response {
	u64 id;
	u8 op;
	u8 pad1;
	s16 status;
	u32 pad2;
};

/* Status of a part or of a whole request, the worse the greater. */
enum xbf_status {
	XBF_OK,
	XBF_UNSUPPORTED,
	XBF_ERROR,
};

/**
 * xbf_parts() - ring requests that a number of segments needs
 * @segs: segments, one per frame
 * @cap: segments one ring request carries, see xbf_segs_per_part()
 */
static inline u32 xbf_parts(u32 segs, u32 cap)
{
	return likely(segs <= cap) ? 1 : (segs + cap - 1) / cap;
}

/**
 * struct xbf_layout - a block request on its way into ring requests
 * @next: where the next segment goes
 * @room: segments that still go into the open part
 * @left: segments that go into parts not opened yet
 * @cap: segments one ring request carries
 * @sector: disk sector of the next segment: the request's first one plus the sectors placed so far.
 *	A part whose data does not begin at a frame's start carries less than its frames would hold
 */
struct xbf_layout {
	struct xbf_wire_segment *next;
	u32 room;
	u32 left;
	u32 cap;
	u64 sector;
};

/**
 * xbf_layout_init() - start to lay out a request
 * @l: the layout
 * @sector: first disk sector
 * @segs: segments in all, at least 1
 * @cap: segments one ring request carries
 */
static inline void xbf_layout_init(struct xbf_layout *l, u64 sector, u32 segs, u32 cap)
{
	l->next = NULL;
	l->room = 0;
	l->left = segs;
	l->cap = cap;
	l->sector = sector;
}

/**
 * struct xbf_part - what the head of a ring request says besides its data
 * @op: XBF_READ or XBF_WRITE
 * @handle: the frontend's device id
 * @id: from xbf_send()
 * @frame: frame for the segments of an indirect request; NULL if @cap of the
 *	layout is XBF_DIRECT_SEGS
 * @frame_gref: its grant reference
 */
struct xbf_part {
	u8 op;
	u16 handle;
	u64 id;
	struct xbf_wire_segment *frame;
	u32 frame_gref;
};

void xbf_open_part(struct xbf_layout *l, union xbf_wire_request *req, const struct xbf_part *part);

/**
 * xbf_part_full() - whether a part has to be opened before the next segment
 * @l: the layout
 */
static inline bool xbf_part_full(const struct xbf_layout *l)
{
	return !l->room;
}

/**
 * xbf_place() - add one frame's data to the open part
 * @l: a layout whose part is not full
 * @gref: grant reference of the frame
 * @seg: the data, at least one sector
 */
static inline void xbf_place(struct xbf_layout *l, u32 gref, const struct xbf_run *seg)
{
	u32 first = xfl_frame_offset(seg->addr) >> XBF_SECTOR_SHIFT;
	u32 sectors = seg->len >> XBF_SECTOR_SHIFT;

	*l->next++ = (struct xbf_wire_segment){
		.gref = gref,
		.first = (u8)first,
		.last = (u8)(first + sectors - 1),
	};
	l->room--;
	l->sector += sectors;
}

void xbf_encode_flush(union xbf_wire_request *req, u8 op, u16 handle, u64 id);
void xbf_encode_discard(union xbf_wire_request *req, u64 sector, u64 nr_sectors, bool secure,
			u16 handle, u64 id);

/**
 * struct xbf_sent - the driver's record of a ring request, as the ring is not read back
 * @owner: the block request it is a part of
 * @op: operation its response must name
 */
struct xbf_sent {
	void *owner;
	u8 op;
};

/**
 * struct xbf_table - ring requests in flight
 * @slots: ids and generations
 * @sent: one entry per slot
 *
 * Its user serialises all calls.
 */
struct xbf_table {
	struct xfl_slots slots;
	struct xbf_sent *sent;
};

/**
 * xbf_credits() - ring requests that can be sent now
 * @t: the table
 */
static inline u32 xbf_credits(const struct xbf_table *t)
{
	return t->slots.nr_free;
}

/**
 * xbf_send() - register a ring request
 * @t: the table
 * @op: operation that the response must name; of an indirect request the one inside it
 * @owner: the block request it is a part of
 *
 * Return: its slot, which xfl_slot_id() turns into the id; -ENOSPC without credit.
 */
static inline int __must_check xbf_send(struct xbf_table *t, u8 op, void *owner)
{
	int slot = xfl_slot_get(&t->slots);

	if (likely(slot >= 0)) {
		t->sent[slot].owner = owner;
		t->sent[slot].op = op;
	}
	return slot;
}

/**
 * struct xbf_rsp - what a valid response says
 * @owner: the block request, as given to xbf_send()
 * @status: the status of that part
 */
struct xbf_rsp {
	void *owner;
	enum xbf_status status;
};

int __must_check xbf_rsp_check(struct xbf_table *t, const struct xbf_wire_response *wire,
				struct xbf_rsp *rsp);

/**
 * struct xbf_tally - responses to the parts of one block request
 * @parts_left: parts without a response
 * @worst: worst status so far, an enum xbf_status
 */
struct xbf_tally {
	u8 parts_left;
	u8 worst;
};

/**
 * xbf_tally_add() - count the response to one part
 * @t: tally of its request
 * @status: status of the part
 *
 * Return: true if this was the last part: @t->worst now holds for the request.
 */
static inline bool xbf_tally_add(struct xbf_tally *t, enum xbf_status status)
{
	if (unlikely(status > t->worst))
		t->worst = (u8)status;
	return !--t->parts_left;
}

/**
 * struct xbf_keys - the numbers that the backend wrote, not checked yet
 * @sectors: size of the disk, U64_MAX if absent
 * @info: XBF_INFO_* bits
 * @sector_size: logical block size in bytes, 0 if absent
 * @physical_sector_size: in bytes, 0 if absent
 * @discard_granularity: in bytes, 0 if absent
 * @discard_alignment: in bytes
 * @flush: feature-flush-cache
 * @barrier: feature-barrier
 * @discard: feature-discard
 * @discard_secure: discard-secure
 */
struct xbf_keys {
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
 * struct xbf_disk - a disk by its checked numbers
 * @sectors: usable size, whole logical blocks
 * @logical: logical block size in bytes, a power of two, 512 to 4096
 * @physical: physical block size in bytes, at least @logical
 * @discard_granularity: in bytes, 0 if the disk cannot discard
 * @discard_alignment: in bytes, less than @discard_granularity
 * @flush_op: XBF_FLUSH, XBF_BARRIER, or 0 if there is no cache to flush
 * @secure_discard: whether data can be discarded beyond recovery
 * @readonly: no writes
 * @removable: the medium can be taken out
 * @cdrom: the disk is a CD-ROM
 */
struct xbf_disk {
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
 * xbf_disk_props_equal() - whether two disks have the same numbers
 * @a: one
 * @b: the other
 *
 * A disk may change some of its numbers: whether it is still the same, same_disk.c decides.
 */
static inline bool xbf_disk_props_equal(const struct xbf_disk *a, const struct xbf_disk *b)
{
	return a->sectors == b->sectors && a->logical == b->logical &&
	       a->physical == b->physical &&
	       a->discard_granularity == b->discard_granularity &&
	       a->discard_alignment == b->discard_alignment && a->flush_op == b->flush_op &&
	       a->secure_discard == b->secure_discard && a->readonly == b->readonly &&
	       a->removable == b->removable && a->cdrom == b->cdrom;
}

int __must_check xbf_disk_check(const struct xbf_keys *k, struct xbf_disk *d, const char **reason);
u32 xbf_segs_per_part(u32 offered, u32 wanted);

#endif /* XENFRONT_BLKFRONT_WIRE_H */
