// SPDX-License-Identifier: GPL-2.0
/*
 * The shape of data: how the wire core cuts into segments what the block layer hands over. First
 * piece by piece, then whatever the block layer's own rules make of what programs submit.
 */
#include "test.h"

#include "blkback.h"
#include "blkguest.h"
#include "blklayer.h"

#define nr_of(a) (sizeof(a) / sizeof((a)[0]))

/* ---- pieces and segments ---- */

/* What is wrong with the shape of one segment. */
static u32 shape_of(const struct bfw_run *seg)
{
	return (seg->addr & 4095) | seg->len;
}

struct pieces {
	const struct bl_piece *at;
	u32 left;
};

static bool next_piece(void *from, struct bfw_run *run)
{
	struct pieces *p = from;

	if (!p->left)
		return false;
	*run = (struct bfw_run){ .addr = p->at->addr, .len = p->at->len };
	p->at++;
	p->left--;
	return true;
}

/* Measured without cutting it comes to the same, whatever the size of blocks. */
static void assert_measures(const struct bl_piece *piece, u32 nr, const struct bfw_run *seg, u32 n)
{
	struct pieces from = { piece, nr };
	struct bfw_measures m = bfw_measure(next_piece, &from);
	u32 block, i, shape = 0;

	for (i = 0; i < n; i++)
		shape |= shape_of(&seg[i]);
	assert_int_equal(m.segs, n);
	for (block = 512; block <= 4096; block *= 2)
		assert_int_equal(!(m.shape & (block - 1)), !(shape & (block - 1)));
}

static u32 cut(const struct bl_piece *piece, u32 nr, struct bfw_run *seg, u32 most)
{
	struct pieces from = { piece, nr };
	struct bfw_run rest = { 0 };
	u32 n = 0;

	for (; n < most && bfw_next_seg(&rest, next_piece, &from, &seg[n]); n++)
		;
	/* Whoever asks once more is told the same. */
	if (n < most) {
		assert_false(bfw_next_seg(&rest, next_piece, &from, &seg[n]));
		assert_measures(piece, nr, seg, n);
	}
	return n;
}

static void assert_cut(const struct bl_piece *piece, u32 nr, const struct bfw_run *want,
		       u32 nr_want)
{
	struct bfw_run seg[64];

	assert_int_equal(cut(piece, nr, seg, nr_of(seg)), nr_want);
	for (u32 i = 0; i < nr_want; i++) {
		assert_int_equal(seg[i].addr, want[i].addr);
		assert_int_equal(seg[i].len, want[i].len);
	}
}

#define ASSERT_CUT(pieces, ...)							\
	do {									\
		const struct bfw_run want[] = { __VA_ARGS__ };			\
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
	struct pieces from = { &piece, 1 };

	return bfw_measure(next_piece, &from).shape & (block - 1);
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

struct world {
	struct bl_queue queue;
	struct bl_io bio, first, rq[MOST_RQS];
	u32 nr_rqs;
	u32 merges;
	struct blkguest guest;
	struct blkback back;
	struct blkguest_req req;
	u8 memory[MEMORY];
	u8 disk[DISK];
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

/* The limits of blkfront/disk.c. */
static void set_queue(u32 page, u32 block)
{
	w->queue.page = page;
	w->queue.block = block;
	w->queue.boundary = XFL_FRAME_MASK;
	w->queue.max_bytes = BFW_MAX_BYTES;
	w->queue.max_segments = BFW_MAX_SEGS;
	for (u32 i = 0; i < BL_PAGES; i++)
		w->queue.machine[i] = i;
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
	w->rq[w->nr_rqs++] = *bio;
}

static void submit(void)
{
	bool more;

	do {
		more = bl_split(&w->queue, &w->bio, &w->first);
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

/* Two pieces of a request may be the same memory: what is read to it last stays. */
static bool written_later(const struct bl_io *rq, u32 i)
{
	const struct bl_piece *p = &rq->piece[i];

	for (u32 later = i + 1; later < rq->nr; later++)
		if (rq->piece[later].addr < p->addr + p->len &&
		    p->addr < rq->piece[later].addr + rq->piece[later].len)
			return true;
	return false;
}

/* Through a ring to a backend that checks what it is told, byte for byte. */
static void carry(const struct bl_io *rq, u8 op, u32 cap)
{
	static u8 wanted[BFW_MAX_BYTES];
	struct bfw_run seg[BFW_MAX_SEGS + 1];
	struct rng r = test_rng();
	u32 at = 0;

	w->req = (struct blkguest_req){ .op = op, .sector = rq->at / 512 };
	w->req.nr_segs = cut(rq->piece, rq->nr, seg, nr_of(seg));
	for (u32 i = 0; i < w->req.nr_segs; i++) {
		w->req.seg[i].frame = w->memory + (seg[i].addr & ~4095ull);
		w->req.seg[i].offset = seg[i].addr % 4096;
		w->req.seg[i].len = seg[i].len;
	}
	blkguest_init(&w->guest, 1, cap);
	w->back = (struct blkback){
		.grants = &w->guest.grants, .disk = w->disk, .sectors = DISK / 512,
		.block = w->queue.block / 512, .max_indirect = cap > BFW_DIRECT_SEGS ? cap : 0,
	};
	blkback_attach(&w->back, w->guest.ring_memory, 1);
	for (u32 i = 0; i < rq->nr; at += rq->piece[i++].len)
		memcpy(wanted + at, op == BFW_WRITE ? w->memory + rq->piece[i].addr :
		       w->disk + rq->at + at, rq->piece[i].len);

	assert_true(blkguest_submit(&w->guest, &w->req));
	do {
		blkback_serve(&w->back);
		blkback_answer(&w->back, &r, UINT32_MAX);
		blkguest_reap(&w->guest);
	} while (!w->back.complaint && !w->req.completions);
	if (w->back.complaint)
		fail_msg("the backend complains: %s", w->back.complaint);
	assert_int_equal(w->req.tally.worst, BFW_OK);
	assert_true(grants_none(&w->guest.grants));
	if (op == BFW_WRITE)
		assert_memory_equal(w->disk + rq->at, wanted, rq->bytes);
	for (u32 i = rq->nr; op == BFW_READ && i--; ) {
		at -= rq->piece[i].len;
		if (!written_later(rq, i))
			assert_memory_equal(w->memory + rq->piece[i].addr, wanted + at,
					    rq->piece[i].len);
	}
}

static void assert_shape(const struct bl_io *rq)
{
	struct bfw_run seg[BFW_MAX_SEGS + 1];
	u32 nr = cut(rq->piece, rq->nr, seg, nr_of(seg)), shape = 0;
	u64 bytes = 0;

	assert_true(nr >= 1 && nr <= BFW_MAX_SEGS);
	assert_int_equal(nr, count_by_sector(rq));
	for (u32 i = 0; i < nr; i++) {
		u64 last = seg[i].addr + seg[i].len - 1;

		shape |= shape_of(&seg[i]);
		bytes += seg[i].len;
		assert_true(seg[i].len && seg[i].addr / 4096 == last / 4096);
		/* The promise that wire.h speaks of. */
		assert_true(i == 0 || seg[i].addr % 4096 == 0);
		assert_true(i == nr - 1 || (seg[i].addr + seg[i].len) % 4096 == 0);
	}
	assert_int_equal(bytes, rq->bytes);
	assert_int_equal(shape & (w->queue.block - 1), 0);
}

static void one_after_the_other(u32 page, u32 offset, u32 nr, u32 bytes)
{
	set_queue(page, 512);
	for (u32 i = 0; i < nr; i++) {
		w->bio = (struct bl_io){ .at = i * bytes };
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

/* Programs' buffers: where the one before ended, or elsewhere; one, or a few in one call. */
static void random_bio(struct rng *r, u64 *memory, u64 *disk)
{
	u32 unit = w->queue.block;
	u32 pieces = rng_one_in(r, 3) ? rng_range(r, 1, 8) : 1;

	if (rng_one_in(r, 12))
		*disk = rng_below(r, DISK / unit / 2) * (u64)unit;
	w->bio = (struct bl_io){ .at = *disk };
	while (pieces--) {
		u32 bytes = unit * rng_range(r, 1, rng_one_in(r, 10) ? (2u << 20) / unit : 24);

		if (rng_one_in(r, 4) || *memory + bytes > MEMORY)
			*memory = any_place(r, bytes);
		if (*disk + bytes > DISK)
			break;
		bl_add(&w->queue, &w->bio, *memory, bytes, rng_one_in(r, 4));
		*memory += bytes;
		*disk += bytes;
	}
	if (w->bio.nr)
		submit();
	else
		*disk = 0;
}

static void random_submissions(u32 page, u32 block, int rounds)
{
	struct rng r = test_rng();
	u32 merges = 0;

	for (int round = 0; round < rounds; round++) {
		u64 memory = 0, disk = 0;

		set_queue(page, block);
		shuffle_machine(&r);
		for (int i = rng_range(&r, 1, 60); i--; )
			random_bio(&r, &memory, &disk);
		if (rng_one_in(&r, 2))
			merge_requests();
		merges += w->merges;
		for (u32 i = 0; i < MEMORY; i += 8)
			*(u64 *)(w->memory + i) = rng_u64(&r);
		for (u32 i = 0; i < w->nr_rqs; i++) {
			assert_shape(&w->rq[i]);
			if (i < 8)
				carry(&w->rq[i], rng_one_in(&r, 2) ? BFW_READ : BFW_WRITE,
				      rng_one_in(&r, 2) ? BFW_DIRECT_SEGS : 256);
		}
	}
	/* Where pages are larger than frames little is merged, see xen_adjacent(). */
	assert_true(page > 4096 || merges > (u32)rounds);
}

static void whatever_programs_submit(void **state)
{
	(void)state;
	random_submissions(4096, 512, 40);
	random_submissions(16384, 512, 20);
	random_submissions(65536, 512, 20);
}

static void whatever_programs_submit_in_blocks_of_4k(void **state)
{
	(void)state;
	random_submissions(4096, 4096, 20);
	random_submissions(65536, 4096, 10);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
