// SPDX-License-Identifier: GPL-2.0
/*
 * The network protocol's core, over rings whose other end is a backend: first
 * one that behaves, with content verified to the byte, then one that lies.
 */
#include "test.h"

#include "netback.h"
#include "netguest.h"

#define nr_of(a) (sizeof(a) / sizeof((a)[0]))

/* Named so in Xen's header, which the proof in wire_layout.h does not reach in user space. */
_Static_assert(XNF_TXF_CSUM_BLANK == NETTXF_csum_blank, "flag");
_Static_assert(XNF_TXF_VALIDATED == NETTXF_data_validated, "flag");
_Static_assert(XNF_TXF_MORE == NETTXF_more_data, "flag");
_Static_assert(XNF_TXF_EXTRA == NETTXF_extra_info, "flag");
_Static_assert(XNF_RXF_VALIDATED == NETRXF_data_validated, "flag");
_Static_assert(XNF_RXF_CSUM_BLANK == NETRXF_csum_blank, "flag");
_Static_assert(XNF_RXF_MORE == NETRXF_more_data, "flag");
_Static_assert(XNF_RXF_EXTRA == NETRXF_extra_info, "flag");
_Static_assert(XNF_RXF_GSO_PREFIX == NETRXF_gso_prefix, "flag");
_Static_assert(XNF_RSP_NULL == NETIF_RSP_NULL, "status");
_Static_assert(XNF_RSP_ERROR == NETIF_RSP_ERROR, "status");
_Static_assert(XNF_RSP_DROPPED == NETIF_RSP_DROPPED, "status");

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

static int setup(void **state)
{
	(void)state;
	w = aligned_alloc(4096, (sizeof(*w) + 4095) & ~4095ul);
	if (w)
		memset(w, 0, sizeof(*w));
	return !w;
}

static int teardown(void **state)
{
	(void)state;
	free(w);
	return 0;
}

static void start(u32 slots)
{
	netguest_init(&w->guest, slots, slots);
	w->back.grants = &w->guest.grants;
	w->back.max_slots = slots;
	netback_attach(&w->back, w->guest.tx_memory, w->guest.rx_memory);
}

static void assert_backend_content(void)
{
	if (w->back.complaint)
		fail_msg("the backend complains: %s", w->back.complaint);
	assert_int_equal(w->guest.broken, 0);
}

static void random_bytes(struct rng *r, u8 *p, size_t n)
{
	for (; n >= 8; n -= 8, p += 8) {
		u64 v = rng_u64(r);

		memcpy(p, &v, 8);
	}
	while (n--)
		*p++ = (u8)rng_u32(r);
}

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
	assert_int_equal(w->guest.nulls_due, 0);
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
		enum xnf_verdict v = XNF_NR_VERDICTS, due = XNF_TX_BAD_STATUS;
		int what = xnf_tx_judge((s16)status, 1, &v);

		if (status == 0 || status == 1)
			due = XNF_OK;
		else if (status == -1)
			due = XNF_TX_ERROR;
		else if (status == -2)
			due = XNF_TX_DROPPED;
		assert_int_equal(what, status == 1);
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
	assert_int_equal(w->guest.verdict[XNF_TX_ERROR], 3);
	assert_int_equal(w->guest.slots.nr_free, NET_SLOTS);
}

/* ---- receiving ---- */

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
	for (int v = 0; v < XNF_NR_VERDICTS; v++)
		assert_int_equal(w->guest.verdict[v], 0);
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
static void assert_dropped_for(enum xnf_verdict why)
{
	struct rng r = { 42 };

	assert_int_equal(netguest_poll(&w->guest), 0);
	assert_int_equal(w->guest.broken, 0);
	for (int v = 0; v < XNF_NR_VERDICTS; v++)
		assert_int_equal(w->guest.verdict[v], v == (int)why);
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
			assert_int_equal(w->guest.verdict[XNF_RX_TOO_MANY], 1);
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
	assert_int_equal(w->guest.verdict[XNF_RX_TOO_MANY], 1);
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
	assert_int_equal(w->guest.verdict[XNF_RX_BAD_EXTRA], 1);
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
	assert_int_equal(w->guest.verdict[XNF_RX_BAD_EXTRA], 1);
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
	assert_int_equal(w->guest.verdict[XNF_RX_BAD_GSO], 1);
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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

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
