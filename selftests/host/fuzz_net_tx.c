// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit responses of netfront: packets go out, and the backend answers with
 * what it likes. Input: commands of one byte and their operands. Checked against
 * a plain list of the ids that are out: a response is believed if and only if it
 * should be, and each slot comes back once.
 */
#include "fuzz.h"
#include "netguest.h"

static struct netguest g;
static struct netback b;
static bool out[65536];
static u32 nr_out, nulls;
static _Alignas(4096) u8 memory[4096];

static void note_ids(u32 from)
{
	static struct packet p;

	while (netback_take(&b, &p))
		;
	CHECK(!b.complaint);
	for (; from < b.nr_due; from++) {
		CHECK(!out[b.due[from].id]);
		out[b.due[from].id] = true;
		nr_out++;
		nulls += b.due[from].extras;
	}
}

static void send(u8 shape)
{
	struct netguest_run run[16];
	struct netguest_how how = { .gso_size = shape & 0x10, .gso_type = XNF_GSO_TCPV4 };
	u32 nr = 1 + shape % 16;

	for (u32 i = 0; i < nr; i++)
		run[i] = (struct netguest_run){ memory, 64 * i, 64 };
	b.nr_due = 0;
	if (netguest_send(&g, run, nr, &how) > 0)
		note_ids(0);
}

static void answer(u16 id, s16 status)
{
	bool null = status == XNF_RSP_NULL;
	bool good = null ? nulls > 0 : out[id];

	netback_put_tx(&b, id, status);
	CHECK(netguest_reap(&g) == good);
	CHECK(good == !g.broken);
	if (!good)
		return;
	if (null) {
		nulls--;
		return;
	}
	out[id] = false;
	nr_out--;
}

static void jump(u32 by)
{
	u32 asked = g.tx.req_prod_pvt - g.tx.rsp_cons;

	/* A jump that is possible would be read as responses that nobody wrote. */
	if (by <= asked)
		return;
	g.tx.sring->rsp_prod = g.tx.rsp_cons + by;
	CHECK(netguest_reap(&g) == 0 && g.broken == -EPROTO);
}

/* An id that is out, so that the fuzzer gets past the first check now and then. */
static u16 some_id(u16 wish)
{
	for (u32 i = 0; i < NET_SLOTS; i++) {
		u32 slot = (wish + i) % NET_SLOTS;

		if (g.slot_memory[slot].in_flight)
			return (u16)xfl_slot_id(&g.slots, slot);
	}
	return wish;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };

	memset(out, 0, sizeof(out));
	nr_out = 0;
	nulls = 0;
	netguest_init(&g, XNF_SLOTS_MIN, XNF_SLOTS_MIN);
	b.grants = &g.grants;
	b.max_slots = XNF_SLOTS_MIN;
	netback_attach(&b, g.tx_memory, g.rx_memory);
	while (in.left && !g.broken) {
		u8 command = take_u8(&in);

		if (command < 0x60)
			send(command & 0x1f);
		else if (command < 0xc0)
			answer(some_id(take_u16(&in)), (s16)(command & 3) - 2);
		else if (command < 0xf0)
			answer(take_u16(&in), (s16)take_u16(&in));
		else
			jump(take_u32(&in));
		CHECK(g.slots.nr_free == NET_SLOTS - nr_out);
		CHECK(g.extra_rsps_due == nulls);
	}
	return 0;
}
