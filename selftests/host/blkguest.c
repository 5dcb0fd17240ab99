// SPDX-License-Identifier: GPL-2.0
/* The least frontend around blkfront/wire.h; see blkguest.h. */
#include "blkguest.h"

#define STALE_BYTE	0xa5	/* what an earlier user left in ring memory */

/**
 * blkguest_init() - make a frontend and its ring
 * @g: the frontend; generations of an earlier use are carried on
 * @ring_frames: frames of the ring, a power of two
 * @cap: segments one ring request carries, see xbf_segs_per_part()
 */
void blkguest_init(struct blkguest *g, u32 ring_frames, u32 cap)
{
	xbf_sring_t *sring = (xbf_sring_t *)g->ring_memory;

	memset(g->ring_memory, STALE_BYTE, sizeof(g->ring_memory));
	XEN_FRONT_RING_INIT(&g->ring, sring, ring_frames * RING_FRAME);
	CHECK(RING_SIZE(&g->ring) == xfl_ring_slots(ring_frames, sizeof(union xbf_wire_request)));
	CHECK(offsetof(xbf_sring_t, ring) == XFL_RING_HEADER_SIZE);
	xfl_slots_init(&g->table.slots, g->slot, RING_SIZE(&g->ring), 64);
	g->table.sent = g->sent;
	g->cap = cap;
	g->rest = NULL;
	g->broken = 0;
}

static union xbf_wire_request *next_request(struct blkguest *g, u8 op, struct blkguest_req *owner,
					    u64 *id)
{
	int slot = xbf_send(&g->table, op, owner);

	CHECK(slot >= 0);
	*id = xfl_slot_id(&g->table.slots, (u32)slot);
	return RING_GET_REQUEST(&g->ring, g->ring.req_prod_pvt++);
}

static void open_part(struct blkguest *g, struct xbf_layout *l, struct blkguest_req *req)
{
	struct xbf_part part = { .op = req->op, .handle = GUEST_HANDLE };
	union xbf_wire_request *ring = next_request(g, req->op, req, &part.id);

	if (g->cap > XBF_DIRECT_SEGS && l->left > XBF_DIRECT_SEGS) {
		u32 i = req->nr_indirect++;

		CHECK(i < XBF_MAX_PARTS);
		req->indirect[i].gref = grant_frame(&g->grants, (u8 *)req->indirect[i].seg, true);
		part.frame = req->indirect[i].seg;
		part.frame_gref = req->indirect[i].gref;
	}
	xbf_open_part(l, ring, &part);
	CHECK(l->room >= 1 && l->room <= g->cap);
}

/* Return: whether all of it is on the ring now. */
static bool place_data(struct blkguest *g, struct blkguest_req *req)
{
	struct xbf_layout *l = &req->layout;

	for (; req->placed < req->nr_segs; req->placed++) {
		struct blkguest_seg *s = &req->seg[req->placed];

		if (xbf_part_full(l)) {
			if (!xbf_credits(&g->table))
				return false;
			open_part(g, l, req);
		}
		s->gref = grant_frame(&g->grants, s->frame, req->op != XBF_READ);
		xbf_place(l, s->gref, &(struct xbf_run){ s->offset, s->len });
	}
	CHECK(xbf_part_full(l) && !l->left);
	return true;
}

static void send_data(struct blkguest *g, struct blkguest_req *req)
{
	g->rest = place_data(g, req) ? NULL : req;
}

static void submit_other(struct blkguest *g, struct blkguest_req *req)
{
	u64 id;
	union xbf_wire_request *ring = next_request(g, req->op, req, &id);

	if (req->op == XBF_DISCARD)
		xbf_encode_discard(ring, req->sector, req->nr_sectors, req->secure,
				   GUEST_HANDLE, id);
	else
		xbf_encode_flush(ring, req->op, GUEST_HANDLE, id);
}

/**
 * blkguest_submit() - send a block request
 * @g: the frontend
 * @req: the request; @op, @sector and the data are filled in
 *
 * What finds no credit is sent by blkguest_reap().
 *
 * Return: false, and nothing is sent, if there is no credit or another one has a rest.
 */
bool blkguest_submit(struct blkguest *g, struct blkguest_req *req)
{
	bool data = req->op == XBF_READ || req->op == XBF_WRITE;

	req->parts = data ? xbf_parts(req->nr_segs, g->cap) : 1;
	if (!xbf_credits(&g->table) || g->rest)
		return false;
	req->tally = (struct xbf_tally){ .parts_left = (u8)req->parts };
	req->responses = 0;
	req->completions = 0;
	req->nr_indirect = 0;
	req->placed = 0;
	if (data) {
		xbf_layout_init(&req->layout, req->sector, req->nr_segs, g->cap);
		send_data(g, req);
	} else {
		submit_other(g, req);
	}
	RING_PUSH_REQUESTS(&g->ring);
	return true;
}

static void complete(struct blkguest *g, struct blkguest_req *req)
{
	req->completions++;
	CHECK(req->completions == 1);
	CHECK(req->responses == req->parts);
	if (req->op != XBF_READ && req->op != XBF_WRITE)
		return;
	for (u32 i = 0; i < req->nr_segs; i++)
		grant_end(&g->grants, req->seg[i].gref);
	for (u32 i = 0; i < req->nr_indirect; i++)
		grant_end(&g->grants, req->indirect[i].gref);
}

static void take(struct blkguest *g, const struct xbf_wire_response *wire)
{
	u32 credits = xbf_credits(&g->table);
	struct xbf_rsp rsp;
	struct blkguest_req *req;

	g->broken = xbf_rsp_check(&g->table, wire, &rsp);
	if (g->broken) {
		CHECK(xbf_credits(&g->table) == credits);
		return;
	}
	CHECK(xbf_credits(&g->table) == credits + 1);
	req = rsp.owner;
	CHECK(wire->op == req->op);
	req->responses++;
	CHECK(req->responses <= req->parts);
	if (xbf_tally_add(&req->tally, rsp.status))
		complete(g, req);
}

/**
 * blkguest_reap() - take all responses, and send what waited for credit; stop for good
 *	at the first protocol error
 * @g: the frontend
 *
 * Return: responses believed.
 */
u32 blkguest_reap(struct blkguest *g)
{
	int pending = xfl_ring_pending(g->ring.sring->rsp_prod, g->ring.rsp_cons,
				       g->ring.req_prod_pvt);
	u32 believed = 0;

	if (g->broken)
		return 0;
	if (pending < 0)
		g->broken = pending;
	for (; pending > 0 && !g->broken; pending--) {
		struct xbf_wire_response rsp;

		RING_COPY_RESPONSE(&g->ring, g->ring.rsp_cons, &rsp);
		g->ring.rsp_cons++;
		take(g, &rsp);
		believed += !g->broken;
	}
	if (g->rest && !g->broken) {
		send_data(g, g->rest);
		RING_PUSH_REQUESTS(&g->ring);
	}
	return believed;
}
