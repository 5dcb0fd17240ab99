// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving by the network protocol's core, over rings whose other end is a backend: first one that
 * behaves, with content verified to the byte, then one that lies.
 */
#include "networld.h"

/* Named so in Xen's header, which the proof in wire_layout.h does not reach in user space. */
_Static_assert(XNF_RXF_VALIDATED == NETRXF_data_validated, "flag");
_Static_assert(XNF_RXF_CSUM_BLANK == NETRXF_csum_blank, "flag");
_Static_assert(XNF_RXF_MORE == NETRXF_more_data, "flag");
_Static_assert(XNF_RXF_EXTRA == NETRXF_extra_info, "flag");
_Static_assert(XNF_RXF_GSO_PREFIX == NETRXF_gso_prefix, "flag");

static void random_packet(struct rng *r, struct packet *p, u32 most)
{
	memset(p, 0, sizeof(*p));
	p->len = rng_range(r, XNF_FIRST_SLOT_MIN, rng_one_in(r, 2) ? min(2000u, most) : most);
	random_bytes(r, p->data, p->len);
	p->csum_blank = rng_one_in(r, 2);
	p->validated = rng_one_in(r, 2);
	if (rng_one_in(r, 3)) {
		p->gso_size = (u16)rng_range(r, 1, 65534);
		p->gso_type = (u8)rng_range(r, 1, 2);
	}
	p->hashed = rng_one_in(r, 3);
	p->hash_type = (u8)rng_range(r, 0, 3);
	random_bytes(r, p->hash, sizeof(p->hash));
}

static void assert_received(const struct packet *p)
{
	const struct packet *got = &w->guest.got;

	assert_int_equal(got->len, p->len);
	assert_memory_equal(got->data, p->data, p->len);
	assert_int_equal(got->csum_blank, p->csum_blank);
	assert_int_equal(got->validated, p->validated);
	assert_int_equal(got->gso_size, p->gso_size);
	assert_int_equal(got->gso_type, p->gso_type);
	assert_int_equal(got->hashed, p->hashed);
	if (p->hashed) {
		assert_int_equal(got->hash_type, p->hash_type);
		assert_memory_equal(got->hash, p->hash, sizeof(p->hash));
	}
}

static void received_packets_are_put_together(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(XNF_SLOTS_MIN);
	for (int i = 0; i < 5000; i++) {
		random_packet(&r, &w->sent, 65535 + 18);
		assert_true(netback_give(&w->back, &r, &w->sent, rng_one_in(&r, 2)));
		assert_int_equal(netguest_poll(&w->guest), 1);
		assert_backend_content();
		assert_received(&w->sent);
	}
	for (int v = 0; v < XNF_NR_RSP_ERRS; v++)
		assert_int_equal(w->guest.rsp_err[v], 0);
}

/* The backend publishes a packet slot by slot: it is waited for, not dropped. */
static void a_packet_half_published_is_waited_for(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(XNF_SLOTS_MIN);
	for (int i = 0; i < 500; i++) {
		u32 first = w->back.rx.rsp_prod_pvt, last;

		random_packet(&r, &w->sent, 65535);
		assert_true(netback_give(&w->back, &r, &w->sent, true));
		last = w->back.rx.rsp_prod_pvt;
		for (u32 prod = first + 1; prod != last + 1; prod++) {
			w->guest.rx.sring->rsp_prod = prod;
			assert_int_equal(netguest_poll(&w->guest), prod == last);
		}
		assert_received(&w->sent);
	}
}

static struct xnf_rx_rsp rsp(int status, u32 offset, u32 flags)
{
	return (struct xnf_rx_rsp){ .id = 0xbeef, .offset = (u16)offset, .flags = (u16)flags,
				    .status = (s16)status };
}

static void put(struct xnf_rx_rsp r)
{
	netback_put_rx(&w->back, &r);
}

static void put_extra(u8 type, u8 flags, u16 gso_size, u8 gso_type)
{
	struct xnf_extra e = { .type = type, .flags = flags,
			       .u.gso = { .size = gso_size, .type = gso_type } };

	netback_put_rx(&w->back, &e);
}

/* Nothing was received, this was counted once, and the next good packet gets through. */
static void assert_dropped_for(enum xnf_rsp_err why)
{
	struct rng r = { 42 };

	assert_int_equal(netguest_poll(&w->guest), 0);
	assert_int_equal(w->guest.broken, 0);
	for (int v = 0; v < XNF_NR_RSP_ERRS; v++)
		assert_int_equal(w->guest.rsp_err[v], v == (int)why);
	assert_true(xnf_rx_idle(&w->guest.packet));
	assert_int_equal(w->guest.nr_held, 0);
	random_packet(&r, &w->sent, 65535);
	assert_true(netback_give(&w->back, &r, &w->sent, true));
	assert_int_equal(netguest_poll(&w->guest), 1);
	assert_received(&w->sent);
}

static void lie_status_negative(void **state)
{
	(void)state;
	for (int status = -1; status >= INT16_MIN; status -= 77) {
		start(XNF_SLOTS_MIN);
		put(rsp(status, 0, 0));
		assert_dropped_for(XNF_RX_BAD_STATUS);
	}
}

static void lie_data_outside_the_frame(void **state)
{
	static const struct {
		int len;
		u32 offset;
	} lies[] = { { 4097, 0 }, { 4096, 1 }, { 14, 4083 }, { 14, 65535 }, { 32767, 0 },
		     { 32767, 65535 }, { 100, 4096 } };

	(void)state;
	for (size_t i = 0; i < nr_of(lies); i++) {
		start(XNF_SLOTS_MIN);
		put(rsp(lies[i].len, lies[i].offset, 0));
		assert_dropped_for(XNF_RX_BAD_RANGE);
		start(XNF_SLOTS_MIN);
		put(rsp(100, 0, NETRXF_more_data));
		put(rsp(lies[i].len, lies[i].offset, 0));
		assert_dropped_for(XNF_RX_BAD_RANGE);
	}
}

static void data_up_to_the_end_of_the_frame_is_good(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	put(rsp(4096, 0, 0));
	put(rsp(14, 4082, NETRXF_more_data));
	put(rsp(1, 4095, 0));
	assert_int_equal(netguest_poll(&w->guest), 2);
	assert_int_equal(w->guest.got.len, 15);
}

static void lie_too_short(void **state)
{
	(void)state;
	for (int len = 0; len < 14; len++) {
		start(XNF_SLOTS_MIN);
		put(rsp(len, 0, 0));
		assert_dropped_for(XNF_RX_SHORT);
	}
	start(XNF_SLOTS_MIN);
	put(rsp(100, 0, NETRXF_more_data));
	put(rsp(0, 0, 0));
	assert_dropped_for(XNF_RX_SHORT);
}

/* An error in any slot discards the packet, and what follows of it is skipped. */
static void lie_in_one_slot_of_many(void **state)
{
	(void)state;
	for (u32 slots = 1; slots <= XNF_SLOTS_MIN; slots++) {
		for (u32 bad = 0; bad < slots; bad++) {
			start(XNF_SLOTS_MIN);
			for (u32 i = 0; i < slots; i++)
				put(rsp(i == bad ? -1 : 200, 0,
					i + 1 < slots ? NETRXF_more_data : 0));
			assert_dropped_for(XNF_RX_BAD_STATUS);
		}
	}
}

static void lie_more_data_than_agreed(void **state)
{
	(void)state;
	for (u32 limit = 1; limit <= XNF_RX_SLOTS_MAX; limit++) {
		for (u32 over = 1; over <= 100; over += 33) {
			start(limit);
			for (u32 i = 0; i < limit + over; i++)
				put(rsp(100, 0, i + 1 < limit + over ? NETRXF_more_data : 0));
			assert_int_equal(netguest_poll(&w->guest), 0);
			assert_int_equal(w->guest.rsp_err[XNF_RX_TOO_MANY], 1);
			for (u32 i = 0; i < limit; i++)
				put(rsp(100, 0, i + 1 < limit ? NETRXF_more_data : 0));
			assert_int_equal(netguest_poll(&w->guest), 1);
		}
	}
}

/* Whatever the rules say, no more is remembered than there is room for. */
static void lie_more_data_than_there_is_room_for(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	w->guest.rules.max_slots = UINT32_MAX;
	for (u32 i = 0; i < 200; i++)
		put(rsp(100, 0, i < 199 ? NETRXF_more_data : 0));
	assert_int_equal(netguest_poll(&w->guest), 0);
	assert_int_equal(w->guest.rsp_err[XNF_RX_TOO_MANY], 1);
}

static void lie_longer_than_a_packet_can_be(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	for (u32 i = 0; i < 17; i++)
		put(rsp(i < 16 ? 4096 : 18, 0, i < 16 ? NETRXF_more_data : 0));
	assert_dropped_for(XNF_RX_TOO_LONG);
	start(XNF_SLOTS_MIN);
	for (u32 i = 0; i < 17; i++)
		put(rsp(i < 16 ? 4096 : 17, 0, i < 16 ? NETRXF_more_data : 0));
	assert_int_equal(netguest_poll(&w->guest), 1);
	assert_int_equal(w->guest.got.len, XNF_RX_PACKET_MAX);
}

/* More for ever: each buffer comes back, and the packet that ends it is lost as well. */
static void lie_more_data_for_ever(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	for (u32 i = 0; i < 5000; i++) {
		put(rsp(100, 0, NETRXF_more_data));
		if (i % 200 == 0)
			assert_int_equal(netguest_poll(&w->guest), 0);
	}
	put(rsp(100, 0, 0));
	assert_dropped_for(XNF_RX_TOO_MANY);
}

static void lie_extras_for_ever(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	put(rsp(100, 0, NETRXF_extra_info));
	for (u32 i = 0; i < 5000; i++) {
		put_extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, 1000, 1);
		if (i % 200 == 0)
			assert_int_equal(netguest_poll(&w->guest), 0);
	}
	put_extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 1000, 1);
	assert_dropped_for(XNF_RX_BAD_EXTRA);
}

static void lie_extra_of_unknown_type(void **state)
{
	(void)state;
	for (u32 type = 0; type < 256; type++) {
		if (type == XEN_NETIF_EXTRA_TYPE_GSO || type == XEN_NETIF_EXTRA_TYPE_HASH)
			continue;
		start(XNF_SLOTS_MIN);
		put(rsp(100, 0, NETRXF_extra_info | NETRXF_more_data));
		put_extra((u8)type, 0, 1000, 1);
		put(rsp(100, 0, 0));
		assert_dropped_for(XNF_RX_BAD_EXTRA);
	}
}

static void lie_extra_not_agreed_on(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	w->guest.rules.extras = 1u << XNF_EXTRA_HASH;
	put(rsp(100, 0, NETRXF_extra_info));
	put_extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 1000, 1);
	assert_int_equal(netguest_poll(&w->guest), 0);
	assert_int_equal(w->guest.rsp_err[XNF_RX_BAD_EXTRA], 1);
}

static void put_hash(u8 type, u8 algorithm, u8 flags)
{
	netif_extra_info_t e = { .type = XEN_NETIF_EXTRA_TYPE_HASH, .flags = flags };
	u8 eight[8];

	e.u.hash.type = type;
	e.u.hash.algorithm = algorithm;
	memcpy(eight, &e, sizeof(e));
	netback_put_rx(&w->back, eight);
}

static void lie_hash_never_asked_for(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	w->guest.rules.extras = 1u << XNF_EXTRA_GSO;
	put(rsp(100, 0, NETRXF_extra_info));
	put_hash(0, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, 0);
	assert_int_equal(netguest_poll(&w->guest), 0);
	assert_int_equal(w->guest.rsp_err[XNF_RX_BAD_EXTRA], 1);
}

static void lie_hash_unheard_of(void **state)
{
	(void)state;
	for (u32 type = 0; type < 256; type++)
		for (u32 alg = 0; alg < 3; alg++) {
			if (type <= 3 && alg == XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ)
				continue;
			start(XNF_SLOTS_MIN);
			put(rsp(100, 0, NETRXF_extra_info | NETRXF_more_data));
			put_hash((u8)type, (u8)alg, 0);
			put(rsp(100, 0, 0));
			assert_dropped_for(XNF_RX_BAD_EXTRA);
		}
}

static void lie_hash_twice(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	put(rsp(100, 0, NETRXF_extra_info));
	put_hash(1, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, XEN_NETIF_EXTRA_FLAG_MORE);
	put_hash(1, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, 0);
	assert_dropped_for(XNF_RX_BAD_EXTRA);
}

static void lie_same_extra_twice(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	put(rsp(100, 0, NETRXF_extra_info));
	put_extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, 1000, 1);
	put_extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 1000, 1);
	assert_dropped_for(XNF_RX_BAD_EXTRA);
}

static void lie_gso_of_size_0_or_unknown_type(void **state)
{
	(void)state;
	for (u32 type = 0; type < 256; type++) {
		u16 size = type == 1 || type == 2 ? 0 : 1000;

		start(XNF_SLOTS_MIN);
		put(rsp(100, 0, NETRXF_extra_info));
		put_extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, size, (u8)type);
		assert_dropped_for(XNF_RX_BAD_GSO);
	}
}

static void lie_gso_of_the_size_that_means_fragments(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	put(rsp(100, 0, NETRXF_extra_info));
	put_extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 65535, 1);
	assert_dropped_for(XNF_RX_BAD_GSO);
}

static void lie_gso_that_was_not_advertised(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	w->guest.rules.gso = 1u << XNF_GSO_TCPV4;
	put(rsp(100, 0, NETRXF_extra_info));
	put_extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 1000, XEN_NETIF_GSO_TYPE_TCPV6);
	assert_int_equal(netguest_poll(&w->guest), 0);
	assert_int_equal(w->guest.rsp_err[XNF_RX_BAD_GSO], 1);
}

static void lie_gso_prefix_dialect(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	put(rsp(100, 0, NETRXF_gso_prefix | NETRXF_more_data));
	put(rsp(100, 0, 0));
	assert_dropped_for(XNF_RX_BAD_FLAGS);
}

static void lie_extra_in_the_middle(void **state)
{
	(void)state;
	start(XNF_SLOTS_MIN);
	put(rsp(100, 0, NETRXF_more_data));
	put(rsp(100, 0, NETRXF_extra_info));
	assert_dropped_for(XNF_RX_BAD_FLAGS);
}

static void lie_rx_producer_jumps(void **state)
{
	static const u32 jumps[] = { 257, 0x80000000, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < nr_of(jumps); i++) {
		start(XNF_SLOTS_MIN);
		put(rsp(100, 0, 0));
		assert_int_equal(netguest_poll(&w->guest), 1);
		w->guest.rx.sring->rsp_prod = w->guest.rx.rsp_cons + jumps[i];
		assert_int_equal(netguest_poll(&w->guest), 0);
		assert_int_equal(w->guest.broken, -EPROTO);
	}
}

/* Good packets with one byte of their slots flipped: counted or received, never worse. */
static void bits_that_flip_break_one_packet_at_most(void **state)
{
	struct rng r = test_rng();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		u32 at, slots;
		u8 *byte;

		if (i % 100 == 0)
			start(XNF_SLOTS_MIN);
		random_packet(&r, &w->sent, 30000);
		at = w->back.rx.rsp_prod_pvt;
		assert_true(netback_give(&w->back, &r, &w->sent, true));
		slots = w->back.rx.rsp_prod_pvt - at;
		at += rng_below(&r, slots);
		byte = (u8 *)RING_GET_RESPONSE(&w->back.rx, at);
		byte[rng_below(&r, 8)] ^= (u8)(1u << rng_below(&r, 8));
		netguest_poll(&w->guest);
		/* An end is put to whatever the flip has opened. */
		put(rsp(0, 0, 0));
		put(rsp(0, 0, 0));
		netguest_poll(&w->guest);
		assert_true(xnf_rx_idle(&w->guest.packet));
		random_packet(&r, &w->sent, 30000);
		assert_true(netback_give(&w->back, &r, &w->sent, true));
		assert_int_equal(netguest_poll(&w->guest), 1);
		assert_received(&w->sent);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(received_packets_are_put_together),
		T(a_packet_half_published_is_waited_for),
		T(lie_status_negative),
		T(lie_data_outside_the_frame),
		T(data_up_to_the_end_of_the_frame_is_good),
		T(lie_too_short),
		T(lie_in_one_slot_of_many),
		T(lie_more_data_than_agreed),
		T(lie_more_data_than_there_is_room_for),
		T(lie_longer_than_a_packet_can_be),
		T(lie_more_data_for_ever),
		T(lie_extras_for_ever),
		T(lie_extra_of_unknown_type),
		T(lie_extra_not_agreed_on),
		T(lie_hash_never_asked_for),
		T(lie_hash_unheard_of),
		T(lie_hash_twice),
		T(lie_same_extra_twice),
		T(lie_gso_of_size_0_or_unknown_type),
		T(lie_gso_of_the_size_that_means_fragments),
		T(lie_gso_that_was_not_advertised),
		T(lie_gso_prefix_dialect),
		T(lie_extra_in_the_middle),
		T(lie_rx_producer_jumps),
		T(bits_that_flip_break_one_packet_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
