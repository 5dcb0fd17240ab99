// SPDX-License-Identifier: GPL-2.0
/* Frame arithmetic, against counting frames one byte at a time. */
#include "test.h"

#include "xenfront/frame.h"

static void offset_is_within_the_frame(void **state)
{
	(void)state;
	assert_int_equal(XFL_FRAME_SIZE, 4096);
	assert_int_equal(xfl_frame_offset(0), 0);
	assert_int_equal(xfl_frame_offset(4095), 4095);
	assert_int_equal(xfl_frame_offset(4096), 0);
	assert_int_equal(xfl_frame_offset(65536 + 17), 17);
	assert_int_equal(xfl_frame_offset(UINT64_MAX), 4095);
}

static void empty_run_spans_nothing(void **state)
{
	(void)state;
	assert_int_equal(xfl_frames_spanned(0, 0), 0);
	assert_int_equal(xfl_frames_spanned(4095, 0), 0);
	assert_int_equal(xfl_frame_chunk(100, 0), 0);
}

static void spanned_at_the_edges(void **state)
{
	(void)state;
	assert_int_equal(xfl_frames_spanned(0, 1), 1);
	assert_int_equal(xfl_frames_spanned(0, 4096), 1);
	assert_int_equal(xfl_frames_spanned(0, 4097), 2);
	assert_int_equal(xfl_frames_spanned(4095, 1), 1);
	assert_int_equal(xfl_frames_spanned(4095, 2), 2);
	assert_int_equal(xfl_frames_spanned(1, 4096), 2);
	/* A 64 KB packet, aligned as badly as can be. */
	assert_int_equal(xfl_frames_spanned(4095, 65536), 17);
}

static void spanned_does_not_overflow(void **state)
{
	(void)state;
	assert_int_equal(xfl_frames_spanned(0, UINT32_MAX), 1u << 20);
	assert_int_equal(xfl_frames_spanned(4095, UINT32_MAX), (1u << 20) + 1);
	assert_int_equal(xfl_frames_spanned(UINT64_MAX, 1), 1);
}

static void chunk_at_the_edges(void **state)
{
	(void)state;
	assert_int_equal(xfl_frame_chunk(0, 5000), 4096);
	assert_int_equal(xfl_frame_chunk(0, 4096), 4096);
	assert_int_equal(xfl_frame_chunk(1, 4096), 4095);
	assert_int_equal(xfl_frame_chunk(4095, 2), 1);
	assert_int_equal(xfl_frame_chunk(4095, 1), 1);
	assert_int_equal(xfl_frame_chunk(65536 + 8, 100), 100);
}

/* Walking a run chunk by chunk visits each frame once and every byte once. */
static void chunks_make_up_the_run(void **state)
{
	struct rng r = test_rng();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		u64 offset = rng_below(&r, 1u << 20);
		u32 len = rng_below(&r, 1u << 17), left = len, frames = 0;
		u64 first = offset >> 12, last = (offset + len - 1) >> 12;

		assert_int_equal(xfl_frames_spanned(offset, len), len ? last - first + 1 : 0);
		while (left) {
			u32 chunk = xfl_frame_chunk(offset, left);

			assert_in_range(chunk, 1, left);
			assert_int_equal(offset >> 12, (offset + chunk - 1) >> 12);
			offset += chunk;
			left -= chunk;
			frames++;
		}
		assert_int_equal(frames, xfl_frames_spanned(offset - len, len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offset_is_within_the_frame),
		cmocka_unit_test(empty_run_spans_nothing),
		cmocka_unit_test(spanned_at_the_edges),
		cmocka_unit_test(spanned_does_not_overflow),
		cmocka_unit_test(chunk_at_the_edges),
		cmocka_unit_test(chunks_make_up_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
