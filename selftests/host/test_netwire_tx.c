// SPDX-License-Identifier: GPL-2.0
/*
 * Sending by the network protocol's core, over rings whose other end is a backend: first one that
 * behaves, with content verified to the byte, then one that lies in its responses.
 */
#include "networld.h"

/* Named so in Xen's header, which the proof in wire_layout.h does not reach in user space. */
_Static_assert(XNF_TXF_CSUM_BLANK == NETTXF_csum_blank, "flag");
_Static_assert(XNF_TXF_VALIDATED == NETTXF_data_validated, "flag");
_Static_assert(XNF_TXF_MORE == NETTXF_more_data, "flag");
_Static_assert(XNF_TXF_EXTRA == NETTXF_extra_info, "flag");
_Static_assert(XNF_RSP_NULL == NETIF_RSP_NULL, "status");
_Static_assert(XNF_RSP_ERROR == NETIF_RSP_ERROR, "status");
_Static_assert(XNF_RSP_DROPPED == NETIF_RSP_DROPPED, "status");

/* ---- sending ---- */

static void add_run(struct rng *r, u32 offset, u32 len)
{
	struct netguest_run *run = &w->run[w->nr_runs];

	*run = (struct netguest_run){ w->memory[w->nr_runs], offset, len };
	assert_true(offset + len <= RUN_MEMORY);
	random_bytes(r, run->base + offset, len);
	memcpy(w->sent.data + w->sent.len, run->base + offset, len);
	w->sent.len += len;
	w->nr_runs++;
}

static void new_packet(void)
{
	w->nr_runs = 0;
	w->sent.len = 0;
}

/* Send what was added, let the backend take and answer it; how many slots it took. */
static int send_and_compare(struct rng *r, const struct netguest_how *how)
{
	int slots = netguest_send(&w->guest, w->run, w->nr_runs, how);

	if (slots < 0)
		return slots;
	assert_true(netback_take(&w->back, &w->got) || w->back.complaint);
	assert_backend_content();
	assert_int_equal(w->got.slots, slots);
	assert_int_equal(w->got.len, w->sent.len);
	assert_memory_equal(w->got.data, w->sent.data, w->sent.len);
	assert_int_equal(w->got.gso_size, how->gso_size);
	assert_int_equal(w->got.gso_type, how->gso_size ? how->gso_type : 0);
	assert_int_equal(w->got.csum_blank, !!(how->flags & XNF_TXF_CSUM_BLANK));
	assert_int_equal(w->got.validated, !!(how->flags & XNF_TXF_VALIDATED));
	assert_false(netback_take(&w->back, &w->got));
	netback_answer(&w->back, r, NETIF_RSP_OKAY);
	netguest_reap(&w->guest);
	assert_backend_content();
	assert_int_equal(w->guest.extra_rsps_due, 0);
	assert_int_equal(w->guest.slots.nr_free, NET_SLOTS);
	return slots;
}

static const struct netguest_how plain;

static void every_slot_count_up_to_the_limit(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(XNF_SLOTS_MIN);
	for (u32 slots = 1; slots <= XNF_SLOTS_MIN; slots++) {
		new_packet();
		for (u32 i = 0; i < slots; i++)
			add_run(&r, 100 * i, 1000);
		assert_int_equal(send_and_compare(&r, &plain), slots);
	}
}

static void a_run_that_straddles_frames_is_cut_there(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(XNF_SLOTS_MIN);
	for (u32 offset = 0; offset < 4096; offset += 61) {
		new_packet();
		add_run(&r, offset, 9000);
		if (4096 - offset >= XNF_FIRST_SLOT_MIN)
			assert_int_equal(send_and_compare(&r, &plain),
					 xfl_frames_spanned(offset, 9000));
		else
			assert_in_range(send_and_compare(&r, &plain), 1, XNF_SLOTS_MIN);
	}
}

static void packets_over_the_limit_are_gathered(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(XNF_SLOTS_MIN);
	for (u32 pieces = XNF_SLOTS_MIN + 1; pieces <= NETGUEST_RUNS; pieces++) {
		new_packet();
		for (u32 i = 0; i < pieces; i++)
			add_run(&r, 4000 - i, 1000);
		assert_in_range(send_and_compare(&r, &plain), 1, XNF_SLOTS_MIN);
	}
}

static void a_packet_of_64k_in_bad_pieces_fits(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(XNF_SLOTS_MIN);
	new_packet();
	add_run(&r, 4090, 14);
	for (u32 i = 1; i < 45; i++)
		add_run(&r, 4095, 1456);
	add_run(&r, 4095, 65535 - 14 - 44 * 1456);
	assert_int_equal(w->sent.len, 65535);
	assert_in_range(send_and_compare(&r, &plain), 16, XNF_SLOTS_MIN);
}

static void slot_0_holds_an_ethernet_header_whatever_the_pieces(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(XNF_SLOTS_MIN);
	for (u32 first = 1; first <= 20; first++) {
		new_packet();
		add_run(&r, 4096 - first, 200);
		assert_true(send_and_compare(&r, &plain) > 0);
		new_packet();
		add_run(&r, 10, first);
		add_run(&r, 0, 3);
		add_run(&r, 4095, 5000);
		assert_true(send_and_compare(&r, &plain) > 0);
	}
}

static void the_threshold_grows_only_as_far_as_it_must(void **state)
{
	static const struct xnf_piece small_and_large[] = {
		{ 0, 500 }, { 0, 500 }, { 0, 1500 }, { 0, 1500 }, { 0, 3000 }, { 0, 3000 }, { 0, 4096 },
	};
	u32 nr = nr_of(small_and_large), below;

	(void)state;
	below = 0;
	assert_int_equal(xnf_tx_plan(small_and_large, nr, 7, &below), 6);
	assert_int_equal(below, 1024);
	below = 0;
	assert_int_equal(xnf_tx_plan(small_and_large, nr, 5, &below), 4);
	assert_int_equal(below, 2048);
	below = 0;
	assert_int_equal(xnf_tx_plan(small_and_large, nr, 3, &below), -EMSGSIZE);
	below = XNF_COPY_ALL;
	assert_int_equal(xnf_tx_plan(small_and_large, nr, 7, &below), 4);
	assert_int_equal(below, XNF_COPY_ALL);
}

static void what_fits_no_way_is_refused(void **state)
{
	struct rng r = test_rng();

	(void)state;
	start(1);
	new_packet();
	add_run(&r, 0, 4097);
	assert_int_equal(send_and_compare(&r, &plain), -EMSGSIZE);
	new_packet();
	add_run(&r, 4095, 4096);
	assert_int_equal(send_and_compare(&r, &plain), 1);
}

static void gso_and_checksum_are_said(void **state)
{
	static const struct netguest_how how[] = {
		{ .gso_size = 1448, .gso_type = XNF_GSO_TCPV4,
		  .flags = XNF_TXF_CSUM_BLANK | XNF_TXF_VALIDATED },
		{ .gso_size = 1, .gso_type = XNF_GSO_TCPV6,
		  .flags = XNF_TXF_CSUM_BLANK | XNF_TXF_VALIDATED },
		{ .flags = XNF_TXF_VALIDATED },
		{ .gso_size = 65535, .gso_type = XNF_GSO_TCPV4, .copy_all = true },
	};
	struct rng r = test_rng();

	(void)state;
	start(XNF_SLOTS_MIN);
	for (size_t i = 0; i < nr_of(how); i++) {
		for (u32 len = 100; len < 60000; len += 9000) {
			new_packet();
			add_run(&r, 66, 64);
			add_run(&r, 77, len);
			assert_true(send_and_compare(&r, &how[i]) > 0);
		}
	}
}

static void random_packets_arrive_byte_by_byte(void **state)
{
	struct rng r = test_rng();

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct netguest_how how = { .copy_all = rng_one_in(&r, 8) };
		u32 limit = rng_one_in(&r, 4) ? rng_range(&r, 17, 64) : XNF_SLOTS_MIN;
		u32 pieces = rng_range(&r, 1, rng_one_in(&r, 2) ? 4 : NETGUEST_RUNS), room = 65535;

		if (i % 50 == 0)
			start(limit);
		new_packet();
		for (u32 p = 0; p < pieces && room; p++) {
			u32 len = rng_range(&r, 0, rng_one_in(&r, 3) ? room : room / pieces);

			/* An empty piece may be there, and may not become a slot. */
			add_run(&r, rng_below(&r, 4096), len);
			room -= len;
		}
		if (w->sent.len < XNF_FIRST_SLOT_MIN)
			continue;
		if (rng_one_in(&r, 2)) {
			how.gso_size = (u16)rng_range(&r, 1, 65535);
			how.gso_type = (u8)rng_range(&r, XNF_GSO_TCPV4, XNF_GSO_TCPV6);
		}
		assert_true(send_and_compare(&r, &how) > 0);
	}
}

/* Indices and 16-bit ids go round many times, with packets waiting all along. */
static void rings_go_round_with_packets_waiting(void **state)
{
	struct rng r = test_rng();
	u32 sent = 0, taken = 0;

	(void)state;
	start(XNF_SLOTS_MIN);
	w->guest.tx.req_prod_pvt = 0xffffff00;
	w->guest.tx.rsp_cons = 0xffffff00;
	w->guest.tx.sring->req_prod = 0xffffff00;
	w->guest.tx.sring->rsp_prod = 0xffffff00;
	w->back.tx.req_cons = 0xffffff00;
	w->back.tx.rsp_prod_pvt = 0xffffff00;
	for (int i = 0; i < 40000; i++) {
		struct netguest_how how = { 0 };

		if (rng_one_in(&r, 3))
			how = (struct netguest_how){ .gso_size = 1000, .gso_type = XNF_GSO_TCPV4 };
		new_packet();
		for (u32 p = rng_range(&r, 1, 18); p; p--)
			add_run(&r, 0, 14);
		if (netguest_send(&w->guest, w->run, w->nr_runs, &how) > 0) {
			sent++;
			continue;
		}
		while (netback_take(&w->back, &w->got))
			taken++;
		netback_answer(&w->back, &r, NETIF_RSP_OKAY);
		netguest_reap(&w->guest);
		assert_backend_content();
		assert_int_equal(taken, sent);
		assert_int_equal(w->guest.slots.nr_free, NET_SLOTS);
	}
	assert_true(w->guest.tx.req_prod_pvt < 0x80000000);
}

/* ---- transmit responses of a backend that lies ---- */

static void packet_of_3_slots_taken(void)
{
	struct rng r = test_rng();

	start(XNF_SLOTS_MIN);
	new_packet();
	for (u32 i = 0; i < 3; i++)
		add_run(&r, 0, 100);
	assert_int_equal(netguest_send(&w->guest, w->run, 3, &plain), 3);
	assert_true(netback_take(&w->back, &w->got));
	assert_int_equal(w->back.nr_due, 3);
}

static void assert_tx_broken_by(int why)
{
	u32 nr_free = w->guest.slots.nr_free;

	netguest_reap(&w->guest);
	assert_int_equal(w->guest.broken, why);
	assert_int_equal(w->guest.slots.nr_free, nr_free);
}

static void lie_same_id_twice(void **state)
{
	(void)state;
	packet_of_3_slots_taken();
	netback_put_tx(&w->back, w->back.due[1].id, NETIF_RSP_OKAY);
	assert_int_equal(netguest_reap(&w->guest), 1);
	netback_put_tx(&w->back, w->back.due[1].id, NETIF_RSP_OKAY);
	assert_tx_broken_by(-ENOENT);
}

static void lie_stale_id(void **state)
{
	u16 old;

	(void)state;
	packet_of_3_slots_taken();
	old = w->back.due[0].id;
	for (int i = 0; i < 3; i++)
		netback_put_tx(&w->back, w->back.due[i].id, NETIF_RSP_OKAY);
	w->back.nr_due = 0;
	netguest_reap(&w->guest);
	assert_int_equal(netguest_send(&w->guest, w->run, 3, &plain), 3);
	netback_put_tx(&w->back, old, NETIF_RSP_OKAY);
	assert_tx_broken_by(-ESTALE);
}

static void lie_invented_ids(void **state)
{
	(void)state;
	for (u32 id = 0; id < 65536; id += 17) {
		bool real = false;

		packet_of_3_slots_taken();
		for (u32 i = 0; i < 3; i++)
			real |= w->back.due[i].id == id;
		if (real)
			continue;
		netback_put_tx(&w->back, (u16)id, NETIF_RSP_OKAY);
		netguest_reap(&w->guest);
		assert_true(w->guest.broken == -ENOENT || w->guest.broken == -ESTALE);
		assert_int_equal(w->guest.slots.nr_free, NET_SLOTS - 3);
	}
}

static void lie_null_response_without_an_extra(void **state)
{
	(void)state;
	packet_of_3_slots_taken();
	netback_put_tx(&w->back, w->back.due[0].id, NETIF_RSP_NULL);
	assert_tx_broken_by(-EPROTO);
}

static void lie_two_null_responses_for_one_extra(void **state)
{
	static const struct netguest_how gso = { .gso_size = 99, .gso_type = XNF_GSO_TCPV4 };

	(void)state;
	packet_of_3_slots_taken();
	assert_int_equal(netguest_send(&w->guest, w->run, 3, &gso), 3);
	netback_put_tx(&w->back, 0, NETIF_RSP_NULL);
	assert_int_equal(netguest_reap(&w->guest), 1);
	netback_put_tx(&w->back, 0, NETIF_RSP_NULL);
	assert_tx_broken_by(-EPROTO);
}

static void lie_tx_producer_jumps(void **state)
{
	static const u32 jumps[] = { 4, 256, 257, 0x80000000, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < nr_of(jumps); i++) {
		packet_of_3_slots_taken();
		w->guest.tx.sring->rsp_prod = w->guest.tx.rsp_cons + jumps[i];
		assert_tx_broken_by(-EPROTO);
	}
}

static void every_status_has_its_counter(void **state)
{
	(void)state;
	for (int status = INT16_MIN; status <= INT16_MAX; status++) {
		enum xnf_rsp_err v = XNF_NR_RSP_ERRS, due = XNF_TX_BAD_STATUS;
		enum xnf_tx_rsp_kind kind = xnf_tx_check_rsp((s16)status, 1, &v);

		if (status == 0 || status == 1)
			due = XNF_OK;
		else if (status == -1)
			due = XNF_TX_ERROR;
		else if (status == -2)
			due = XNF_TX_DROPPED;
		assert_int_equal(kind, status == 1 ? XNF_TX_RSP_EXTRA : XNF_TX_RSP_SLOT);
		assert_int_equal(v, due);
	}
}

static void an_error_on_a_slot_gives_the_slot_back(void **state)
{
	(void)state;
	packet_of_3_slots_taken();
	netback_answer(&w->back, &(struct rng){ 1 }, NETIF_RSP_ERROR);
	assert_int_equal(netguest_reap(&w->guest), 3);
	assert_backend_content();
	assert_int_equal(w->guest.rsp_err[XNF_TX_ERROR], 3);
	assert_int_equal(w->guest.slots.nr_free, NET_SLOTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_slot_count_up_to_the_limit),
		T(a_run_that_straddles_frames_is_cut_there),
		T(packets_over_the_limit_are_gathered),
		T(a_packet_of_64k_in_bad_pieces_fits),
		T(slot_0_holds_an_ethernet_header_whatever_the_pieces),
		T(the_threshold_grows_only_as_far_as_it_must),
		T(what_fits_no_way_is_refused),
		T(gso_and_checksum_are_said),
		T(random_packets_arrive_byte_by_byte),
		T(rings_go_round_with_packets_waiting),
		T(lie_same_id_twice),
		T(lie_stale_id),
		T(lie_invented_ids),
		T(lie_null_response_without_an_extra),
		T(lie_two_null_responses_for_one_extra),
		T(lie_tx_producer_jumps),
		T(every_status_has_its_counter),
		T(an_error_on_a_slot_gives_the_slot_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
