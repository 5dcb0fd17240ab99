// SPDX-License-Identifier: GPL-2.0
/*
 * The block protocol: what is too long to be inline, and the proof that the
 * layout in wire.h is the one Xen means.
 */
#include "wire.h"

#ifdef __KERNEL__
#include <linux/stddef.h>
#include <xen/interface/io/blkif.h>
#else
#include <xen/xen.h>
#include <xen/io/blkif.h>
#endif

#define SAME_PLACE(_ours, _o, _theirs, _t)						\
	static_assert(offsetof(_ours, _o) == offsetof(_theirs, _t) &&			\
		      sizeof(((_ours *)0)->_o) == sizeof(((_theirs *)0)->_t),		\
		      "moved or resized: " #_o)

SAME_PLACE(struct bfw_segment, gref, struct blkif_request_segment, gref);
SAME_PLACE(struct bfw_segment, first, struct blkif_request_segment, first_sect);
SAME_PLACE(struct bfw_segment, last, struct blkif_request_segment, last_sect);
static_assert(sizeof(struct bfw_segment) == sizeof(struct blkif_request_segment), "segment");

#ifdef __KERNEL__
/* The kernel describes a request as an operation and a union behind it. */
SAME_PLACE(struct bfw_rw, op, struct blkif_request, operation);
SAME_PLACE(struct bfw_rw, nr_segs, struct blkif_request, u.rw.nr_segments);
SAME_PLACE(struct bfw_rw, handle, struct blkif_request, u.rw.handle);
SAME_PLACE(struct bfw_rw, id, struct blkif_request, u.rw.id);
SAME_PLACE(struct bfw_rw, sector, struct blkif_request, u.rw.sector_number);
SAME_PLACE(struct bfw_rw, seg, struct blkif_request, u.rw.seg);
SAME_PLACE(struct bfw_discard, op, struct blkif_request, operation);
SAME_PLACE(struct bfw_discard, flag, struct blkif_request, u.discard.flag);
SAME_PLACE(struct bfw_discard, handle, struct blkif_request, u.discard._pad1);
SAME_PLACE(struct bfw_discard, id, struct blkif_request, u.discard.id);
SAME_PLACE(struct bfw_discard, sector, struct blkif_request, u.discard.sector_number);
SAME_PLACE(struct bfw_discard, nr_sectors, struct blkif_request, u.discard.nr_sectors);
SAME_PLACE(struct bfw_indirect, op, struct blkif_request, operation);
SAME_PLACE(struct bfw_indirect, rw_op, struct blkif_request, u.indirect.indirect_op);
SAME_PLACE(struct bfw_indirect, nr_segs, struct blkif_request, u.indirect.nr_segments);
SAME_PLACE(struct bfw_indirect, id, struct blkif_request, u.indirect.id);
SAME_PLACE(struct bfw_indirect, sector, struct blkif_request, u.indirect.sector_number);
SAME_PLACE(struct bfw_indirect, handle, struct blkif_request, u.indirect.handle);
SAME_PLACE(struct bfw_indirect, gref, struct blkif_request, u.indirect.indirect_grefs);
#else
SAME_PLACE(struct bfw_rw, op, struct blkif_request, operation);
SAME_PLACE(struct bfw_rw, nr_segs, struct blkif_request, nr_segments);
SAME_PLACE(struct bfw_rw, handle, struct blkif_request, handle);
SAME_PLACE(struct bfw_rw, id, struct blkif_request, id);
SAME_PLACE(struct bfw_rw, sector, struct blkif_request, sector_number);
SAME_PLACE(struct bfw_rw, seg, struct blkif_request, seg);
SAME_PLACE(struct bfw_discard, op, struct blkif_request_discard, operation);
SAME_PLACE(struct bfw_discard, flag, struct blkif_request_discard, flag);
SAME_PLACE(struct bfw_discard, handle, struct blkif_request_discard, handle);
SAME_PLACE(struct bfw_discard, id, struct blkif_request_discard, id);
SAME_PLACE(struct bfw_discard, sector, struct blkif_request_discard, sector_number);
SAME_PLACE(struct bfw_discard, nr_sectors, struct blkif_request_discard, nr_sectors);
SAME_PLACE(struct bfw_indirect, op, struct blkif_request_indirect, operation);
SAME_PLACE(struct bfw_indirect, rw_op, struct blkif_request_indirect, indirect_op);
SAME_PLACE(struct bfw_indirect, nr_segs, struct blkif_request_indirect, nr_segments);
SAME_PLACE(struct bfw_indirect, id, struct blkif_request_indirect, id);
SAME_PLACE(struct bfw_indirect, sector, struct blkif_request_indirect, sector_number);
SAME_PLACE(struct bfw_indirect, handle, struct blkif_request_indirect, handle);
SAME_PLACE(struct bfw_indirect, gref, struct blkif_request_indirect, indirect_grefs);
#endif

SAME_PLACE(struct bfw_response, id, struct blkif_response, id);
SAME_PLACE(struct bfw_response, op, struct blkif_response, operation);
SAME_PLACE(struct bfw_response, status, struct blkif_response, status);
static_assert(sizeof(struct bfw_response) == sizeof(struct blkif_response), "response");
static_assert(sizeof(union bfw_request) == sizeof(struct blkif_request), "request");
static_assert(sizeof(struct bfw_indirect) == 64, "indirect request");
static_assert(sizeof(struct bfw_discard) == 32, "discard request");

static_assert(BFW_READ == BLKIF_OP_READ, "read");
static_assert(BFW_WRITE == BLKIF_OP_WRITE, "write");
static_assert(BFW_BARRIER == BLKIF_OP_WRITE_BARRIER, "barrier");
static_assert(BFW_FLUSH == BLKIF_OP_FLUSH_DISKCACHE, "flush");
static_assert(BFW_DISCARD == BLKIF_OP_DISCARD, "discard");
static_assert(BFW_INDIRECT == BLKIF_OP_INDIRECT, "indirect");
static_assert(BFW_DISCARD_SECURE == BLKIF_DISCARD_SECURE, "secure discard");
static_assert(BFW_DIRECT_SEGS == BLKIF_MAX_SEGMENTS_PER_REQUEST, "segments");
static_assert(BFW_INDIRECT_REFS == BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST, "indirect frames");
static_assert(BFW_INFO_CDROM == VDISK_CDROM, "cdrom");
static_assert(BFW_INFO_REMOVABLE == VDISK_REMOVABLE, "removable");
static_assert(BFW_INFO_READONLY == VDISK_READONLY, "readonly");

/* What the rest relies on: one indirect frame is enough, and any request fits any ring. */
static_assert(BFW_MAX_SEGS * sizeof(struct bfw_segment) <= XFL_FRAME_SIZE, "one frame");
static_assert(BFW_MAX_PARTS <= 32, "one-frame ring");

static void open_direct(struct bfw_layout *l, struct bfw_rw *req, const struct bfw_part *part,
			u32 segs)
{
	req->op = part->op;
	req->nr_segs = (u8)segs;
	req->handle = part->handle;
	req->pad = 0;
	req->id = part->id;
	req->sector = l->sector;
	l->next = req->seg;
}

static void open_indirect(struct bfw_layout *l, struct bfw_indirect *req,
			  const struct bfw_part *part, u32 segs)
{
	*req = (struct bfw_indirect){
		.op = BFW_INDIRECT,
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
 * bfw_open_part() - write the head of the next ring request
 * @l: a layout whose open part, if any, is full and which has segments left
 * @req: ring slot to write, in shared memory; every field that is sent is
 *	written, padding as zero
 * @part: what it says besides its data
 *
 * The part takes as many segments as it carries; one of few segments is a
 * direct request, which spares the backend a mapping.
 */
void bfw_open_part(struct bfw_layout *l, union bfw_request *req, const struct bfw_part *part)
{
	u32 segs = min(l->left, l->cap);

	l->left -= segs;
	l->room = segs;
	if (segs <= BFW_DIRECT_SEGS)
		open_direct(l, &req->rw, part, segs);
	else
		open_indirect(l, &req->indirect, part, segs);
}

/**
 * bfw_encode_flush() - write a request without data that flushes the disk's cache
 * @req: ring slot to write
 * @op: BFW_FLUSH or BFW_BARRIER
 * @handle: the frontend's device id
 * @id: from bfw_send()
 *
 * Never with data: a backend flushes before the data of a flush, and the data
 * itself stays in the cache.
 */
void bfw_encode_flush(union bfw_request *req, u8 op, u16 handle, u64 id)
{
	struct bfw_rw *rw = &req->rw;

	rw->op = op;
	rw->nr_segs = 0;
	rw->handle = handle;
	rw->pad = 0;
	rw->id = id;
	rw->sector = 0;
}

/**
 * bfw_encode_discard() - write a discard request
 * @req: ring slot to write
 * @sector: first disk sector
 * @nr_sectors: sectors to discard
 * @secure: so that they cannot be recovered
 * @handle: the frontend's device id
 * @id: from bfw_send()
 */
void bfw_encode_discard(union bfw_request *req, u64 sector, u64 nr_sectors, bool secure,
			u16 handle, u64 id)
{
	req->discard = (struct bfw_discard){
		.op = BFW_DISCARD,
		.flag = secure ? BFW_DISCARD_SECURE : 0,
		.handle = handle,
		.id = id,
		.sector = sector,
		.nr_sectors = nr_sectors,
	};
}

static enum bfw_status status_from_wire(s16 status)
{
	switch (status) {
	case BLKIF_RSP_OKAY:
		return BFW_OK;
	case BLKIF_RSP_EOPNOTSUPP:
		return BFW_UNSUPPORTED;
	default:
		return BFW_ERROR;
	}
}

/**
 * bfw_judge() - whether a response is to be believed, and what it says
 * @t: ring requests in flight
 * @rsp: a private copy of the response
 * @answer: filled in on success
 *
 * On success the slot is free again. On failure nothing changes, and nothing
 * more should be believed from this backend.
 *
 * Return: 0, or -ERANGE for an id we never use, -ESTALE for one of an earlier
 * generation, -ENOENT for a request answered already, -EBADMSG for an operation
 * that is not the one that was asked.
 */
int bfw_judge(struct bfw_table *t, const struct bfw_response *rsp, struct bfw_answer *answer)
{
	int slot = xfl_slot_find(&t->slots, rsp->id);
	const struct bfw_sent *sent;

	if (unlikely(slot < 0))
		return slot;
	sent = &t->sent[slot];
	if (unlikely(rsp->op != sent->op))
		return -EBADMSG;
	answer->owner = sent->owner;
	answer->op = sent->op;
	answer->status = status_from_wire(rsp->status);
	xfl_slot_put(&t->slots, (u32)slot);
	return 0;
}

static bool power_of_two(u32 n)
{
	return n && !(n & (n - 1));
}

static void judge_discard(const struct bfw_keys *k, struct bfw_disk *d)
{
	u32 granularity = k->discard_granularity;

	if (!k->discard || d->readonly)
		return;
	if (!power_of_two(granularity) || granularity < d->logical)
		granularity = d->physical;
	d->discard_granularity = granularity;
	if (k->discard_alignment < granularity && !(k->discard_alignment & (d->logical - 1)))
		d->discard_alignment = k->discard_alignment;
	d->secure_discard = k->discard_secure;
}

/**
 * bfw_judge_disk() - what to make of the numbers a backend wrote about its disk
 * @k: the numbers
 * @d: result; all of it is written
 * @why: what is wrong, in words, if this fails
 *
 * What matters for correctness is refused; a hint that makes no sense is left out.
 *
 * Return: 0 or -EINVAL.
 */
int bfw_judge_disk(const struct bfw_keys *k, struct bfw_disk *d, const char **why)
{
	*d = (struct bfw_disk){
		.logical = k->sector_size,
		.physical = k->sector_size,
		.cdrom = k->info & BFW_INFO_CDROM,
		.removable = k->info & BFW_INFO_REMOVABLE,
		.readonly = k->info & BFW_INFO_READONLY,
	};
	/* A segment lies in one frame and must hold whole logical blocks. */
	if (!power_of_two(k->sector_size) || k->sector_size < BFW_SECTOR_SIZE ||
	    k->sector_size > XFL_FRAME_SIZE) {
		*why = "sector-size is not a power of two from 512 to 4096";
		return -EINVAL;
	}
	if (k->sectors >= BFW_SECTORS_LIMIT) {
		*why = "sectors is beyond what can be addressed";
		return -EINVAL;
	}
	d->sectors = k->sectors & ~((u64)(d->logical >> BFW_SECTOR_SHIFT) - 1);
	if (power_of_two(k->physical_sector_size) && k->physical_sector_size > d->logical)
		d->physical = k->physical_sector_size;
	if (!d->readonly)
		d->flush_op = k->flush ? BFW_FLUSH : k->barrier ? BFW_BARRIER : 0;
	judge_discard(k, d);
	return 0;
}

/**
 * bfw_segs_per_part() - segments that one ring request will carry
 * @offered: feature-max-indirect-segments of the backend, 0 if it has none
 * @wanted: most that we want
 *
 * Return: BFW_DIRECT_SEGS if indirect requests would not carry more, else at most
 * BFW_MAX_SEGS.
 */
u32 bfw_segs_per_part(u32 offered, u32 wanted)
{
	u32 segs = min(min(offered, wanted), (u32)BFW_MAX_SEGS);

	return max(segs, (u32)BFW_DIRECT_SEGS);
}

/**
 * bfw_share_rings() - what a backend's rings are used for
 * @offered: rings it offers, at least 1
 * @event: rings with events wanted, at least 1
 * @poll: polled rings wanted
 *
 * Polled ones come first, as somebody asked for them, but one is left for all that
 * nobody polls for.
 */
struct bfw_rings bfw_share_rings(u32 offered, u32 event, u32 poll)
{
	struct bfw_rings rings;

	rings.poll = min(poll, offered - 1);
	rings.event = min(event, offered - rings.poll);
	return rings;
}

/**
 * bfw_ring_index() - which ring serves a hardware context
 * @contexts: contexts there are, as many as the first backend had rings
 * @live: rings that this backend has; at least one with events
 * @context: a context, those without polling first
 *
 * A polled context does without a polled ring: whoever polls finds what an event
 * has not brought yet.
 */
u32 bfw_ring_index(const struct bfw_rings *contexts, const struct bfw_rings *live, u32 context)
{
	if (context < contexts->event || !live->poll)
		return context % live->event;
	return live->event + (context - contexts->event) % live->poll;
}
