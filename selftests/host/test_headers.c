// SPDX-License-Identifier: GPL-2.0
/* Where the headers of a packet end, for the packets that matter and for broken ones. */
#include "test.h"

#include "netfront/headers.h"

#define ETH	14u
#define TCP	6u
#define UDP	17u

/* A packet being written down. */
struct made {
	u8 data[256];
	u32 len;
};

static void add(struct made *m, const void *bytes, u32 len)
{
	memcpy(m->data + m->len, bytes, len);
	m->len += len;
}

static void add16(struct made *m, u32 v)
{
	u8 two[2] = { (u8)(v >> 8), (u8)v };

	add(m, two, 2);
}

static struct made eth(u32 tags, u32 type)
{
	struct made m = { .len = 12 };

	for (u32 i = 0; i < tags; i++) {
		add16(&m, i ? 0x8100 : 0x88a8);
		add16(&m, 5);
	}
	add16(&m, type);
	return m;
}

static void add_ip4(struct made *m, u8 proto, u8 words, u32 fragment)
{
	u8 h[60] = { [0] = (u8)(0x40 | words), [6] = (u8)(fragment >> 8), [7] = (u8)fragment,
		     [8] = 64, [9] = proto };

	add(m, h, words * 4u);
}

static void add_ip6(struct made *m, u8 next)
{
	u8 h[40] = { [0] = 0x60, [6] = next };

	add(m, h, sizeof(h));
}

static void add_tcp(struct made *m, u8 words)
{
	u8 h[60] = { [12] = (u8)(words << 4) };

	add(m, h, max(words * 4u, 20u));
}

static void add_payload(struct made *m, u32 len)
{
	m->len += len;
}

static void assert_found(const struct made *m, u32 len, u32 l4, u32 csum)
{
	struct xnf_headers h = { 0 };

	xnf_headers_find(m->data, m->len, &h);
	assert_int_equal(h.len, len);
	assert_int_equal(h.l4, l4);
	if (l4)
		assert_int_equal(h.csum, csum);
}

static void tcp_and_udp_over_both_ips(void **state)
{
	(void)state;
	for (u32 tags = 0; tags <= 2; tags++) {
		u32 l3 = ETH + 4 * tags;
		struct made m = eth(tags, 0x0800);

		add_ip4(&m, TCP, 5, 0x4000);
		add_tcp(&m, 5);
		add_payload(&m, 30);
		assert_found(&m, l3 + 20 + 20, l3 + 20, 16);
		m = eth(tags, 0x0800);
		add_ip4(&m, UDP, 5, 0);
		add_payload(&m, 38);
		assert_found(&m, l3 + 20 + 8, l3 + 20, 6);
		m = eth(tags, 0x86dd);
		add_ip6(&m, TCP);
		add_tcp(&m, 5);
		add_payload(&m, 30);
		assert_found(&m, l3 + 40 + 20, l3 + 40, 16);
		m = eth(tags, 0x86dd);
		add_ip6(&m, UDP);
		add_payload(&m, 38);
		assert_found(&m, l3 + 40 + 8, l3 + 40, 6);
	}
}

static void options_belong_to_the_headers(void **state)
{
	(void)state;
	for (u8 ip = 5; ip <= 15; ip++) {
		for (u8 tcp = 5; tcp <= 15; tcp++) {
			struct made m = eth(0, 0x0800);

			add_ip4(&m, TCP, ip, 0);
			add_tcp(&m, tcp);
			add_payload(&m, 10);
			assert_found(&m, ETH + ip * 4u + tcp * 4u, ETH + ip * 4u, 16);
		}
	}
}

static void fragments_have_no_transport_header(void **state)
{
	static const u32 fragments[] = { 0x2000, 0x2001, 0x0001, 0x1fff, 0x3fff };

	(void)state;
	for (size_t i = 0; i < sizeof(fragments) / sizeof(fragments[0]); i++) {
		struct made m = eth(0, 0x0800);

		add_ip4(&m, UDP, 5, fragments[i]);
		add_payload(&m, 40);
		assert_found(&m, m.len, 0, 0);
	}
}

static void what_is_not_known_is_left_whole(void **state)
{
	struct made m = eth(0, 0x0806);

	(void)state;
	add_payload(&m, 46);
	assert_found(&m, m.len, 0, 0);
	m = eth(3, 0x0800);
	add_ip4(&m, TCP, 5, 0);
	add_tcp(&m, 5);
	assert_found(&m, m.len, 0, 0);
	m = eth(0, 0x0800);
	add_ip4(&m, 1, 5, 0);
	add_payload(&m, 40);
	assert_found(&m, m.len, 0, 0);
	m = eth(0, 0x0800);
	add_ip6(&m, TCP);
	add_tcp(&m, 5);
	assert_found(&m, m.len, 0, 0);
	m = eth(0, 0x86dd);
	add_ip4(&m, TCP, 5, 0);
	add_tcp(&m, 5);
	add_payload(&m, 20);
	assert_found(&m, m.len, 0, 0);
	m = eth(0, 0x0800);
	add_ip4(&m, TCP, 4, 0);
	add_payload(&m, 60);
	assert_found(&m, m.len, 0, 0);
}

/* Cut anywhere: known only as far as the bytes go, found only once they are all there. */
static void assert_known_from(const struct made *whole, u32 enough, u32 l4)
{
	for (u32 len = ETH; len < whole->len; len++) {
		struct xnf_headers h = { 0 };
		u8 *exact = malloc(len);	/* so that a look behind its end is noticed */

		assert_non_null(exact);
		memcpy(exact, whole->data, len);
		xnf_headers_find(exact, len, &h);
		free(exact);
		assert_int_equal(h.len, len);
		assert_int_equal(h.l4, len >= enough ? l4 : 0);
	}
}

static void a_packet_cut_short(void **state)
{
	struct made m = eth(1, 0x0800);

	(void)state;
	add_ip4(&m, TCP, 6, 0);
	add_tcp(&m, 8);
	assert_known_from(&m, ETH + 4 + 24 + 20, ETH + 4 + 24);
	m = eth(1, 0x86dd);
	add_ip6(&m, TCP);
	add_tcp(&m, 8);
	assert_known_from(&m, ETH + 4 + 40 + 20, ETH + 4 + 40);
	m = eth(2, 0x86dd);
	add_ip6(&m, UDP);
	add_payload(&m, 8);
	assert_known_from(&m, ETH + 8 + 40 + 8, ETH + 8 + 40);
}

/* A TCP header that says it is shorter than it can be: its checksum still is in the headers. */
static void tcp_of_impossible_length(void **state)
{
	(void)state;
	for (u8 words = 0; words < 5; words++) {
		struct xnf_headers h = { 0 };
		struct made m = eth(0, 0x0800);

		add_ip4(&m, TCP, 5, 0);
		add_tcp(&m, words);
		add_payload(&m, 40);
		xnf_headers_find(m.data, m.len, &h);
		if (h.l4)
			assert_true(h.l4 + h.csum + 2u <= h.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_and_udp_over_both_ips),
		cmocka_unit_test(options_belong_to_the_headers),
		cmocka_unit_test(fragments_have_no_transport_header),
		cmocka_unit_test(what_is_not_known_is_left_whole),
		cmocka_unit_test(a_packet_cut_short),
		cmocka_unit_test(tcp_of_impossible_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
