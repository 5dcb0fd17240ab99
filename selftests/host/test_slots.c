// SPDX-License-Identifier: GPL-2.0
/* The slot table, with a backend that echoes ids and one that makes them up. */
#include "test.h"

#include "xenfront/slots.h"

#define MAX_SLOTS	512

/* The two shapes in use: netif's 16-bit ids and blkif's 64-bit ids. */
static const struct {
	u32 nr;
	u32 id_bits;
} shapes[] = { { 256, 16 }, { 1, 16 }, { 512, 64 }, { 32, 64 }, { 1, 64 } };

#define nr_of(a) (sizeof(a) / sizeof((a)[0]))

struct table {
	struct xfl_slots t;
	struct xfl_slot slot[MAX_SLOTS];
};

static void table_init(struct table *tab, u32 nr, u32 id_bits)
{
	memset(tab, 0, sizeof(*tab));
	xfl_slots_init(&tab->t, tab->slot, nr, id_bits);
}

static u32 must_get(struct xfl_slots *t)
{
	int index = xfl_slot_get(t);

	assert_true(index >= 0 && (u32)index < t->nr);
	return (u32)index;
}

static void every_slot_once_then_none(void **state)
{
	struct table tab;

	(void)state;
	for (size_t s = 0; s < nr_of(shapes); s++) {
		bool taken[MAX_SLOTS] = { false };

		table_init(&tab, shapes[s].nr, shapes[s].id_bits);
		for (u32 i = 0; i < shapes[s].nr; i++) {
			u32 index = must_get(&tab.t);

			assert_false(taken[index]);
			taken[index] = true;
		}
		assert_int_equal(tab.t.nr_free, 0);
		assert_int_equal(xfl_slot_get(&tab.t), -ENOSPC);
		assert_int_equal(tab.t.nr_free, 0);
		xfl_slot_put(&tab.t, shapes[s].nr - 1);
		assert_int_equal(must_get(&tab.t), shapes[s].nr - 1);
		assert_int_equal(xfl_slot_get(&tab.t), -ENOSPC);
	}
}

static void ids_fit_the_protocol_and_lead_back(void **state)
{
	struct table tab;

	(void)state;
	for (size_t s = 0; s < nr_of(shapes); s++) {
		table_init(&tab, shapes[s].nr, shapes[s].id_bits);
		for (u32 i = 0; i < 70000; i++) {
			u32 index = must_get(&tab.t);
			u64 id = xfl_slot_id(&tab.t, index);

			if (shapes[s].id_bits < 64)
				assert_int_equal(id >> shapes[s].id_bits, 0);
			assert_int_equal(xfl_slot_find(&tab.t, id), index);
			xfl_slot_put(&tab.t, index);
		}
	}
}

static void an_answer_given_twice_is_refused(void **state)
{
	struct table tab;

	(void)state;
	for (size_t s = 0; s < nr_of(shapes); s++) {
		u32 index;
		u64 id;

		table_init(&tab, shapes[s].nr, shapes[s].id_bits);
		index = must_get(&tab.t);
		id = xfl_slot_id(&tab.t, index);
		xfl_slot_put(&tab.t, index);
		assert_int_equal(xfl_slot_find(&tab.t, id), -ENOENT);
	}
}

/* The generation wraps within 16 bits of id: only a whole turn later is it the same. */
static void an_old_id_of_a_slot_in_flight_is_stale(void **state)
{
	struct table tab;

	(void)state;
	for (size_t s = 0; s < nr_of(shapes); s++) {
		u32 index, turn;
		u64 old;

		table_init(&tab, shapes[s].nr, shapes[s].id_bits);
		index = must_get(&tab.t);
		old = xfl_slot_id(&tab.t, index);
		turn = shapes[s].id_bits == 16 ? 65536 / shapes[s].nr : 70000;
		for (u32 i = 1; i < turn; i++) {
			xfl_slot_put(&tab.t, index);
			assert_int_equal(must_get(&tab.t), index);
			assert_int_equal(xfl_slot_find(&tab.t, old), -ESTALE);
		}
	}
}

static void a_slot_never_used_is_not_found(void **state)
{
	struct table tab;

	(void)state;
	for (size_t s = 0; s < nr_of(shapes); s++) {
		table_init(&tab, shapes[s].nr, shapes[s].id_bits);
		for (u32 i = 0; i < shapes[s].nr; i++)
			assert_int_equal(xfl_slot_find(&tab.t, i), -ENOENT);
	}
}

static void ids_we_never_use_are_out_of_range(void **state)
{
	struct table tab;

	(void)state;
	table_init(&tab, 256, 64);
	assert_int_equal(xfl_slot_find(&tab.t, 1ull << 40), -ERANGE);
	assert_int_equal(xfl_slot_find(&tab.t, UINT64_MAX), -ERANGE);
	assert_int_equal(xfl_slot_find(&tab.t, 0xffffffffull << 8), -ESTALE);
	table_init(&tab, 256, 16);
	assert_int_equal(xfl_slot_find(&tab.t, 0x10000), -ERANGE);
	assert_int_equal(xfl_slot_find(&tab.t, UINT64_MAX), -ERANGE);
}

/* All 65536 ids netif can carry: exactly those in flight are believed. */
static void only_ids_in_flight_are_believed(void **state)
{
	struct rng r = test_rng();
	struct table tab;
	bool good[65536] = { false };

	(void)state;
	table_init(&tab, 256, 16);
	for (int i = 0; i < 5000; i++) {
		u32 index = must_get(&tab.t);

		if (rng_one_in(&r, 2) || tab.t.nr_free < 20)
			xfl_slot_put(&tab.t, index);
	}
	for (u32 i = 0; i < 256; i++)
		if (tab.slot[i].in_flight)
			good[xfl_slot_id(&tab.t, i)] = true;
	for (u32 id = 0; id < 65536; id++) {
		int index = xfl_slot_find(&tab.t, id);

		assert_int_equal(index >= 0, good[id]);
		if (good[id])
			assert_int_equal(index, id & 255);
	}
}

static void a_reconnect_keeps_generations(void **state)
{
	struct table tab;
	u64 old[256];

	(void)state;
	table_init(&tab, 256, 16);
	for (u32 i = 0; i < 256; i++) {
		u32 index = must_get(&tab.t);

		old[index] = xfl_slot_id(&tab.t, index);
	}
	xfl_slots_init(&tab.t, tab.slot, 256, 16);
	assert_int_equal(tab.t.nr_free, 256);
	for (u32 i = 0; i < 256; i++)
		assert_int_equal(xfl_slot_find(&tab.t, old[i]), -ENOENT);
	for (u32 i = 0; i < 256; i++)
		must_get(&tab.t);
	for (u32 i = 0; i < 256; i++)
		assert_int_equal(xfl_slot_find(&tab.t, old[i]), -ESTALE);
}

/* Random takes and answers in random order, against a plain list of what is out. */
static void random_use_agrees_with_a_model(void **state)
{
	struct rng r = test_rng();
	struct table tab;

	(void)state;
	for (size_t s = 0; s < nr_of(shapes); s++) {
		u64 out[MAX_SLOTS];
		u32 nr_out = 0;

		table_init(&tab, shapes[s].nr, shapes[s].id_bits);
		for (int i = 0; i < 50000; i++) {
			if (rng_one_in(&r, 2)) {
				int index = xfl_slot_get(&tab.t);

				assert_int_equal(index < 0, nr_out == shapes[s].nr);
				if (index >= 0)
					out[nr_out++] = xfl_slot_id(&tab.t, (u32)index);
			} else if (nr_out) {
				u32 pick = rng_below(&r, nr_out);
				int index = xfl_slot_find(&tab.t, out[pick]);

				assert_true(index >= 0);
				xfl_slot_put(&tab.t, (u32)index);
				assert_int_equal(xfl_slot_find(&tab.t, out[pick]), -ENOENT);
				out[pick] = out[--nr_out];
			}
			assert_int_equal(tab.t.nr_free, shapes[s].nr - nr_out);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_once_then_none),
		cmocka_unit_test(ids_fit_the_protocol_and_lead_back),
		cmocka_unit_test(an_answer_given_twice_is_refused),
		cmocka_unit_test(an_old_id_of_a_slot_in_flight_is_stale),
		cmocka_unit_test(a_slot_never_used_is_not_found),
		cmocka_unit_test(ids_we_never_use_are_out_of_range),
		cmocka_unit_test(only_ids_in_flight_are_believed),
		cmocka_unit_test(a_reconnect_keeps_generations),
		cmocka_unit_test(random_use_agrees_with_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
