// SPDX-License-Identifier: GPL-2.0
/*
 * The shape of data: how shape.h cuts into segments what the block layer hands over. First
 * piece by piece, then whatever the block layer's own rules make of what programs submit, with
 * requests that have no data among it; fuzz_blk_shape.c has the same of an input.
 *
 * Which request is of which kind the driver reads off Linux's REQ_OP_* (xbf_prepare()), in a switch
 * that is not here: the numbers are the kernel's, so the core would need a second set of them, and
 * the driver the same switch again to translate. What is here is what follows from it. Reads and
 * writes have the data that is cut; flushes and discards have none, and are never measured; all
 * else (zones, zeroes, passthrough) the driver refuses without a look at the data. Passthrough is
 * the only one of those that the block layer would let through. Its data would be promised less:
 * what_nobody_promised() shows that what the driver would not refuse for its shape could be sent.
 */
#include "test.h"

#include "blkback.h"
#include "blkguest.h"
#include "blkshape.h"

#define nr_of(a) (sizeof(a) / sizeof((a)[0]))

/* ---- pieces and segments ---- */

static void assert_cut(const struct bl_piece *piece, u32 nr, const struct xbf_run *want,
		       u32 nr_want)
{
	struct xbf_run seg[64];

	shape_check_any(piece, nr);
	assert_int_equal(shape_cut(piece, nr, seg, nr_of(seg)), nr_want);
	for (u32 i = 0; i < nr_want; i++) {
		assert_int_equal(seg[i].addr, want[i].addr);
		assert_int_equal(seg[i].len, want[i].len);
	}
}

#define ASSERT_CUT(pieces, ...)							\
	do {									\
		const struct xbf_run want[] = { __VA_ARGS__ };			\
		assert_cut(pieces, nr_of(pieces), want, nr_of(want));		\
	} while (0)

static void a_piece_is_cut_at_frames(void **state)
{
	static const struct bl_piece one[] = { { 0x10200, 0x2000 } };

	(void)state;
	ASSERT_CUT(one, { 0x10200, 0xe00 }, { 0x11000, 0x1000 }, { 0x12000, 0x200 });
}

static void pieces_that_meet_in_a_frame_are_one_segment(void **state)
{
	static const struct bl_piece two[] = { { 0x10000, 0x1800 }, { 0x11800, 0x1800 } };
	static const struct bl_piece many[] = {
		{ 0x10000, 0x200 }, { 0x10200, 0x600 }, { 0x10800, 0x800 }, { 0x11000, 0x200 },
	};

	(void)state;
	ASSERT_CUT(two, { 0x10000, 0x1000 }, { 0x11000, 0x1000 }, { 0x12000, 0x1000 });
	ASSERT_CUT(many, { 0x10000, 0x1000 }, { 0x11000, 0x200 });
}

static void pieces_that_do_not_touch_are_two(void **state)
{
	static const struct bl_piece hole[] = { { 0x10000, 0x200 }, { 0x10400, 0x200 } };
	static const struct bl_piece back[] = { { 0x10200, 0x200 }, { 0x10000, 0x200 } };
	static const struct bl_piece twice[] = { { 0x10000, 0x1000 }, { 0x10000, 0x1000 } };
	static const struct bl_piece over[] = { { 0x10000, 0x800 }, { 0x10400, 0x800 } };
	static const struct bl_piece frames[] = { { 0x10000, 0x800 }, { 0x21800, 0x800 } };

	(void)state;
	ASSERT_CUT(hole, { 0x10000, 0x200 }, { 0x10400, 0x200 });
	ASSERT_CUT(back, { 0x10200, 0x200 }, { 0x10000, 0x200 });
	ASSERT_CUT(twice, { 0x10000, 0x1000 }, { 0x10000, 0x1000 });
	ASSERT_CUT(over, { 0x10000, 0x800 }, { 0x10400, 0x800 });
	ASSERT_CUT(frames, { 0x10000, 0x800 }, { 0x21800, 0x800 });
}

static void adjacent_frames_stay_two(void **state)
{
	static const struct bl_piece two[] = { { 0x10000, 0x1000 }, { 0x11000, 0x1000 } };

	(void)state;
	ASSERT_CUT(two, { 0x10000, 0x1000 }, { 0x11000, 0x1000 });
}

static void empty_pieces_are_passed_over(void **state)
{
	static const struct bl_piece some[] = {
		{ 0x10000, 0 }, { 0x10000, 0x200 }, { 0x20000, 0 }, { 0x10200, 0x200 },
		{ 0x10400, 0 },
	};

	(void)state;
	assert_cut(some, 1, NULL, 0);
	assert_cut(NULL, 0, NULL, 0);
	/* An empty piece elsewhere does not tear two that touch apart. */
	ASSERT_CUT(some, { 0x10000, 0x400 });
}

static void addresses_beyond_32_bits(void **state)
{
	static const struct bl_piece far[] = { { 0xffffff800, 0x800 }, { 0x1000000000, 0x400 },
					       { 0x1000000400, 0x400 } };

	(void)state;
	ASSERT_CUT(far, { 0xffffff800, 0x800 }, { 0x1000000000, 0x800 });
}

static u32 measured(u64 addr, u32 len, u32 block)
{
	struct bl_piece piece = { addr, len };

	return shape_measure(&piece, 1).shape & (block - 1);
}

static void data_off_the_grid_shows(void **state)
{
	(void)state;
	assert_int_equal(measured(512, 1024, 512), 0);
	assert_int_not_equal(measured(513, 1024, 512), 0);
	assert_int_not_equal(measured(512, 1023, 512), 0);
	assert_int_equal(measured(4096, 4096, 4096), 0);
	assert_int_not_equal(measured(512, 3584, 4096), 0);
	assert_int_not_equal(measured(4096, 512, 4096), 0);
	assert_int_not_equal(measured(512, 65536, 4096), 0);
}

/* ---- what the block layer makes of submissions ---- */

#define MEMORY		(8u << 20)
#define DISK		(8u << 20)
#define MOST_RQS	1024u
#define BATCH		8u	/* requests on a ring at once */
#define ZEROES		(MEMORY - 65536)	/* the page of which zeroes are written */

struct world {
	struct bl_queue queue;
	struct bl_io bio, first, rq[MOST_RQS];
	u32 nr_rqs;
	u32 merges;
	u32 kinds[BL_FLUSH + 1];
	struct blkguest guest;
	struct blkback back;
	struct blkguest_req req[BATCH];
	u8 memory[MEMORY], memory_wanted[MEMORY];
	u8 disk[DISK], disk_wanted[DISK];
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

static void set_queue(u32 page, u32 block, u32 physical)
{
	shape_queue(&w->queue, page, block, physical);
	w->nr_rqs = 0;
	w->merges = 0;
}

/* As a plug does: behind or before one of the last requests, or a new one. */
static void plug(const struct bl_io *bio)
{
	for (u32 i = w->nr_rqs; i-- && w->nr_rqs - i <= 4; )
		if (bl_merge(&w->queue, &w->rq[i], bio, false) ||
		    bl_merge(&w->queue, &w->rq[i], bio, true)) {
			w->merges++;
			return;
		}
	assert_true(w->nr_rqs < MOST_RQS);
	bl_copy(&w->rq[w->nr_rqs++], bio);
}

static void submit(void)
{
	bool more;

	do {
		more = bl_split(&w->queue, &w->bio, &w->first);
		/* Nobody here submits what cannot be split. */
		assert_true(w->first.bytes);
		plug(&w->first);
	} while (more);
}

/* As a scheduler does. */
static void merge_requests(void)
{
	for (u32 i = 0; i + 1 < w->nr_rqs; i++)
		while (i + 1 < w->nr_rqs &&
		       bl_merge(&w->queue, &w->rq[i], &w->rq[i + 1], false)) {
			memmove(&w->rq[i + 1], &w->rq[i + 2],
				(w->nr_rqs - i - 2) * sizeof(w->rq[0]));
			w->nr_rqs--;
			w->merges++;
		}
}

/* Sector by sector, from what the pieces say: the least number of segments there can be. */
static u32 count_by_sector(const struct bl_io *rq)
{
	u64 expect = 1;
	u32 segs = 0;

	for (u32 i = 0; i < rq->nr; i++) {
		u64 end = rq->piece[i].addr + rq->piece[i].len;

		for (u64 at = rq->piece[i].addr; at < end; at += 512) {
			segs += at != expect || at % 4096 == 0;
			expect = at + 512;
		}
	}
	return segs;
}

static u8 ring_op(enum bl_op op)
{
	static const u8 ops[] = {
		[BL_READ] = XBF_READ, [BL_WRITE] = XBF_WRITE, [BL_DISCARD] = XBF_DISCARD,
		[BL_SECURE_ERASE] = XBF_DISCARD, [BL_FLUSH] = XBF_FLUSH,
	};

	return ops[op];
}

static void put_on_ring(const struct bl_io *rq, struct blkguest_req *req)
{
	struct xbf_run seg[XBF_MAX_SEGS + 1];

	req->op = ring_op(rq->op);
	req->secure = rq->op == BL_SECURE_ERASE;
	req->sector = rq->at / 512;
	req->nr_sectors = rq->bytes / 512;
	req->nr_segs = shape_cut(rq->piece, rq->nr, seg, nr_of(seg));
	for (u32 i = 0; i < req->nr_segs; i++) {
		req->seg[i].frame = w->memory + (seg[i].addr & ~4095ull);
		req->seg[i].offset = seg[i].addr % 4096;
		req->seg[i].len = seg[i].len;
	}
}

static void carry_out(const struct bl_io *rq)
{
	u64 at = rq->at;

	if (rq->op == BL_DISCARD || rq->op == BL_SECURE_ERASE)
		memset(w->disk_wanted + at, 0, rq->bytes);
	for (u32 i = 0; i < rq->nr; at += rq->piece[i++].len) {
		u8 *memory = w->memory_wanted + rq->piece[i].addr, *disk = w->disk_wanted + at;

		memcpy(rq->op == BL_READ ? memory : disk, rq->op == BL_READ ? disk : memory,
		       rq->piece[i].len);
	}
}

static void serve(struct rng *r)
{
	blkback_serve(&w->back);
	if (w->back.complaint)
		fail_msg("the backend complains: %s", w->back.complaint);
	blkback_respond(&w->back, r, UINT32_MAX);
	blkguest_reap(&w->guest);
}

static void fill_memory(struct rng *r)
{
	for (u32 i = 0; i < MEMORY; i += 8)
		*(u64 *)(w->memory + i) = rng_u64(r);
	memcpy(w->memory_wanted, w->memory, MEMORY);
	memcpy(w->disk_wanted, w->disk, DISK);
}

/*
 * Through a ring to a backend that checks what it is told and serves it in that order. After that
 * each byte of the guest's memory and of the disk is what it has to be, those of others too.
 */
static void carry(struct rng *r, const struct bl_io *rq, u32 nr)
{
	u32 cap = rng_one_in(r, 2) ? XBF_DIRECT_SEGS : 256, flushes = 0, secure = 0;

	blkguest_init(&w->guest, 1, cap);
	w->back = (struct blkback){
		.grants = &w->guest.grants, .disk = w->disk, .sectors = DISK / 512,
		.block = w->queue.block / 512, .max_indirect = cap > XBF_DIRECT_SEGS ? cap : 0,
	};
	blkback_attach(&w->back, w->guest.ring_memory, 1);
	for (u32 i = 0; i < nr; i++) {
		put_on_ring(&rq[i], &w->req[i]);
		carry_out(&rq[i]);
		flushes += rq[i].op == BL_FLUSH;
		secure += rq[i].op == BL_SECURE_ERASE;
		w->kinds[rq[i].op]++;
		while (!blkguest_submit(&w->guest, &w->req[i]))
			serve(r);
	}
	while (!grants_none(&w->guest.grants) ||
	       xbf_credits(&w->guest.table) < RING_SIZE(&w->guest.ring))
		serve(r);
	for (u32 i = 0; i < nr; i++) {
		assert_int_equal(w->req[i].completions, 1);
		assert_int_equal(w->req[i].tally.worst, XBF_OK);
	}
	assert_int_equal(w->back.flushes, flushes);
	assert_int_equal(w->back.secure, secure);
	assert_memory_equal(w->memory, w->memory_wanted, MEMORY);
	assert_memory_equal(w->disk, w->disk_wanted, DISK);
}

static void assert_shape(const struct bl_io *rq)
{
	struct xbf_run seg[XBF_MAX_SEGS + 1];

	shape_check(&w->queue, rq);
	if (bl_has_data(rq))
		assert_int_equal(shape_cut(rq->piece, rq->nr, seg, nr_of(seg)),
				 count_by_sector(rq));
}

static void one_after_the_other(u32 page, u32 offset, u32 nr, u32 bytes)
{
	set_queue(page, 512, 512);
	for (u32 i = 0; i < nr; i++) {
		bl_begin(&w->bio, BL_READ, i * bytes);
		bl_add(&w->queue, &w->bio, (1u << 20) + offset + i * bytes, bytes, false);
		submit();
	}
	merge_requests();
	for (u32 i = 0; i < w->nr_rqs; i++)
		assert_shape(&w->rq[i]);
}

static void requests_in_a_row(void **state)
{
	static const struct { u32 nr, bytes; } cases[] = {
		{ 170, 6144 }, { 256, 3072 }, { 257, 1536 }, { 102, 10240 }, { 10, 104448 },
		{ 900, 512 },
	};
	static const u32 pages[] = { 4096, 16384, 65536 };

	(void)state;
	for (size_t i = 0; i < nr_of(cases); i++)
		for (size_t p = 0; p < nr_of(pages); p++)
			for (u32 offset = 0; offset < 4096; offset += 512) {
				one_after_the_other(pages[p], offset, cases[i].nr, cases[i].bytes);
				/* Else nothing was tried. */
				if (pages[p] == 4096 && !offset)
					assert_true(w->merges > cases[i].nr / 2 &&
						    w->rq[0].bytes % cases[i].bytes == 0);
			}
}

/* Some pages lie apart in the machine's memory, as in any guest. */
static void shuffle_machine(struct rng *r)
{
	for (u32 i = 0; i + 1 < BL_PAGES; i++)
		if (rng_one_in(r, 8)) {
			u32 other = rng_below(r, BL_PAGES), mine = w->queue.machine[i];

			w->queue.machine[i] = w->queue.machine[other];
			w->queue.machine[other] = mine;
		}
}

static u64 any_place(struct rng *r, u32 bytes)
{
	u64 at = rng_below(r, (MEMORY - bytes) / w->queue.block) * (u64)w->queue.block;

	return rng_one_in(r, 2) ? at : at & ~4095ull;
}

/* Where the disk goes on, and how many bytes of those wished for are left there. */
static u32 room(u64 *disk, u32 bytes)
{
	if (*disk >= DISK)
		*disk = 0;
	return min(bytes, (u32)(DISK - *disk));
}

static void discard(struct rng *r, enum bl_op op, u64 *disk)
{
	u32 unit = w->queue.block;
	u32 bytes = room(disk, unit * rng_range(r, 1, rng_one_in(r, 3) ? (5u << 20) / unit : 64));

	if (!bl_takes(&w->queue, op))
		return;
	bl_begin(&w->bio, op, *disk);
	w->bio.bytes = bytes;
	*disk += bytes;
	submit();
}

/* What is written where a queue does not take a request for zeroes: one page, many times. */
static void zeroes(struct rng *r, u64 *disk)
{
	u32 unit = w->queue.block, page = min(w->queue.page, 65536u);
	u32 bytes = room(disk, unit * rng_range(r, 1, (1u << 20) / unit)), part;

	assert_false(bl_takes(&w->queue, BL_WRITE_ZEROES));
	bl_begin(&w->bio, BL_WRITE, *disk);
	*disk += bytes;
	for (; bytes; bytes -= part) {
		part = min(bytes, page);
		bl_add(&w->queue, &w->bio, ZEROES, part, false);
	}
	submit();
}

static void flush(void)
{
	assert_true(w->nr_rqs < MOST_RQS);
	bl_begin(&w->rq[w->nr_rqs++], BL_FLUSH, 0);
}

/* Programs' buffers: where the one before ended, or elsewhere; one, or a few in one call. */
static void data(struct rng *r, enum bl_op op, u64 *memory, u64 *disk)
{
	u32 unit = w->queue.block;
	u32 pieces = rng_one_in(r, 3) ? rng_range(r, 1, 8) : 1;

	bl_begin(&w->bio, op, *disk);
	while (pieces--) {
		u32 bytes = unit * rng_range(r, 1, rng_one_in(r, 10) ? (2u << 20) / unit : 24);

		if (rng_one_in(r, 4) || *memory + bytes > MEMORY)
			*memory = any_place(r, bytes);
		if (*disk + bytes > DISK)
			break;
		/* An empty one where Linux can go on behind it. */
		if (*memory % 4096 == 0 && rng_one_in(r, 4))
			bl_add_empty(&w->bio, rng_below(r, MEMORY / 4096) * 4096ull);
		bl_add(&w->queue, &w->bio, *memory, bytes, rng_one_in(r, 4));
		*memory += bytes;
		*disk += bytes;
	}
	if (w->bio.bytes)
		submit();
	else
		*disk = 0;
}

static void random_bio(struct rng *r, enum bl_op *op, u64 *memory, u64 *disk)
{
	if (rng_one_in(r, 12))
		*disk = rng_below(r, DISK / w->queue.block / 2) * (u64)w->queue.block;
	if (rng_one_in(r, 10))
		*op = rng_one_in(r, 2) ? BL_READ : BL_WRITE;
	switch (rng_below(r, 24)) {
	case 0:
		return flush();
	case 1:
	case 2:
		return discard(r, BL_DISCARD, disk);
	case 3:
		return discard(r, BL_SECURE_ERASE, disk);
	case 4:
		return zeroes(r, disk);
	default:
		return data(r, *op, memory, disk);
	}
}

static void random_submissions(u32 page, u32 block, u32 physical, int rounds)
{
	struct rng r = test_rng();
	u32 merges = 0;

	memset(w->kinds, 0, sizeof(w->kinds));
	for (int round = 0; round < rounds; round++) {
		enum bl_op op = rng_one_in(&r, 2) ? BL_READ : BL_WRITE;
		u64 memory = 0, disk = 0;

		set_queue(page, block, physical);
		shuffle_machine(&r);
		for (int i = rng_range(&r, 1, 60); i--; )
			random_bio(&r, &op, &memory, &disk);
		if (rng_one_in(&r, 2))
			merge_requests();
		merges += w->merges;
		for (u32 i = 0; i < w->nr_rqs; i++)
			assert_shape(&w->rq[i]);
		fill_memory(&r);
		for (u32 i = 0; i < min(w->nr_rqs, 2 * BATCH); i += BATCH)
			carry(&r, &w->rq[i], min(w->nr_rqs - i, BATCH));
	}
	for (u32 kind = 0; kind < nr_of(w->kinds); kind++)
		assert_true(w->kinds[kind]);
	/* Where pages are larger than frames little is merged, see xen_adjacent(). */
	assert_true(page > 4096 || merges > (u32)rounds);
}

static void whatever_programs_submit(void **state)
{
	(void)state;
	random_submissions(4096, 512, 512, 40);
	random_submissions(4096, 512, 4096, 20);
	random_submissions(16384, 512, 512, 20);
	random_submissions(65536, 512, 4096, 20);
}

static void whatever_programs_submit_in_blocks_of_4k(void **state)
{
	(void)state;
	random_submissions(4096, 4096, 4096, 20);
	random_submissions(65536, 4096, 4096, 20);
}

/* Flushes between them, and reads beside writes, keep apart what would be merged. */
static void what_is_not_alike_is_not_merged(void **state)
{
	static const enum bl_op ops[] = { BL_READ, BL_WRITE, BL_DISCARD, BL_SECURE_ERASE };

	(void)state;
	set_queue(4096, 512, 512);
	for (u32 i = 0; i < 64; i++) {
		bl_begin(&w->bio, ops[i / 2 % 4], i * 4096);
		if (bl_has_data(&w->bio))
			bl_add(&w->queue, &w->bio, i * 4096, 4096, false);
		else
			w->bio.bytes = 4096;
		submit();
		if (i % 8 == 7)
			flush();
	}
	merge_requests();
	assert_int_equal(w->nr_rqs, 32 + 8);
	for (u32 i = 0; i < w->nr_rqs; i++) {
		assert_shape(&w->rq[i]);
		assert_int_equal(w->rq[i].bytes, w->rq[i].op == BL_FLUSH ? 0 : 8192);
	}
}

static void discards_are_split_at_the_granularity(void **state)
{
	u64 at;

	(void)state;
	set_queue(4096, 512, 4096);
	bl_begin(&w->bio, BL_DISCARD, 512);
	w->bio.bytes = 7u << 20;
	submit();
	assert_int_equal(w->nr_rqs, 4);
	at = 512;
	for (u32 i = 0; i < w->nr_rqs; at += w->rq[i++].bytes) {
		assert_shape(&w->rq[i]);
		assert_int_equal(w->rq[i].at, at);
		assert_true(!i || at % 4096 == 0);
	}
	assert_int_equal(at, 512 + (7u << 20));
}

/* A row of pieces that no rule has been applied to. */
static void any_pieces(struct rng *r)
{
	u32 grid = rng_one_in(r, 2) ? 4096 : rng_one_in(r, 8) ? 1 : 512;
	u32 nr = rng_range(r, 1, rng_one_in(r, 4) ? 300 : 6);
	u64 addr = 0;

	bl_begin(&w->bio, rng_one_in(r, 2) ? BL_READ : BL_WRITE, 0);
	while (nr--) {
		u32 most = w->bio.bytes > XBF_MAX_BYTES / 2 ? 1 : 32768 / grid;
		u32 bytes = grid * rng_below(r, rng_one_in(r, 2) ? 2 : most + 1);

		if (rng_one_in(r, 2) || addr + bytes > MEMORY)
			addr = rng_below(r, (MEMORY - bytes) / grid) * (u64)grid;
		if (bytes)
			bl_add(&w->queue, &w->bio, addr, bytes, true);
		else
			bl_add_empty(&w->bio, addr);
		addr += bytes;
	}
}

/*
 * Of those the driver refuses what cannot be described, and the others arrive. That they were
 * promised to be of a certain shape does not matter for that.
 */
static void what_nobody_promised(void **state)
{
	struct rng r = test_rng();
	u32 taken = 0, refused = 0;

	(void)state;
	set_queue(65536, 512, 512);
	fill_memory(&r);
	for (int round = 0; round < 300; round++) {
		w->queue.block = rng_one_in(&r, 3) ? 4096 : 512;
		any_pieces(&r);
		shape_check_any(w->bio.piece, w->bio.nr);
		if (!shape_describable(w->bio.piece, w->bio.nr, w->queue.block)) {
			refused++;
			continue;
		}
		taken++;
		w->bio.at = rng_below(&r, (DISK - w->bio.bytes) / 4096) * 4096ull;
		carry(&r, &w->bio, 1);
	}
	assert_true(taken > 50 && refused > 50);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_piece_is_cut_at_frames),
		cmocka_unit_test(pieces_that_meet_in_a_frame_are_one_segment),
		cmocka_unit_test(pieces_that_do_not_touch_are_two),
		cmocka_unit_test(adjacent_frames_stay_two),
		cmocka_unit_test(empty_pieces_are_passed_over),
		cmocka_unit_test(addresses_beyond_32_bits),
		cmocka_unit_test(data_off_the_grid_shows),
		T(requests_in_a_row),
		T(whatever_programs_submit),
		T(whatever_programs_submit_in_blocks_of_4k),
		T(what_is_not_alike_is_not_merged),
		T(discards_are_split_at_the_granularity),
		T(what_nobody_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
