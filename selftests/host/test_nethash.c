// SPDX-License-Identifier: GPL-2.0
/* Receive hashing: a backend is brought to any settings, and its responses are checked. */
#include "test.h"

#include "xenring.h"
#include <xen/io/netif.h>

#include "netfront/hash.h"
#include "rng.h"

#define ALL_TYPES	0xfu

/**
 * struct hasher - the settings as a backend of the protocol keeps them
 * @alg: algorithm
 * @types: what it hashes
 * @offered: what it can hash
 * @key: of the hash
 * @size: of the table in use
 * @table: the table
 * @queues: it has
 * @requests: answered so far
 */
struct hasher {
	u32 alg;
	u32 types;
	u32 offered;
	u8 key[40];
	u32 size;
	u32 table[XNF_HASH_TABLE_MAX];
	u32 queues;
	u32 requests;
};

static u32 take_table(struct hasher *h, const struct xnf_ctrl_ask *ask)
{
	const u32 *table = ask->bytes;

	assert_int_equal(ask->len, ask->data[1] * sizeof(u32));
	if (ask->data[2] + ask->data[1] > h->size)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	for (u32 i = 0; i < ask->data[1]; i++)
		if (table[i] >= h->queues)
			return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	memcpy(h->table + ask->data[2], table, ask->len);
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

static u32 take_key(struct hasher *h, const struct xnf_ctrl_ask *ask)
{
	assert_int_equal(ask->len, ask->data[1]);
	if (ask->len > sizeof(h->key))
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	memset(h->key, 0, sizeof(h->key));
	memcpy(h->key, ask->bytes, ask->len);
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/* Return: the status; the order in which things may be set is netback's. */
static u32 obey(struct hasher *h, const struct xnf_ctrl_ask *ask, u32 *answer)
{
	*answer = 0;
	h->requests++;
	switch (ask->type) {
	case XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM:
		assert_true(ask->data[0] <= XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ);
		h->alg = ask->data[0];
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	case XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS:
		if (h->alg == XEN_NETIF_CTRL_HASH_ALGORITHM_NONE)
			return XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED;
		*answer = h->offered;
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS:
		if (h->alg == XEN_NETIF_CTRL_HASH_ALGORITHM_NONE || ask->data[0] & ~h->offered)
			return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
		h->types = ask->data[0];
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_KEY:
		return take_key(h, ask);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE:
		if (ask->data[0] > XNF_HASH_TABLE_MAX)
			return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
		h->size = ask->data[0];
		memset(h->table, 0, sizeof(h->table));
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING:
		return take_table(h, ask);
	}
	fail_msg("request %u is none of the protocol", ask->type);
	return 0;
}

static u32 bring(struct hasher *h, struct xnf_hash_peer *has, const struct xnf_hash *want)
{
	u32 answer, before = h->requests;
	struct xnf_ctrl_ask ask;

	while (xnf_hash_next(has, want, &ask)) {
		assert_int_equal(obey(h, &ask, &answer), XEN_NETIF_CTRL_STATUS_SUCCESS);
		xnf_hash_done(has, want, &ask, answer);
		assert_true(h->requests - before <= 6);
	}
	return h->requests - before;
}

static void assert_obeyed(const struct hasher *h, const struct xnf_hash *want)
{
	assert_int_equal(h->alg, want->on ? XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ :
					    XEN_NETIF_CTRL_HASH_ALGORITHM_NONE);
	if (!want->on)
		return;
	assert_int_equal(h->types, want->types & h->offered);
	assert_memory_equal(h->key, want->key, sizeof(h->key));
	assert_int_equal(h->size, want->nr_table);
	assert_memory_equal(h->table, want->table, want->nr_table * sizeof(u32));
}

static void random_key(struct rng *r, u8 *key)
{
	for (u32 i = 0; i < 40; i++)
		key[i] = (u8)rng_range(r, 0, 255);
}

/* One setting changes at a time, now and then none. */
static void wish(struct rng *r, struct xnf_hash *want, u32 queues)
{
	switch (rng_range(r, 0, 5)) {
	case 0:
		want->on = !want->on;
		break;
	case 1:
		want->types = rng_range(r, 0, ALL_TYPES);
		break;
	case 2:
		random_key(r, want->key);
		break;
	case 3:
		want->nr_table = rng_range(r, 0, XNF_HASH_TABLE_MAX);
		xnf_hash_spread(want, queues);
		break;
	case 4:
		for (u32 i = 0; i < want->nr_table; i++)
			want->table[i] = rng_range(r, 0, queues - 1);
		break;
	}
}

/* Whatever an earlier frontend has left behind. */
static void leave_behind(struct rng *r, struct hasher *h)
{
	h->alg = rng_range(r, 0, 1);
	h->types = rng_range(r, 0, ALL_TYPES);
	random_key(r, h->key);
	h->size = rng_range(r, 0, XNF_HASH_TABLE_MAX);
	for (u32 i = 0; i < XNF_HASH_TABLE_MAX; i++)
		h->table[i] = rng_range(r, 0, 63);
}

static void a_backend_follows_any_wish(void **state)
{
	struct rng r = test_rng();

	(void)state;
	for (u32 connection = 0; connection < 200; connection++) {
		struct hasher h = { .offered = ALL_TYPES, .queues = rng_range(&r, 1, 8) };
		struct xnf_hash_peer has = { 0 };
		struct xnf_hash want = { .types = ALL_TYPES, .nr_table = XNF_HASH_TABLE_MAX };

		leave_behind(&r, &h);
		if (rng_one_in(&r, 4))
			h.offered = rng_range(&r, 0, ALL_TYPES);
		want.on = rng_one_in(&r, 2);
		xnf_hash_spread(&want, h.queues);
		for (u32 change = 0; change < 30; change++) {
			bring(&h, &has, &want);
			assert_obeyed(&h, &want);
			wish(&r, &want, h.queues);
		}
	}
}

static void nothing_is_asked_twice(void **state)
{
	struct hasher h = { .offered = ALL_TYPES, .queues = 4 };
	struct xnf_hash_peer has = { 0 };
	struct xnf_hash want = { .types = ALL_TYPES, .nr_table = 128, .key = { 1 } };

	(void)state;
	xnf_hash_spread(&want, 4);
	assert_int_equal(bring(&h, &has, &want), 1);	/* none */
	want.on = true;
	assert_int_equal(bring(&h, &has, &want), 6);
	assert_int_equal(bring(&h, &has, &want), 0);
	want.table[127] = 0;
	assert_int_equal(bring(&h, &has, &want), 1);
	want.key[39] = 9;
	assert_int_equal(bring(&h, &has, &want), 1);
	want.on = false;
	assert_int_equal(bring(&h, &has, &want), 1);
	want.on = true;
	assert_int_equal(bring(&h, &has, &want), 1);
}

static int checked(u16 id, u16 type, u32 status)
{
	const struct xnf_ctrl_req sent = { .id = 7, .type = XNF_CTRL_SET_KEY };
	const struct xnf_ctrl_rsp rsp = { .id = id, .type = type, .status = status };

	return xnf_ctrl_check_rsp(&rsp, &sent);
}

static void responses_are_checked(void **state)
{
	struct rng r = test_rng();

	(void)state;
	assert_int_equal(checked(7, XNF_CTRL_SET_KEY, 0), 0);
	assert_int_equal(checked(7, XNF_CTRL_SET_KEY, 1), -EOPNOTSUPP);
	assert_int_equal(checked(7, XNF_CTRL_SET_KEY, 2), -EINVAL);
	assert_int_equal(checked(7, XNF_CTRL_SET_KEY, 3), -EMSGSIZE);
	for (u32 i = 0; i < 10000; i++) {
		assert_int_equal(checked(7, XNF_CTRL_SET_KEY, rng_range(&r, 4, UINT32_MAX)), -EIO);
		assert_int_equal(checked((u16)rng_range(&r, 8, 0xffff), XNF_CTRL_SET_KEY,
					 rng_range(&r, 0, 3)), -EPROTO);
		assert_int_equal(checked(7, (u16)rng_range(&r, XNF_CTRL_SET_KEY + 1, 0xffff),
					 rng_range(&r, 0, 3)), -EPROTO);
	}
}

static void tables_are_spread_and_checked(void **state)
{
	struct xnf_hash h = { .nr_table = XNF_HASH_TABLE_MAX };

	(void)state;
	for (u32 queues = 1; queues <= 64; queues++) {
		u32 share[64] = { 0 };

		xnf_hash_spread(&h, queues);
		assert_true(xnf_hash_fits(&h, queues));
		assert_false(xnf_hash_fits(&h, queues - 1));
		for (u32 i = 0; i < h.nr_table; i++)
			share[h.table[i]]++;
		for (u32 i = 0; i < queues; i++)
			assert_in_range(share[i], 128 / queues, 128 / queues + 1);
	}
	h.nr_table = 0;
	assert_true(xnf_hash_fits(&h, 1));
}

static void fields_and_types_agree(void **state)
{
	(void)state;
	for (u32 types = 0; types <= ALL_TYPES; types++)
		for (u32 kind = 0; kind < 12; kind++) {
			bool ipv6 = kind & 1, tcp = kind & 2;
			enum xnf_hash_fields f = (enum xnf_hash_fields)(kind >> 2);
			u32 after = types;

			if (xnf_hash_set_fields(&after, ipv6, tcp, f)) {
				assert_int_equal(after, types);
				continue;
			}
			assert_int_equal(xnf_hash_get_fields(after, ipv6, tcp), f);
			/* The other protocol is none of its business. */
			assert_int_equal((after ^ types) & (ipv6 ? 0x3 : 0xc), 0);
			if (tcp)
				assert_int_equal(xnf_hash_get_fields(after, ipv6, false),
						 xnf_hash_get_fields(types, ipv6, false));
		}
	assert_int_equal(xnf_hash_get_fields(ALL_TYPES, false, false), XNF_HASH_ADDRESSES);
	assert_int_equal(xnf_hash_set_fields(&(u32){ ALL_TYPES }, true, false, XNF_HASH_PORTS),
			 -EINVAL);
	assert_int_equal(xnf_hash_set_fields(&(u32){ ALL_TYPES }, false, true, XNF_HASH_NOTHING),
			 -EINVAL);
	assert_int_equal(xnf_hash_set_fields(&(u32){ ALL_TYPES }, false, true, XNF_HASH_ADDRESSES),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backend_follows_any_wish),
		cmocka_unit_test(nothing_is_asked_twice),
		cmocka_unit_test(responses_are_checked),
		cmocka_unit_test(tables_are_spread_and_checked),
		cmocka_unit_test(fields_and_types_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
