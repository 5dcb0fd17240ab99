// SPDX-License-Identifier: GPL-2.0
/* Multicast: the backend's list of addresses is brought in line with any other. */
#include "test.h"

#include "xenring.h"
#include <xen/io/netif.h>

#include "netfront/wire.h"
#include "rng.h"

/* A backend's list as netback keeps it: no look whether an address is there already. */
struct listener {
	u8 addr[XNF_MCAST_MAX][6];
	u32 nr;
};

static void listener_obey(struct listener *l, const void *eight_bytes)
{
	struct netif_extra_info e;
	u32 i;

	memcpy(&e, eight_bytes, sizeof(e));
	assert_int_equal(e.flags, 0);
	if (e.type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD) {
		assert_true(l->nr < XNF_MCAST_MAX);
		memcpy(l->addr[l->nr++], e.u.mcast.addr, 6);
		return;
	}
	assert_int_equal(e.type, XEN_NETIF_EXTRA_TYPE_MCAST_DEL);
	for (i = 0; i < l->nr && memcmp(l->addr[i], e.u.mcast.addr, 6); i++)
		;
	assert_true(i < l->nr);
	memmove(l->addr[i], l->addr[--l->nr], 6);
}

static bool listens(const struct listener *l, const u8 *addr)
{
	u32 i, found = 0;

	for (i = 0; i < l->nr; i++)
		found += !memcmp(l->addr[i], addr, 6);
	assert_true(found <= 1);
	return found;
}

/* Addresses out of a hundred that differ in their last byte alone. */
static void wish(struct rng *r, struct xnf_filter *want)
{
	u32 odds = rng_range(r, 0, 3), i;

	want->nr = 0;
	for (i = 0; i < 100 && want->nr < XNF_MCAST_MAX; i++)
		if (rng_range(r, 0, 3) <= odds)
			memcpy(want->addr[want->nr++], (u8 [6]){ 1, 0, 0x5e, 0, 0, (u8)i }, 6);
}

static void the_backends_list_follows_ours(void **state)
{
	struct xnf_filter has = { 0 }, want = { 0 };
	struct listener l = { .nr = 0 };
	struct rng r = test_rng();
	struct xnf_extra extra;

	(void)state;
	for (u32 round = 0; round < 300; round++) {
		u32 steps = 0;

		wish(&r, &want);
		while (xnf_filter_step(&has, &want, &extra)) {
			listener_obey(&l, &extra);
			xnf_filter_done(&has, &extra);
			assert_true(++steps <= 2 * XNF_MCAST_MAX);
		}
		assert_int_equal(l.nr, want.nr);
		assert_int_equal(has.nr, want.nr);
		for (u32 i = 0; i < want.nr; i++)
			assert_true(listens(&l, want.addr[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_backends_list_follows_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
