// SPDX-License-Identifier: GPL-2.0
/* A block backend over a disk in memory; see blkback.h. */
#include <stddef.h>
#include <string.h>

#include "blkback.h"

#define SECTOR	512u

/* A ring request in the form that direct and indirect ones have in common. */
struct io {
	uint8_t op;
	uint64_t sector;
	uint32_t nr_segs;
	const struct blkif_request_segment *seg;
};

/* Return: false, having noted the first thing the frontend did wrong. */
static bool complain(struct blkback *b, const char *what)
{
	if (!b->complaint)
		b->complaint = what;
	return false;
}

static bool segments_good(struct blkback *b, const struct io *io)
{
	uint64_t end = io->sector;

	for (uint32_t i = 0; i < io->nr_segs; i++) {
		const struct blkif_request_segment *s = &io->seg[i];
		const uint8_t *raw = (const uint8_t *)s;

		if (s->last_sect > 7 || s->last_sect < s->first_sect)
			return complain(b, "segment leaves its frame");
		if (s->first_sect % b->block || (s->last_sect + 1) % b->block)
			return complain(b, "segment splits a logical block");
		if (raw[6] || raw[7])
			return complain(b, "padding of a segment is not zero");
		if (!grant_map(b->grants, s->gref, io->op == BLKIF_OP_READ))
			return complain(b, "segment's frame is not granted");
		end += s->last_sect - s->first_sect + 1u;
	}
	if (io->sector % b->block)
		return complain(b, "request splits a logical block");
	if (end > b->sectors)
		return complain(b, "request goes beyond the end of the disk");
	return true;
}

static bool hits_bad_spot(const struct blkback *b, uint64_t sector, uint64_t nr)
{
	return b->bad_last && sector <= b->bad_last && sector + nr > b->bad_first;
}

static int16_t transfer(struct blkback *b, const struct io *io)
{
	uint64_t at = io->sector;

	if (!segments_good(b, io))
		return BLKIF_RSP_ERROR;
	for (uint32_t i = 0; i < io->nr_segs; i++) {
		const struct blkif_request_segment *s = &io->seg[i];
		uint32_t nr = s->last_sect - s->first_sect + 1u;
		uint8_t *memory = grant_map(b->grants, s->gref, false) + s->first_sect * SECTOR;

		if (hits_bad_spot(b, at, nr))
			return BLKIF_RSP_ERROR;
		if (io->op == BLKIF_OP_READ)
			memcpy(memory, b->disk + at * SECTOR, nr * SECTOR);
		else
			memcpy(b->disk + at * SECTOR, memory, nr * SECTOR);
		at += nr;
	}
	return BLKIF_RSP_OKAY;
}

static int16_t serve_direct(struct blkback *b, const struct blkif_request *req)
{
	struct io io = { req->operation, req->sector_number, req->nr_segments, req->seg };

	if (!io.nr_segs || io.nr_segs > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		complain(b, "direct request of no or too many segments");
		return BLKIF_RSP_ERROR;
	}
	return transfer(b, &io);
}

static int16_t serve_indirect(struct blkback *b, const struct blkif_request_indirect *req)
{
	uint32_t refs = (req->nr_segments + 511u) / 512;
	struct io io = { req->indirect_op, req->sector_number, req->nr_segments, NULL };

	if (!io.nr_segs || io.nr_segs > b->max_indirect || refs != 1)
		complain(b, "indirect request of no or too many segments");
	else if (io.op != BLKIF_OP_READ && io.op != BLKIF_OP_WRITE)
		complain(b, "indirect request neither reads nor writes");
	else
		io.seg = (const void *)grant_map(b->grants, req->indirect_grefs[0], false);
	for (uint32_t i = 1; i < BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST; i++)
		if (req->indirect_grefs[i])
			complain(b, "indirect reference that is not used is not zero");
	if (!io.seg) {
		complain(b, "indirect frame is not granted");
		return BLKIF_RSP_ERROR;
	}
	return transfer(b, &io);
}

static int16_t serve_flush(struct blkback *b, const struct blkif_request *req)
{
	if (req->nr_segments)
		complain(b, "flush or barrier with data");
	if (b->no_flush)
		return BLKIF_RSP_EOPNOTSUPP;
	b->flushes++;
	return BLKIF_RSP_OKAY;
}

static int16_t serve_discard(struct blkback *b, const struct blkif_request_discard *req)
{
	if (b->no_discard)
		return BLKIF_RSP_EOPNOTSUPP;
	if (req->nr_sectors > b->sectors || req->sector_number > b->sectors - req->nr_sectors) {
		complain(b, "discard goes beyond the end of the disk");
		return BLKIF_RSP_ERROR;
	}
	if (req->flag & ~BLKIF_DISCARD_SECURE)
		complain(b, "unknown discard flag");
	b->secure += req->flag & BLKIF_DISCARD_SECURE;
	memset(b->disk + req->sector_number * SECTOR, 0, req->nr_sectors * SECTOR);
	return BLKIF_RSP_OKAY;
}

/* Bytes 4 to 7 lie between the head and the id in every kind of request. */
static void check_padding(struct blkback *b, const struct blkif_request *req)
{
	static const uint8_t zero[4];

	if (memcmp((const uint8_t *)req + 4, zero, sizeof(zero)))
		complain(b, "padding of a request is not zero");
}

static void serve_one(struct blkback *b, const struct blkif_request *req)
{
	struct blkback_done *a = &b->done[b->nr_done++];

	check_padding(b, req);
	*a = (struct blkback_done){
		.rsp = { .id = req->id, .operation = req->operation },
		.sector = req->sector_number,
	};
	switch (req->operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
		a->rsp.status = serve_direct(b, req);
		break;
	case BLKIF_OP_INDIRECT:
		a->rsp.operation = ((const struct blkif_request_indirect *)req)->indirect_op;
		a->rsp.status = serve_indirect(b, (const void *)req);
		break;
	case BLKIF_OP_FLUSH_DISKCACHE:
	case BLKIF_OP_WRITE_BARRIER:
		a->rsp.status = serve_flush(b, req);
		break;
	case BLKIF_OP_DISCARD:
		a->rsp.status = serve_discard(b, (const void *)req);
		break;
	default:
		complain(b, "unknown operation");
		a->rsp.status = BLKIF_RSP_EOPNOTSUPP;
	}
}

/**
 * blkback_attach() - take the other end of a ring
 * @b: the backend
 * @ring: its memory, initialised by the frontend
 * @ring_frames: frames in it
 */
void blkback_attach(struct blkback *b, void *ring, uint32_t ring_frames)
{
	BACK_RING_INIT(&b->ring, (blkif_sring_t *)ring, ring_frames * RING_FRAME);
	b->nr_done = 0;
	b->complaint = NULL;
}

/**
 * blkback_serve() - carry out every request on the ring; responses wait
 * @b: the backend
 */
void blkback_serve(struct blkback *b)
{
	RING_IDX prod = b->ring.sring->req_prod;

	xen_rmb();
	if (RING_REQUEST_PROD_OVERFLOW(&b->ring, prod)) {
		complain(b, "request index jumps");
		return;
	}
	while (b->ring.req_cons != prod) {
		struct blkif_request req;

		RING_COPY_REQUEST(&b->ring, b->ring.req_cons, &req);
		b->ring.req_cons++;
		serve_one(b, &req);
	}
}

/**
 * blkback_put() - put any response on the ring and publish it
 * @b: the backend
 * @rsp: the response
 */
void blkback_put(struct blkback *b, const struct blkif_response *rsp)
{
	*RING_GET_RESPONSE(&b->ring, b->ring.rsp_prod_pvt) = *rsp;
	b->ring.rsp_prod_pvt++;
	RING_PUSH_RESPONSES(&b->ring);
}

/**
 * blkback_respond() - respond to what was carried out, in random order
 * @b: the backend
 * @r: where the order comes from
 * @most: most responses to give now
 */
void blkback_respond(struct blkback *b, struct rng *r, uint32_t most)
{
	while (b->nr_done && most--) {
		uint32_t pick = rng_below(r, b->nr_done);

		blkback_put(b, &b->done[pick].rsp);
		b->done[pick] = b->done[--b->nr_done];
	}
}
