// SPDX-License-Identifier: GPL-2.0
/* From what copies and grants cost to the length up to which packets are copied. */
#include "test.h"

#include "netfront/cost.h"

/* Nanoseconds of the measured copies, at so many nanoseconds for 1000 bytes. */
static u64 copies_at(u64 ns)
{
	return XNF_COST_BYTES * ns / 1000;
}

static void as_dear_as_a_grant(void **state)
{
	(void)state;
	/* 100 ns a grant; 1000 bytes take 125 ns, so 800 bytes take as long, and 768 are whole steps. */
	assert_int_equal(xnf_copy_threshold(100 * XNF_COST_GRANTS, copies_at(125)), 768);
	assert_int_equal(xnf_copy_threshold(200 * XNF_COST_GRANTS, copies_at(125)), 1600 - 1600 % 64);
	assert_int_equal(xnf_copy_threshold(100 * XNF_COST_GRANTS, copies_at(250)), 384);
}

static void kept_in_bounds(void **state)
{
	(void)state;
	assert_int_equal(xnf_copy_threshold(1, copies_at(1000)), XNF_COPY_LEAST);
	assert_int_equal(xnf_copy_threshold(5000 * XNF_COST_GRANTS, copies_at(50)), XNF_COPY_MOST);
}

/* A clock that stands still, or was found slower than the work. */
static void nonsense_is_survived(void **state)
{
	(void)state;
	assert_int_equal(xnf_copy_threshold(0, 0), XNF_COPY_LEAST);
	assert_int_equal(xnf_copy_threshold(0, 1000), XNF_COPY_LEAST);
	assert_int_equal(xnf_copy_threshold(1000, 0), XNF_COPY_MOST);
	assert_int_equal(xnf_copy_threshold(UINT64_MAX, 0), XNF_COPY_MOST);
	assert_int_equal(xnf_copy_threshold(UINT64_MAX, 1), XNF_COPY_MOST);
	assert_int_equal(xnf_copy_threshold(1 << 23, 1), XNF_COPY_MOST);
	assert_int_equal(xnf_copy_threshold(0, UINT64_MAX), XNF_COPY_LEAST);
}

static void whole_steps_whatever_is_measured(void **state)
{
	struct rng r = test_rng();
	int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		u64 grants = rng_u64(&r) >> rng_below(&r, 64);
		u64 copies = rng_u64(&r) >> rng_below(&r, 64);
		u32 threshold = xnf_copy_threshold(grants, copies);

		assert_in_range(threshold, XNF_COPY_LEAST, XNF_COPY_MOST);
		assert_int_equal(threshold % XNF_COPY_STEP, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_dear_as_a_grant),
		cmocka_unit_test(kept_in_bounds),
		cmocka_unit_test(nonsense_is_survived),
		cmocka_unit_test(whole_steps_whatever_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
