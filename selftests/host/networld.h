/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest and its backend, joined by two rings, for the tests of the network protocol's core.
 */
#ifndef HOST_NETWORLD_H
#define HOST_NETWORLD_H

#include "test.h"

#include "netback.h"
#include "netguest.h"

#define nr_of(a) (sizeof(a) / sizeof((a)[0]))

#define RUN_MEMORY	(17u * 4096)

struct world {
	struct netguest guest;
	struct netback back;
	struct packet sent;
	struct packet got;
	struct netguest_run run[NETGUEST_RUNS];
	u32 nr_runs;
	_Alignas(4096) u8 memory[NETGUEST_RUNS][RUN_MEMORY];
};

static struct world *w;

static inline int setup(void **state)
{
	(void)state;
	w = aligned_alloc(4096, (sizeof(*w) + 4095) & ~4095ul);
	if (w)
		memset(w, 0, sizeof(*w));
	return !w;
}

static inline int teardown(void **state)
{
	(void)state;
	free(w);
	return 0;
}

static inline void start(u32 slots)
{
	netguest_init(&w->guest, slots, slots);
	w->back.grants = &w->guest.grants;
	w->back.max_slots = slots;
	netback_attach(&w->back, w->guest.tx_memory, w->guest.rx_memory);
}

static inline void assert_backend_content(void)
{
	if (w->back.complaint)
		fail_msg("the backend complains: %s", w->back.complaint);
	assert_int_equal(w->guest.broken, 0);
}

static inline void random_bytes(struct rng *r, u8 *p, size_t n)
{
	for (; n >= 8; n -= 8, p += 8) {
		u64 v = rng_u64(r);

		memcpy(p, &v, 8);
	}
	while (n--)
		*p++ = (u8)rng_u32(r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif /* HOST_NETWORLD_H */
