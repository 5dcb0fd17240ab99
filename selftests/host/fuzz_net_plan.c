// SPDX-License-Identifier: GPL-2.0
/*
 * Planning of transmit slots: packets of any shape, taken by a backend that is
 * strict. Input: a byte of slot limit, one of flags, then pieces: offset and
 * length, 16 bits each. The packet arrives as it was, in no more slots than the
 * limit, or is refused and nothing is sent.
 */
#include "fuzz.h"
#include "netguest.h"

#define PIECE_MAX	65536u

static struct netguest g;
static struct netback b;
static struct packet got;
static struct netguest_run run[NETGUEST_RUNS];
static _Alignas(4096) u8 memory[PIECE_MAX + 4096];
static u8 expect[PACKET_MAX];

static u32 take_pieces(struct bytes *in, u32 *total)
{
	u32 nr = 0;

	*total = 0;
	while (in->left && nr < NETGUEST_RUNS) {
		u32 offset = take_u16(in) & 4095;
		u32 wish = take_u16(in), len = min(wish, XNF_TX_PACKET_MAX - *total);

		run[nr++] = (struct netguest_run){ memory, offset, len };
		memcpy(expect + *total, memory + offset, len);
		*total += len;
	}
	return nr;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	u32 limit = 1 + take_u8(&in) % 64, nr, total;
	u8 flags = take_u8(&in);
	struct netguest_how how = {
		.gso_size = flags & 1, .gso_type = XNF_GSO_TCPV6, .copy_all = flags & 2,
	};
	int slots;

	for (u32 i = 0; i < sizeof(memory) && !memory[1]; i++)
		memory[i] = (u8)(i * 7 + i / 251);
	nr = take_pieces(&in, &total);
	if (total < XNF_FIRST_SLOT_MIN)
		return 0;
	netguest_init(&g, limit, XNF_SLOTS_MIN);
	b.grants = &g.grants;
	b.max_slots = limit;
	netback_attach(&b, g.tx_memory, g.rx_memory);
	slots = netguest_send(&g, run, nr, &how);
	if (slots < 0) {
		/* Copied as a whole it would fit, so only this can be the reason. */
		CHECK(slots == -EMSGSIZE && (total + 4095) / 4096 > limit);
		CHECK(!netback_take(&b, &got) && !b.complaint);
		return 0;
	}
	CHECK(netback_take(&b, &got));
	CHECK(!b.complaint);
	CHECK(got.slots == (u32)slots && got.slots <= limit);
	CHECK(got.len == total && !memcmp(got.data, expect, total));
	return 0;
}
