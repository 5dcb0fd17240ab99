// SPDX-License-Identifier: GPL-2.0
/*
 * Responses of blkfront's ring: requests of one to many parts go out, and the
 * backend responds with what it likes. Input: a byte that chooses the ring and
 * what a part carries, then commands of one byte and their operands. Checked
 * against a plain list of what is out: a response is believed if and only if it
 * should be, each request completes once, when its last part has a response, with
 * the worst status of them.
 */
#include "fuzz.h"
#include "blkback.h"
#include "blkguest.h"

#define NR_REQ		32u

static struct blkguest g;
static struct blkback b;
static struct blkguest_req req[NR_REQ];
static u8 frame[4096];
static u8 disk[64 * 512];

/* What is out, by the id the backend saw. */
static struct {
	u64 id;
	u8 op;
	u32 owner;
} out[GUEST_SLOTS];
static u32 nr_out;
static u32 parts_left[NR_REQ];
static int worst[NR_REQ];

static void note_ids(u32 owner)
{
	blkback_serve(&b);
	CHECK(!b.complaint);
	for (u32 i = 0; i < b.nr_done; i++) {
		out[nr_out].id = b.done[i].rsp.id;
		out[nr_out].op = b.done[i].rsp.operation;
		out[nr_out++].owner = owner;
	}
	b.nr_done = 0;
	CHECK(nr_out <= GUEST_SLOTS);
}

static void send(u8 op, u16 segs)
{
	static const u8 ops[] = { XBF_READ, XBF_WRITE, XBF_FLUSH, XBF_DISCARD };
	u32 i = 0;

	while (i < NR_REQ && parts_left[i])
		i++;
	if (i == NR_REQ)
		return;
	req[i].op = ops[op & 3];
	req[i].sector = 0;
	req[i].nr_sectors = 8;
	req[i].nr_segs = 1 + segs % XBF_MAX_SEGS;
	for (u32 s = 0; s < req[i].nr_segs; s++)
		req[i].seg[s] = (struct blkguest_seg){ .frame = frame, .len = 512 };
	worst[i] = XBF_OK;
	if (blkguest_submit(&g, &req[i])) {
		parts_left[i] = req[i].parts;
		note_ids(i);
	} else {
		CHECK(!xbf_credits(&g.table) || g.rest);
	}
}

static int severity(s16 status)
{
	return status == BLKIF_RSP_OKAY ? XBF_OK :
	       status == BLKIF_RSP_EOPNOTSUPP ? XBF_UNSUPPORTED : XBF_ERROR;
}

static void note_response(u32 pick, s16 status)
{
	u32 owner = out[pick].owner;

	out[pick] = out[--nr_out];
	parts_left[owner]--;
	worst[owner] = max(worst[owner], severity(status));
	CHECK(req[owner].completions == !parts_left[owner]);
	if (!parts_left[owner])
		CHECK(req[owner].tally.worst == worst[owner]);
}

static void respond(u64 id, u8 op, s16 status)
{
	struct blkif_response rsp = { .id = id, .operation = op, .status = status };
	u32 pick = 0;

	while (pick < nr_out && out[pick].id != id)
		pick++;
	blkback_put(&b, &rsp);
	if (pick < nr_out && out[pick].op == op) {
		const struct blkguest_req *rest = g.rest;

		CHECK(blkguest_reap(&g) == 1 && !g.broken);
		note_response(pick, status);
		if (rest)
			note_ids((u32)(rest - req));
	} else {
		CHECK(blkguest_reap(&g) == 0 && g.broken);
	}
}

static void jump(u32 by)
{
	u32 asked = g.ring.req_prod_pvt - g.ring.rsp_cons;

	/* A jump that is possible would be read as responses that nobody wrote. */
	if (by <= asked)
		return;
	g.ring.sring->rsp_prod = g.ring.rsp_cons + by;
	CHECK(blkguest_reap(&g) == 0 && g.broken == -EPROTO);
}

static void start(u8 shape)
{
	static const u32 caps[] = { XBF_DIRECT_SEGS, 32, 256, 257 };
	u32 ring_frames = 1u << shape % 5, cap = caps[shape >> 5 & 3];

	memset(&g.grants, 0, sizeof(g.grants));
	memset(parts_left, 0, sizeof(parts_left));
	nr_out = 0;
	blkguest_init(&g, ring_frames, cap);
	b = (struct blkback){
		.grants = &g.grants, .disk = disk, .sectors = 64 * 512 / 512,
		.block = 1, .max_indirect = cap > XBF_DIRECT_SEGS ? cap : 0,
	};
	/* Only ids matter here: where the data would go does not. */
	b.sectors = UINT32_MAX;
	b.bad_last = UINT64_MAX;
	blkback_attach(&b, g.ring_memory, ring_frames);
	b.no_discard = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };

	start(take_u8(&in));
	while (in.left && !g.broken) {
		u8 command = take_u8(&in);

		if (command < 0x50) {
			send(command, take_u16(&in));
		} else if (command < 0xc0 && nr_out) {
			u32 pick = take_u8(&in) % nr_out;

			respond(out[pick].id, out[pick].op, (s16)(command & 3) - 2);
		} else if (command < 0xe0) {
			u64 id = (u64)take_u32(&in) << (command & 1 ? 32 : 0);

			respond(id, take_u8(&in), (s16)take_u16(&in));
		} else if (command < 0xf0 && nr_out) {
			respond(out[0].id, take_u8(&in), (s16)take_u16(&in));
		} else {
			jump(take_u32(&in));
		}
		CHECK(xbf_credits(&g.table) == RING_SIZE(&g.ring) - nr_out);
	}
	return 0;
}
