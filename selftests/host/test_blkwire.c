// SPDX-License-Identifier: GPL-2.0
/*
 * The block protocol's core, over a ring whose other end is a backend: first one
 * that behaves, with content verified to the byte, then one that breaks the protocol.
 */
#include "test.h"

#include "blkback.h"
#include "blkguest.h"

#include "blkfront/ring_map.h"

#define DISK_SECTORS	16384u
#define IN_FLIGHT	4u
#define REGION		(DISK_SECTORS / IN_FLIGHT)	/* one request never touches another's */

#define nr_of(a) (sizeof(a) / sizeof((a)[0]))

struct world {
	struct blkguest guest;
	struct blkback back;
	struct blkguest_req req[IN_FLIGHT];
	u8 disk[DISK_SECTORS * 512];
	u8 expect[DISK_SECTORS * 512];
	u8 memory[IN_FLIGHT][XBF_MAX_SEGS][4096];
};

static struct world *w;

static int setup(void **state)
{
	(void)state;
	w = calloc(1, sizeof(*w));
	return !w;
}

static int teardown(void **state)
{
	(void)state;
	free(w);
	return 0;
}

static void start(u32 ring_frames, u32 cap)
{
	blkguest_init(&w->guest, ring_frames, cap);
	w->back.grants = &w->guest.grants;
	w->back.disk = w->disk;
	w->back.sectors = DISK_SECTORS;
	w->back.block = 1;
	w->back.max_indirect = cap > XBF_DIRECT_SEGS ? cap : 0;
	blkback_attach(&w->back, w->guest.ring_memory, ring_frames);
}

static void assert_backend_content(void)
{
	if (w->back.complaint)
		fail_msg("the backend complains: %s", w->back.complaint);
}

static void finish(struct rng *r)
{
	blkback_serve(&w->back);
	while (w->back.nr_done) {
		blkback_respond(&w->back, r, UINT32_MAX);
		blkguest_reap(&w->guest);
		blkback_serve(&w->back);
	}
	assert_backend_content();
	assert_int_equal(w->guest.broken, 0);
	assert_int_equal(xbf_credits(&w->guest.table), RING_SIZE(&w->guest.ring));
	assert_true(grants_none(&w->guest.grants));
}

/* ---- random requests ---- */

static void random_bytes(struct rng *r, u8 *p, size_t n)
{
	for (; n >= 8; n -= 8, p += 8) {
		u64 v = rng_u64(r);

		memcpy(p, &v, 8);
	}
}

/*
 * The shape blk-mq makes under our virtual boundary: only the first frame may
 * begin late and only the last end early. Or, to prove that the core needs no
 * such promise, frames of any part.
 */
static void random_shape(struct rng *r, struct blkguest_req *req, u8 (*memory)[4096])
{
	bool ragged = rng_one_in(r, 4);
	u32 unit = w->back.block, per_frame = 8 / unit;

	u32 most = unit < 8 ? XBF_MAX_SEGS : XBF_MAX_SEGS - 1;

	req->nr_segs = rng_range(r, 1, rng_one_in(r, 3) ? 24 : most);
	for (u32 i = 0; i < req->nr_segs; i++) {
		bool late = ragged || i == 0, early = ragged || i == req->nr_segs - 1;
		u32 from = late ? rng_below(r, per_frame) : 0;
		u32 to = early ? rng_range(r, from + 1, per_frame) : per_frame;

		req->seg[i].frame = memory[i];
		/* The core is given offsets in a page, which may be larger than a frame. */
		req->seg[i].offset = from * unit * 512 + 4096 * rng_below(r, 16);
		req->seg[i].len = (to - from) * unit * 512;
	}
	if (!ragged && req->nr_segs == XBF_MAX_SEGS) {
		/* As many frames as can be are one megabyte only if both ends are short. */
		req->seg[0].offset = unit * 512;
		req->seg[0].len = 4096 - req->seg[0].offset;
		req->seg[req->nr_segs - 1].len = req->seg[0].offset;
	}
}

static void make_request(struct rng *r, u32 i)
{
	struct blkguest_req *req = &w->req[i];
	u32 bytes = 0;

	req->op = rng_one_in(r, 2) ? XBF_READ : XBF_WRITE;
	random_shape(r, req, w->memory[i]);
	for (u32 s = 0; s < req->nr_segs; s++) {
		random_bytes(r, w->memory[i][s], 4096);
		bytes += req->seg[s].len;
	}
	req->nr_sectors = bytes / 512;
	req->sector = i * REGION + rng_below(r, REGION - (u32)req->nr_sectors + 1);
	req->sector -= req->sector % w->back.block;
}

/* What a read must bring, and that a read touches nothing around it. */
static void verify_request(const struct blkguest_req *req, const u8 (*before)[4096])
{
	u8 *disk = w->expect + req->sector * 512;

	assert_int_equal(req->completions, 1);
	assert_int_equal(req->tally.worst, XBF_OK);
	for (u32 s = 0; s < req->nr_segs; s++) {
		const struct blkguest_seg *seg = &req->seg[s];
		u32 from = seg->offset % 4096, to = from + seg->len;

		if (req->op == XBF_WRITE)
			memcpy(disk, seg->frame + from, seg->len);
		else
			assert_memory_equal(seg->frame + from, disk, seg->len);
		assert_memory_equal(seg->frame, before[s], from);
		assert_memory_equal(seg->frame + to, before[s] + to, 4096 - to);
		disk += seg->len;
	}
}

static void content_round_trips(u32 ring_frames, u32 cap, u32 block, int rounds)
{
	static u8 before[IN_FLIGHT][XBF_MAX_SEGS][4096];
	struct rng r = test_rng();

	start(ring_frames, cap);
	w->back.block = block;
	random_bytes(&r, w->disk, sizeof(w->disk));
	memcpy(w->expect, w->disk, sizeof(w->disk));
	for (int round = 0; round < rounds; round++) {
		u32 sent = 0;

		for (; sent < IN_FLIGHT; sent++) {
			make_request(&r, sent);
			memcpy(before[sent], w->memory[sent], sizeof(before[sent]));
			if (!blkguest_submit(&w->guest, &w->req[sent]))
				break;
		}
		assert_true(sent > 0);
		blkback_serve(&w->back);
		/* Answers come in drips and out of order. */
		while (w->back.nr_done) {
			blkback_respond(&w->back, &r, rng_range(&r, 1, 8));
			blkguest_reap(&w->guest);
			blkback_serve(&w->back);
		}
		finish(&r);
		for (u32 i = 0; i < sent; i++)
			verify_request(&w->req[i], before[i]);
		assert_memory_equal(w->disk, w->expect, sizeof(w->disk));
	}
}

static void direct_requests_carry_the_bytes(void **state)
{
	(void)state;
	content_round_trips(1, XBF_DIRECT_SEGS, 1, 60);
	content_round_trips(4, XBF_DIRECT_SEGS, 1, 60);
}

static void indirect_requests_carry_the_bytes(void **state)
{
	static const u32 caps[] = { 12, 16, 32, 64, 256, 257 };

	(void)state;
	for (size_t i = 0; i < nr_of(caps); i++)
		content_round_trips(1, caps[i], 1, 20);
	content_round_trips(16, 256, 1, 20);
}

static void blocks_of_4k_are_never_split(void **state)
{
	(void)state;
	content_round_trips(1, XBF_DIRECT_SEGS, 8, 30);
	content_round_trips(1, 256, 8, 30);
	content_round_trips(1, XBF_DIRECT_SEGS, 2, 30);
}

/* Indices near the end of u32: the ring does not notice. */
static void indices_wrap_around(void **state)
{
	struct rng r = test_rng();
	u32 at = 0xffffffe0;

	(void)state;
	start(1, XBF_DIRECT_SEGS);
	w->guest.ring.req_prod_pvt = at;
	w->guest.ring.rsp_cons = at;
	w->guest.ring.sring->req_prod = at;
	w->guest.ring.sring->rsp_prod = at;
	w->back.ring.req_cons = at;
	w->back.ring.rsp_prod_pvt = at;
	for (int i = 0; i < 20; i++) {
		make_request(&r, 0);
		assert_true(blkguest_submit(&w->guest, &w->req[0]));
		finish(&r);
		assert_int_equal(w->req[0].completions, 1);
	}
	assert_true(w->guest.ring.req_prod_pvt < 0x1000);
}

/* ---- the linked split ---- */

static void whole_frames(struct blkguest_req *req, u32 i, u8 op, u32 nr_segs, u32 first_offset)
{
	*req = (struct blkguest_req){ .op = op, .sector = i * REGION, .nr_segs = nr_segs };
	for (u32 s = 0; s < nr_segs; s++) {
		req->seg[s].frame = w->memory[i][s];
		req->seg[s].offset = s ? 0 : first_offset;
		req->seg[s].len = 4096 - req->seg[s].offset;
	}
}

static void number_of_parts(void **state)
{
	(void)state;
	assert_int_equal(xbf_parts(1, 11), 1);
	assert_int_equal(xbf_parts(11, 11), 1);
	assert_int_equal(xbf_parts(12, 11), 2);
	assert_int_equal(xbf_parts(22, 11), 2);
	assert_int_equal(xbf_parts(23, 11), 3);
	assert_int_equal(xbf_parts(XBF_MAX_SEGS, 11), XBF_MAX_PARTS);
	assert_int_equal(xbf_parts(XBF_MAX_SEGS, 256), 2);
	assert_int_equal(xbf_parts(XBF_MAX_SEGS, 257), 1);
	assert_int_equal(XBF_MAX_PARTS, 24);
}

/* 64 KB at offset 512: the first part carries 87 sectors, not 88. */
static void the_second_part_starts_where_the_first_one_ended(void **state)
{
	(void)state;
	start(1, XBF_DIRECT_SEGS);
	whole_frames(&w->req[0], 0, XBF_WRITE, 16, 512);
	w->req[0].sector = 1000;
	assert_true(blkguest_submit(&w->guest, &w->req[0]));
	assert_int_equal(w->req[0].parts, 2);
	blkback_serve(&w->back);
	assert_backend_content();
	assert_int_equal(w->back.nr_done, 2);
	assert_int_equal(w->back.done[0].sector, 1000);
	assert_int_equal(w->back.done[1].sector, 1087);
}

static void one_part_in_error_is_an_error(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(1, XBF_DIRECT_SEGS);
	for (int i = 0; i < 200; i++) {
		u32 spot = rng_below(&r, 24 * 8);

		whole_frames(&w->req[0], 0, XBF_READ, 24, 0);
		w->back.bad_first = spot;
		w->back.bad_last = spot ? spot : 1;
		assert_true(blkguest_submit(&w->guest, &w->req[0]));
		finish(&r);
		assert_int_equal(w->req[0].completions, 1);
		assert_int_equal(w->req[0].tally.worst, XBF_ERROR);
	}
}

static void the_worst_status_wins_in_any_order(void **state)
{
	static const enum xbf_status all[] = { XBF_OK, XBF_UNSUPPORTED, XBF_ERROR };

	(void)state;
	for (u32 mix = 0; mix < 27; mix++) {
		enum xbf_status s[3] = { all[mix % 3], all[mix / 3 % 3], all[mix / 9] };
		struct xbf_tally t = { .parts_left = 3 };

		assert_false(xbf_tally_add(&t, s[0]));
		assert_false(xbf_tally_add(&t, s[1]));
		assert_true(xbf_tally_add(&t, s[2]));
		assert_int_equal(t.worst, max(max(s[0], s[1]), s[2]));
	}
}

/* A one-frame ring and the largest requests: credits run out, the rest goes as they return. */
static void the_largest_request_always_goes_out_in_the_end(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(1, XBF_DIRECT_SEGS);
	for (int i = 0; i < 50; i++) {
		whole_frames(&w->req[0], 0, XBF_WRITE, XBF_MAX_SEGS, 2048);
		whole_frames(&w->req[1], 1, XBF_WRITE, XBF_MAX_SEGS, 2048);
		assert_true(blkguest_submit(&w->guest, &w->req[0]));
		assert_int_equal(xbf_credits(&w->guest.table), 32 - 24);
		assert_true(blkguest_submit(&w->guest, &w->req[1]));
		assert_int_equal(xbf_credits(&w->guest.table), 0);
		assert_ptr_equal(w->guest.rest, &w->req[1]);
		assert_false(blkguest_submit(&w->guest, &w->req[2]));
		finish(&r);
		assert_null(w->guest.rest);
		assert_int_equal(w->req[0].completions, 1);
		assert_int_equal(w->req[1].completions, 1);
	}
}

static void few_segments_go_direct(void **state)
{
	(void)state;
	start(1, 256);
	for (u32 segs = 1; segs <= 20; segs++) {
		u8 *op;

		whole_frames(&w->req[0], 0, XBF_READ, segs, 0);
		op = (u8 *)RING_GET_REQUEST(&w->guest.ring, w->guest.ring.req_prod_pvt);
		assert_true(blkguest_submit(&w->guest, &w->req[0]));
		assert_int_equal(*op, segs <= 11 ? BLKIF_OP_READ : BLKIF_OP_INDIRECT);
		finish(&(struct rng){ 1 });
	}
}

/* ---- requests without data ---- */

static void other_request(struct blkguest_req *req, u8 op)
{
	*req = (struct blkguest_req){ .op = op };
	assert_true(blkguest_submit(&w->guest, req));
}

static void flush_and_barrier_carry_no_data(void **state)
{
	static const u8 ops[] = { XBF_FLUSH, XBF_BARRIER };

	(void)state;
	start(1, XBF_DIRECT_SEGS);
	for (size_t i = 0; i < nr_of(ops); i++) {
		w->back.no_flush = false;
		other_request(&w->req[0], ops[i]);
		finish(&(struct rng){ 1 });
		assert_int_equal(w->req[0].tally.worst, XBF_OK);
		assert_int_equal(w->back.flushes, i + 1);
		w->back.no_flush = true;
		other_request(&w->req[0], ops[i]);
		finish(&(struct rng){ 1 });
		assert_int_equal(w->req[0].tally.worst, XBF_UNSUPPORTED);
		assert_int_equal(w->back.flushes, i + 1);
	}
}

static void discard_says_what_and_no_more(void **state)
{
	(void)state;
	start(1, XBF_DIRECT_SEGS);
	memset(w->disk, 0xee, sizeof(w->disk));
	memset(w->expect, 0xee, sizeof(w->expect));
	memset(w->expect + 100 * 512, 0, 37 * 512);
	w->req[0] = (struct blkguest_req){ .op = XBF_DISCARD, .sector = 100, .nr_sectors = 37 };
	assert_true(blkguest_submit(&w->guest, &w->req[0]));
	finish(&(struct rng){ 1 });
	assert_int_equal(w->req[0].tally.worst, XBF_OK);
	assert_memory_equal(w->disk, w->expect, sizeof(w->disk));
	w->back.no_discard = true;
	w->req[0] = (struct blkguest_req){ .op = XBF_DISCARD, .sector = 100, .nr_sectors = 37 };
	assert_true(blkguest_submit(&w->guest, &w->req[0]));
	finish(&(struct rng){ 1 });
	assert_int_equal(w->req[0].tally.worst, XBF_UNSUPPORTED);
}

static void secure_discard_sets_the_flag(void **state)
{
	union xbf_wire_request ours;
	struct blkif_request_discard theirs;

	(void)state;
	for (int secure = 0; secure < 2; secure++) {
		memset(&ours, 0xa5, sizeof(ours));
		xbf_encode_discard(&ours, 1ull << 40, 3ull << 33, secure, GUEST_HANDLE, 42);
		memcpy(&theirs, &ours, sizeof(theirs));
		assert_int_equal(theirs.operation, BLKIF_OP_DISCARD);
		assert_int_equal(theirs.flag, secure ? BLKIF_DISCARD_SECURE : 0);
		assert_int_equal(theirs.handle, GUEST_HANDLE);
		assert_true(theirs.id == 42);
		assert_true(theirs.sector_number == 1ull << 40);
		assert_true(theirs.nr_sectors == 3ull << 33);
	}
}

static void a_request_names_the_device(void **state)
{
	struct blkif_request *theirs;
	struct blkif_request_indirect *indirect;

	(void)state;
	start(1, 256);
	theirs = (void *)RING_GET_REQUEST(&w->guest.ring, 0);
	indirect = (void *)RING_GET_REQUEST(&w->guest.ring, 1);
	whole_frames(&w->req[0], 0, XBF_READ, 2, 0);
	whole_frames(&w->req[1], 1, XBF_WRITE, 200, 0);
	assert_true(blkguest_submit(&w->guest, &w->req[0]));
	assert_true(blkguest_submit(&w->guest, &w->req[1]));
	assert_int_equal(theirs->handle, GUEST_HANDLE);
	assert_int_equal(indirect->handle, GUEST_HANDLE);
	assert_int_equal(indirect->indirect_op, BLKIF_OP_WRITE);
	assert_int_equal(indirect->nr_segments, 200);
}

/* ---- a backend that breaks the protocol ---- */

/* One write of two parts in flight, carried out, without responses yet. */
static void two_parts_waiting(void)
{
	start(1, XBF_DIRECT_SEGS);
	whole_frames(&w->req[0], 0, XBF_WRITE, 16, 0);
	assert_true(blkguest_submit(&w->guest, &w->req[0]));
	blkback_serve(&w->back);
	assert_int_equal(w->back.nr_done, 2);
}

static void assert_broken_by(int err)
{
	u32 credits = xbf_credits(&w->guest.table), completions = w->req[0].completions;

	blkguest_reap(&w->guest);
	assert_int_equal(w->guest.broken, err);
	assert_int_equal(xbf_credits(&w->guest.table), credits);
	assert_int_equal(w->req[0].completions, completions);
}

static void bad_same_response_twice(void **state)
{
	(void)state;
	two_parts_waiting();
	blkback_put(&w->back, &w->back.done[0].rsp);
	assert_int_equal(blkguest_reap(&w->guest), 1);
	blkback_put(&w->back, &w->back.done[0].rsp);
	assert_broken_by(-ENOENT);
	assert_int_equal(w->req[0].completions, 0);
}

static void bad_id_of_an_earlier_generation(void **state)
{
	struct blkif_response old;

	(void)state;
	two_parts_waiting();
	old = w->back.done[0].rsp;
	finish(&(struct rng){ 1 });
	/* Slots are taken again last in, first out: both are in use anew. */
	whole_frames(&w->req[0], 0, XBF_WRITE, 16, 0);
	assert_true(blkguest_submit(&w->guest, &w->req[0]));
	blkback_put(&w->back, &old);
	assert_broken_by(-ESTALE);
}

static void bad_id_from_before_a_reconnect(void **state)
{
	struct blkif_response old;

	(void)state;
	two_parts_waiting();
	old = w->back.done[0].rsp;
	start(1, XBF_DIRECT_SEGS);
	for (int i = 0; i < 4; i++) {
		whole_frames(&w->req[i], i, XBF_WRITE, 8 * 11, 0);
		assert_true(blkguest_submit(&w->guest, &w->req[i]));
	}
	assert_int_equal(xbf_credits(&w->guest.table), 0);
	blkback_put(&w->back, &old);
	assert_broken_by(-ESTALE);
}

static void bad_invented_id(void **state)
{
	static const struct {
		u64 id;
		int err;
	} bad_ids[] = {
		{ UINT64_MAX, -ERANGE }, { 1ull << 63, -ERANGE }, { 1ull << 40, -ERANGE },
		{ 31, -ENOENT }, { 0xffffffffull << 5, -ESTALE },
	};

	(void)state;
	for (size_t i = 0; i < nr_of(bad_ids); i++) {
		struct blkif_response rsp = { .id = bad_ids[i].id, .operation = BLKIF_OP_WRITE };

		memset(&w->guest, 0, sizeof(w->guest));
		two_parts_waiting();
		blkback_put(&w->back, &rsp);
		assert_broken_by(bad_ids[i].err);
	}
}

static void bad_wrong_operation(void **state)
{
	(void)state;
	for (u32 op = 0; op < 256; op++) {
		struct blkif_response rsp;

		two_parts_waiting();
		rsp = w->back.done[0].rsp;
		rsp.operation = (u8)op;
		blkback_put(&w->back, &rsp);
		if (op != BLKIF_OP_WRITE)
			assert_broken_by(-EBADMSG);
		else
			assert_int_equal(blkguest_reap(&w->guest), 1);
	}
}

static void bad_response_to_indirect(void **state)
{
	(void)state;
	start(1, 256);
	whole_frames(&w->req[0], 0, XBF_WRITE, 100, 0);
	assert_true(blkguest_submit(&w->guest, &w->req[0]));
	blkback_serve(&w->back);
	w->back.done[0].rsp.operation = BLKIF_OP_INDIRECT;
	blkback_put(&w->back, &w->back.done[0].rsp);
	assert_broken_by(-EBADMSG);
}

static void unknown_status_is_an_error(void **state)
{
	(void)state;
	for (int status = INT16_MIN; status <= INT16_MAX; status++) {
		struct xfl_slot slot[1] = { { 0 } };
		struct xbf_sent sent[1];
		struct xbf_table t = { .sent = sent };
		struct xbf_wire_response rsp = { .op = XBF_READ, .status = (s16)status };
		struct xbf_rsp checked;

		xfl_slots_init(&t.slots, slot, 1, 64);
		assert_int_equal(xbf_send(&t, XBF_READ, w), 0);
		rsp.id = xfl_slot_id(&t.slots, 0);
		assert_int_equal(xbf_rsp_check(&t, &rsp, &checked), 0);
		assert_ptr_equal(checked.owner, w);
		assert_int_equal(checked.status, status == 0 ? XBF_OK :
				 status == -2 ? XBF_UNSUPPORTED : XBF_ERROR);
	}
}

static void bad_producer_jumps(void **state)
{
	static const u32 jumps[] = { 3, 32, 33, 0x7fffffff, 0x80000000, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < nr_of(jumps); i++) {
		two_parts_waiting();
		w->guest.ring.sring->rsp_prod = w->guest.ring.rsp_cons + jumps[i];
		assert_broken_by(-EPROTO);
	}
}

/* ---- numbers from xenstore ---- */

static const struct xbf_keys good_keys = {
	.sectors = 1000, .sector_size = 512, .physical_sector_size = 4096,
	.flush = true, .discard = true, .discard_granularity = 4096,
};

static int check_disk(struct xbf_keys k, struct xbf_disk *d)
{
	const char *reason = NULL;
	int err = xbf_disk_check(&k, d, &reason);

	assert_true(!err == !reason);
	return err;
}

static void a_sensible_disk_is_taken_as_it_is(void **state)
{
	struct xbf_disk d;

	(void)state;
	assert_int_equal(check_disk(good_keys, &d), 0);
	assert_int_equal(d.sectors, 1000);
	assert_int_equal(d.logical, 512);
	assert_int_equal(d.physical, 4096);
	assert_int_equal(d.flush_op, XBF_FLUSH);
	assert_int_equal(d.discard_granularity, 4096);
	assert_int_equal(d.discard_alignment, 0);
	assert_false(d.readonly || d.cdrom || d.removable || d.secure_discard);
}

static void impossible_sector_sizes_are_refused(void **state)
{
	struct xbf_keys k = good_keys;
	struct xbf_disk d;

	(void)state;
	for (u32 size = 0; size <= 70000; size++) {
		bool good = size == 512 || size == 1024 || size == 2048 || size == 4096;

		k.sector_size = size;
		assert_int_equal(check_disk(k, &d), good ? 0 : -EINVAL);
	}
	k.sector_size = 0x80000000;
	assert_int_equal(check_disk(k, &d), -EINVAL);
	k.sector_size = UINT32_MAX;
	assert_int_equal(check_disk(k, &d), -EINVAL);
}

static void impossible_disk_sizes_are_refused(void **state)
{
	struct xbf_keys k = good_keys;
	struct xbf_disk d;

	(void)state;
	k.sectors = UINT64_MAX;
	assert_int_equal(check_disk(k, &d), -EINVAL);
	k.sectors = 1ull << 55;		/* as bytes, this is 0 */
	assert_int_equal(check_disk(k, &d), -EINVAL);
	k.sectors = (1ull << 54) - 1;
	assert_int_equal(check_disk(k, &d), 0);
	assert_true(d.sectors << 9 >> 9 == k.sectors);
}

static void only_whole_blocks_are_used(void **state)
{
	struct xbf_keys k = good_keys;
	struct xbf_disk d;

	(void)state;
	k.sector_size = 4096;
	k.sectors = 1007;
	assert_int_equal(check_disk(k, &d), 0);
	assert_int_equal(d.sectors, 1000);
	assert_int_equal(d.physical, 4096);
}

static void hints_that_make_no_sense_are_left_out(void **state)
{
	struct xbf_keys k = good_keys;
	struct xbf_disk d;

	(void)state;
	k.physical_sector_size = 3000;
	assert_int_equal(check_disk(k, &d), 0);
	assert_int_equal(d.physical, 512);
	k.physical_sector_size = 256;
	assert_int_equal(check_disk(k, &d), 0);
	assert_int_equal(d.physical, 512);
	k.discard_granularity = 12345;
	k.discard_alignment = 12345;
	assert_int_equal(check_disk(k, &d), 0);
	assert_int_equal(d.discard_granularity, d.physical);
	assert_int_equal(d.discard_alignment, 0);
}

static void only_what_changed_is_news(void **state)
{
	struct xbf_disk a, b;

	(void)state;
	assert_int_equal(check_disk(good_keys, &a), 0);
	b = a;
	assert_true(xbf_disk_props_equal(&a, &b));
	b.sectors++;
	assert_false(xbf_disk_props_equal(&a, &b));
	b = a;
	b.readonly = true;
	assert_false(xbf_disk_props_equal(&a, &b));
	b = a;
	b.discard_granularity *= 2;
	assert_false(xbf_disk_props_equal(&a, &b));
}

/* Whatever is offered and wanted: one ring has events, and no more are used than there are. */
static void rings_are_shared_out(void **state)
{
	(void)state;
	for (u32 offered = 1; offered < 20; offered++)
		for (u32 event = 1; event < 10; event++)
			for (u32 poll = 0; poll < 10; poll++) {
				struct xbf_rings r = xbf_share_rings(offered, event, poll);

				assert_true(r.event >= 1 && r.event <= event && r.poll <= poll);
				assert_true(r.event + r.poll <= offered);
				assert_true(r.event + r.poll == min(offered, event + poll));
				if (offered > poll)
					assert_int_equal(r.poll, poll);
			}
}

static void every_context_has_a_ring_of_its_kind(void **state)
{
	(void)state;
	for (u32 i = 0; i < 5 * 4 * 5 * 4; i++) {
		struct xbf_rings contexts = { 1 + i % 5, i / 5 % 4 };
		struct xbf_rings live = { 1 + i / 20 % 5, i / 100 };

		live.event = min(live.event, contexts.event);
		live.poll = min(live.poll, contexts.poll);
		for (u32 c = 0; c < contexts.event + contexts.poll; c++) {
			u32 ring = xbf_ring_index(&contexts, &live, c);

			assert_true(ring < live.event + live.poll);
			assert_int_equal(ring >= live.event, c >= contexts.event && live.poll);
			if (live.event == contexts.event && live.poll == contexts.poll)
				assert_int_equal(ring, c);
		}
	}
}

static void a_read_only_disk_neither_flushes_nor_discards(void **state)
{
	struct xbf_keys k = good_keys;
	struct xbf_disk d;

	(void)state;
	k.info = VDISK_READONLY | VDISK_CDROM | VDISK_REMOVABLE;
	assert_int_equal(check_disk(k, &d), 0);
	assert_true(d.readonly && d.cdrom && d.removable);
	assert_int_equal(d.flush_op, 0);
	assert_int_equal(d.discard_granularity, 0);
}

static void flush_is_chosen_over_barrier(void **state)
{
	struct xbf_keys k = good_keys;
	struct xbf_disk d;

	(void)state;
	k.barrier = true;
	assert_int_equal(check_disk(k, &d), 0);
	assert_int_equal(d.flush_op, XBF_FLUSH);
	k.flush = false;
	assert_int_equal(check_disk(k, &d), 0);
	assert_int_equal(d.flush_op, XBF_BARRIER);
	k.barrier = false;
	assert_int_equal(check_disk(k, &d), 0);
	assert_int_equal(d.flush_op, 0);
}

static void segments_per_part_stay_between_direct_and_largest(void **state)
{
	(void)state;
	assert_int_equal(xbf_segs_per_part(0, 256), 11);
	assert_int_equal(xbf_segs_per_part(11, 256), 11);
	assert_int_equal(xbf_segs_per_part(12, 256), 12);
	assert_int_equal(xbf_segs_per_part(256, 32), 32);
	assert_int_equal(xbf_segs_per_part(32, 256), 32);
	assert_int_equal(xbf_segs_per_part(UINT32_MAX, UINT32_MAX), XBF_MAX_SEGS);
	assert_int_equal(xbf_segs_per_part(256, 0), 11);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(direct_requests_carry_the_bytes),
		T(indirect_requests_carry_the_bytes),
		T(blocks_of_4k_are_never_split),
		T(indices_wrap_around),
		T(number_of_parts),
		T(the_second_part_starts_where_the_first_one_ended),
		T(one_part_in_error_is_an_error),
		T(the_worst_status_wins_in_any_order),
		T(the_largest_request_always_goes_out_in_the_end),
		T(few_segments_go_direct),
		T(flush_and_barrier_carry_no_data),
		T(discard_says_what_and_no_more),
		T(secure_discard_sets_the_flag),
		T(a_request_names_the_device),
		T(bad_same_response_twice),
		T(bad_id_of_an_earlier_generation),
		T(bad_id_from_before_a_reconnect),
		T(bad_invented_id),
		T(bad_wrong_operation),
		T(bad_response_to_indirect),
		T(unknown_status_is_an_error),
		T(bad_producer_jumps),
		T(a_sensible_disk_is_taken_as_it_is),
		T(impossible_sector_sizes_are_refused),
		T(impossible_disk_sizes_are_refused),
		T(only_whole_blocks_are_used),
		T(hints_that_make_no_sense_are_left_out),
		T(only_what_changed_is_news),
		T(rings_are_shared_out),
		T(every_context_has_a_ring_of_its_kind),
		T(a_read_only_disk_neither_flushes_nor_discards),
		T(flush_is_chosen_over_barrier),
		T(segments_per_part_stay_between_direct_and_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
