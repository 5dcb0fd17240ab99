// SPDX-License-Identifier: GPL-2.0
/*
 * The receive ring of netfront under a backend that writes what it likes.
 * Input: a byte of slot limit, one of extras and GSO agreed on, then ring places
 * of eight bytes each. netguest.c checks the promises; here: every frame comes
 * back, and a good packet afterwards is received as it was sent.
 */
#include "fuzz.h"
#include "netguest.h"

static struct netguest g;
static struct netback b;
static struct packet good;

static void place(const void *eight)
{
	netback_put_rx(&b, eight);
	netguest_poll(&g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	static const uint8_t end[8];
	struct rng r = { size };
	uint8_t agreed;

	netguest_init(&g, XNF_SLOTS_MIN, 1 + take_u8(&in) % XNF_RX_SLOTS_MAX);
	agreed = take_u8(&in);
	g.rules.extras = agreed & 0x3f;
	g.rules.gso = agreed >> 5 & 6;
	b.grants = &g.grants;
	b.max_slots = g.rules.max_slots;
	netback_attach(&b, g.tx_memory, g.rx_memory);
	while (in.left) {
		uint8_t eight[8];

		take_bytes(&in, eight, sizeof(eight));
		place(eight);
	}
	/* Zeroes end an extra chain first, then the data slots. */
	place(end);
	place(end);
	CHECK(xnf_rx_idle(&g.packet) && !g.nr_held && !g.broken);

	good.len = 1000;
	memset(good.data, 0x5a, good.len);
	CHECK(netback_give(&b, &r, &good, false));
	CHECK(netguest_poll(&g) == 1);
	CHECK(g.got.len == good.len && !memcmp(g.got.data, good.data, good.len));
	return 0;
}
