// SPDX-License-Identifier: GPL-2.0
/* Ring index arithmetic, near zero and where u32 wraps around. */
#include "test.h"

#include "xenfront/ringidx.h"

/* Where a ring may stand; the last ones wrap within a test. */
static const u32 places[] = { 0, 1, 255, 0x7fffffff, 0x80000000, 0xfffffe00, 0xffffffff };

#define nr_of(a) (sizeof(a) / sizeof((a)[0]))

static void slots_of_known_rings(void **state)
{
	(void)state;
	assert_int_equal(xfl_ring_slots(1, 12), 256);	/* netif TX */
	assert_int_equal(xfl_ring_slots(1, 8), 256);	/* netif RX: 504 fit */
	assert_int_equal(xfl_ring_slots(1, 112), 32);	/* blkif, 64-bit ABI */
	assert_int_equal(xfl_ring_slots(2, 112), 64);
	assert_int_equal(xfl_ring_slots(4, 112), 128);
	assert_int_equal(xfl_ring_slots(8, 112), 256);
	assert_int_equal(xfl_ring_slots(16, 112), 512);
}

static void slots_are_the_largest_power_of_two(void **state)
{
	(void)state;
	for (u32 frames = 1; frames <= XFL_RING_MAX_FRAMES; frames++) {
		for (u32 size = 1; size <= 256; size++) {
			u32 slots = xfl_ring_slots(frames, size);
			u32 room = frames * 4096 - XFL_RING_HEADER_SIZE;

			assert_int_equal(slots & (slots - 1), 0);
			assert_true(slots * size <= room);
			assert_true(2 * slots * size > room);
		}
	}
}

static void pending_counts_across_the_wrap(void **state)
{
	(void)state;
	for (size_t p = 0; p < nr_of(places); p++) {
		u32 cons = places[p];

		for (u32 asked = 0; asked <= 512; asked++)
			for (u32 answered = 0; answered <= asked; answered++)
				assert_int_equal(xfl_ring_pending(cons + answered, cons,
								  cons + asked), answered);
	}
}

static void more_answers_than_requests_are_impossible(void **state)
{
	(void)state;
	for (size_t p = 0; p < nr_of(places); p++) {
		u32 cons = places[p];

		for (u32 asked = 0; asked <= 512; asked++) {
			assert_int_equal(xfl_ring_pending(cons + asked + 1, cons, cons + asked),
					 -EPROTO);
			assert_int_equal(xfl_ring_pending(cons + asked + 0x80000000u, cons,
							  cons + asked), -EPROTO);
		}
	}
}

static void an_index_that_runs_backwards_is_impossible(void **state)
{
	(void)state;
	for (size_t p = 0; p < nr_of(places); p++) {
		u32 cons = places[p];

		for (u32 back = 1; back <= 512; back++)
			assert_int_equal(xfl_ring_pending(cons - back, cons, cons + 256),
					 -EPROTO);
	}
}

static void an_event_is_never_asked_beyond_what_is_due(void **state)
{
	(void)state;
	for (size_t p = 0; p < nr_of(places); p++) {
		u32 cons = places[p];

		for (u32 due = 0; due <= 512; due++) {
			for (u32 batch = 0; batch <= 64; batch++) {
				u32 after = xfl_ring_event_after(cons, due, batch) - cons;

				assert_true(after >= 1);
				assert_true(after <= max(due, 1u));
				assert_true(after <= max(batch, 1u));
			}
		}
	}
}

static void a_batch_is_a_quarter_at_most(void **state)
{
	(void)state;
	assert_int_equal(xfl_ring_event_after(10, 256, 1), 11);
	assert_int_equal(xfl_ring_event_after(10, 256, 32), 42);
	assert_int_equal(xfl_ring_event_after(10, 64, 32), 26);
	assert_int_equal(xfl_ring_event_after(10, 7, 32), 11);
	assert_int_equal(xfl_ring_event_after(10, 8, 32), 12);
	assert_int_equal(xfl_ring_event_after(0xffffffff, 4, 32), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_of_known_rings),
		cmocka_unit_test(slots_are_the_largest_power_of_two),
		cmocka_unit_test(pending_counts_across_the_wrap),
		cmocka_unit_test(more_answers_than_requests_are_impossible),
		cmocka_unit_test(an_index_that_runs_backwards_is_impossible),
		cmocka_unit_test(an_event_is_never_asked_beyond_what_is_due),
		cmocka_unit_test(a_batch_is_a_quarter_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
