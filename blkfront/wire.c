// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The block protocol: writing requests, the check of responses and of what the backend says of its
 * disk. Short functions are inline in wire.h. Here is also the proof that its layout is Xen's.
 */
#include "wire.h"

#ifdef __KERNEL__
#include <linux/stddef.h>
#include <xen/interface/io/blkif.h>
#else
#include <xen/xen.h>
#include <xen/io/blkif.h>
#endif

XFL_ASSERT_SAME_FIELD(struct xbf_wire_segment, gref, struct blkif_request_segment, gref);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_segment, first, struct blkif_request_segment, first_sect);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_segment, last, struct blkif_request_segment, last_sect);
XFL_ASSERT_SAME_SIZE(struct xbf_wire_segment, struct blkif_request_segment);

#ifdef __KERNEL__
/* The kernel describes a request as an operation and a union behind it. */
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, op, struct blkif_request, operation);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, nr_segs, struct blkif_request, u.rw.nr_segments);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, handle, struct blkif_request, u.rw.handle);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, id, struct blkif_request, u.rw.id);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, sector, struct blkif_request, u.rw.sector_number);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, seg, struct blkif_request, u.rw.seg);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, op, struct blkif_request, operation);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, flag, struct blkif_request, u.discard.flag);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, handle, struct blkif_request, u.discard._pad1);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, id, struct blkif_request, u.discard.id);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, sector,
		      struct blkif_request, u.discard.sector_number);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, nr_sectors,
		      struct blkif_request, u.discard.nr_sectors);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, op, struct blkif_request, operation);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, rw_op,
		      struct blkif_request, u.indirect.indirect_op);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, nr_segs,
		      struct blkif_request, u.indirect.nr_segments);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, id, struct blkif_request, u.indirect.id);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, sector,
		      struct blkif_request, u.indirect.sector_number);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, handle, struct blkif_request, u.indirect.handle);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, gref,
		      struct blkif_request, u.indirect.indirect_grefs);
#else
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, op, struct blkif_request, operation);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, nr_segs, struct blkif_request, nr_segments);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, handle, struct blkif_request, handle);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, id, struct blkif_request, id);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, sector, struct blkif_request, sector_number);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_rw, seg, struct blkif_request, seg);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, op, struct blkif_request_discard, operation);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, flag, struct blkif_request_discard, flag);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, handle, struct blkif_request_discard, handle);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, id, struct blkif_request_discard, id);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, sector, struct blkif_request_discard, sector_number);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_discard, nr_sectors,
		      struct blkif_request_discard, nr_sectors);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, op, struct blkif_request_indirect, operation);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, rw_op, struct blkif_request_indirect, indirect_op);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, nr_segs,
		      struct blkif_request_indirect, nr_segments);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, id, struct blkif_request_indirect, id);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, sector,
		      struct blkif_request_indirect, sector_number);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, handle, struct blkif_request_indirect, handle);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_indirect, gref,
		      struct blkif_request_indirect, indirect_grefs);
#endif

XFL_ASSERT_SAME_FIELD(struct xbf_wire_response, id, struct blkif_response, id);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_response, op, struct blkif_response, operation);
XFL_ASSERT_SAME_FIELD(struct xbf_wire_response, status, struct blkif_response, status);
XFL_ASSERT_SAME_SIZE(struct xbf_wire_response, struct blkif_response);
XFL_ASSERT_SAME_SIZE(union xbf_wire_request, struct blkif_request);
static_assert(sizeof(struct xbf_wire_indirect) == 64, "indirect request");
static_assert(sizeof(struct xbf_wire_discard) == 32, "discard request");

static_assert(XBF_READ == BLKIF_OP_READ, "read");
static_assert(XBF_WRITE == BLKIF_OP_WRITE, "write");
static_assert(XBF_BARRIER == BLKIF_OP_WRITE_BARRIER, "barrier");
static_assert(XBF_FLUSH == BLKIF_OP_FLUSH_DISKCACHE, "flush");
static_assert(XBF_DISCARD == BLKIF_OP_DISCARD, "discard");
static_assert(XBF_INDIRECT == BLKIF_OP_INDIRECT, "indirect");
static_assert(XBF_DISCARD_SECURE == BLKIF_DISCARD_SECURE, "secure discard");
static_assert(XBF_DIRECT_SEGS == BLKIF_MAX_SEGMENTS_PER_REQUEST, "segments");
static_assert(XBF_INDIRECT_REFS == BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST, "indirect frames");
static_assert(XBF_INFO_CDROM == VDISK_CDROM, "cdrom");
static_assert(XBF_INFO_REMOVABLE == VDISK_REMOVABLE, "removable");
static_assert(XBF_INFO_READONLY == VDISK_READONLY, "readonly");

/* One indirect frame is enough, and any request fits any ring. */
static_assert(XBF_MAX_SEGS * sizeof(struct xbf_wire_segment) <= XFL_FRAME_SIZE, "one frame");
static_assert(XBF_MAX_PARTS <= 32, "one-frame ring");

static void xbf_open_direct(struct xbf_layout *l, struct xbf_wire_rw *req,
			    const struct xbf_part *part, u32 segs)
{
	req->op = part->op;
	req->nr_segs = (u8)segs;
	req->handle = part->handle;
	req->pad = 0;
	req->id = part->id;
	req->sector = l->sector;
	l->next = req->seg;
}

static void xbf_open_indirect(struct xbf_layout *l, struct xbf_wire_indirect *req,
			      const struct xbf_part *part, u32 segs)
{
	*req = (struct xbf_wire_indirect){
		.op = XBF_INDIRECT,
		.rw_op = part->op,
		.nr_segs = (u16)segs,
		.id = part->id,
		.sector = l->sector,
		.handle = part->handle,
		.gref = { part->frame_gref },
	};
	l->next = part->frame;
}

/**
 * xbf_open_part() - write the head of the next ring request
 * @l: a layout whose open part, if any, is full and which has segments left
 * @req: ring entry in shared memory. Every field that is sent is written, padding as zero
 * @part: what the head says besides its data
 *
 * A part takes as many segments as it can carry. One of few segments is a direct request, which
 * saves the backend a mapping.
 */
void xbf_open_part(struct xbf_layout *l, union xbf_wire_request *req, const struct xbf_part *part)
{
	u32 segs = min(l->left, l->cap);

	l->left -= segs;
	l->room = segs;
	if (segs <= XBF_DIRECT_SEGS)
		xbf_open_direct(l, &req->rw, part, segs);
	else
		xbf_open_indirect(l, &req->indirect, part, segs);
}

/**
 * xbf_encode_flush() - write a request without data that flushes the disk's cache
 * @req: ring entry to write
 * @op: XBF_FLUSH or XBF_BARRIER
 * @handle: the frontend's device id
 * @id: from xbf_send()
 *
 * Never with data: a backend flushes its cache before it writes the data of a flush, which then
 * stays in the cache.
 */
void xbf_encode_flush(union xbf_wire_request *req, u8 op, u16 handle, u64 id)
{
	struct xbf_wire_rw *rw = &req->rw;

	rw->op = op;
	rw->nr_segs = 0;
	rw->handle = handle;
	rw->pad = 0;
	rw->id = id;
	rw->sector = 0;
}

/**
 * xbf_encode_discard() - write a discard request
 * @req: ring entry to write
 * @sector: first disk sector
 * @nr_sectors: sectors to discard
 * @secure: whether the data must not be recoverable
 * @handle: the frontend's device id
 * @id: from xbf_send()
 */
void xbf_encode_discard(union xbf_wire_request *req, u64 sector, u64 nr_sectors, bool secure,
			u16 handle, u64 id)
{
	req->discard = (struct xbf_wire_discard){
		.op = XBF_DISCARD,
		.flag = secure ? XBF_DISCARD_SECURE : 0,
		.handle = handle,
		.id = id,
		.sector = sector,
		.nr_sectors = nr_sectors,
	};
}

static enum xbf_status xbf_status_from_wire(s16 status)
{
	switch (status) {
	case BLKIF_RSP_OKAY:
		return XBF_OK;
	case BLKIF_RSP_EOPNOTSUPP:
		return XBF_UNSUPPORTED;
	default:
		return XBF_ERROR;
	}
}

/**
 * xbf_rsp_check() - whether a response is valid, and what it says
 * @t: ring requests in flight
 * @wire: a private copy of the response
 * @rsp: filled in on success
 *
 * On success the slot is free again. On failure nothing changes, and the backend has broken the
 * protocol.
 *
 * Return: 0; -ERANGE for an id that is never used, -ESTALE for one of an earlier generation,
 * -ENOENT for a slot that has had its response, -EBADMSG for an operation other than the request's.
 */
int xbf_rsp_check(struct xbf_table *t, const struct xbf_wire_response *wire, struct xbf_rsp *rsp)
{
	int slot = xfl_slot_find(&t->slots, wire->id);
	const struct xbf_sent *sent;

	if (unlikely(slot < 0))
		return slot;
	sent = &t->sent[slot];
	if (unlikely(wire->op != sent->op))
		return -EBADMSG;
	rsp->owner = sent->owner;
	rsp->status = xbf_status_from_wire(wire->status);
	xfl_slot_put(&t->slots, (u32)slot);
	return 0;
}

static bool xbf_is_power_of_two(u32 n)
{
	return n && !(n & (n - 1));
}

static void xbf_disk_check_discard(const struct xbf_keys *k, struct xbf_disk *d)
{
	u32 granularity = k->discard_granularity;

	if (!k->discard || d->readonly)
		return;
	if (!xbf_is_power_of_two(granularity) || granularity < d->logical)
		granularity = d->physical;
	d->discard_granularity = granularity;
	if (k->discard_alignment < granularity && !(k->discard_alignment & (d->logical - 1)))
		d->discard_alignment = k->discard_alignment;
	d->secure_discard = k->discard_secure;
}

/**
 * xbf_disk_check() - check the numbers that a backend wrote about its disk
 * @k: the numbers
 * @d: result; all of it is written
 * @reason: what is wrong, in words, if this fails
 *
 * An invalid size or block size is refused. An invalid hint is left out.
 *
 * Return: 0 or -EINVAL.
 */
int xbf_disk_check(const struct xbf_keys *k, struct xbf_disk *d, const char **reason)
{
	*d = (struct xbf_disk){
		.logical = k->sector_size,
		.physical = k->sector_size,
		.cdrom = k->info & XBF_INFO_CDROM,
		.removable = k->info & XBF_INFO_REMOVABLE,
		.readonly = k->info & XBF_INFO_READONLY,
	};
	/* A segment lies in one frame and must hold whole logical blocks. */
	if (!xbf_is_power_of_two(k->sector_size) || k->sector_size < XBF_SECTOR_SIZE ||
	    k->sector_size > XFL_FRAME_SIZE) {
		*reason = "sector-size is not a power of two from 512 to 4096";
		return -EINVAL;
	}
	if (k->sectors >= XBF_SECTORS_LIMIT) {
		*reason = "sectors is missing or beyond what can be addressed";
		return -EINVAL;
	}
	d->sectors = k->sectors & ~((u64)(d->logical >> XBF_SECTOR_SHIFT) - 1);
	if (xbf_is_power_of_two(k->physical_sector_size) && k->physical_sector_size > d->logical)
		d->physical = k->physical_sector_size;
	if (!d->readonly)
		d->flush_op = k->flush ? XBF_FLUSH : k->barrier ? XBF_BARRIER : 0;
	xbf_disk_check_discard(k, d);
	return 0;
}

/**
 * xbf_segs_per_part() - segments that one ring request will carry
 * @offered: feature-max-indirect-segments of the backend, 0 if it has none
 * @wanted: most that we want
 *
 * Return: XBF_DIRECT_SEGS if indirect requests would not carry more, else at most
 * XBF_MAX_SEGS.
 */
u32 xbf_segs_per_part(u32 offered, u32 wanted)
{
	u32 segs = min(min(offered, wanted), (u32)XBF_MAX_SEGS);

	return max(segs, (u32)XBF_DIRECT_SEGS);
}
