// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The pure core of receive hashing: one request after the other until a backend has the settings
 * that are wanted, and the check of its responses. See hash.h.
 */
#include "hash.h"
#include "hash_layout.h"

static bool xnf_hash_knows(const struct xnf_hash_peer *has, enum xnf_ctrl_type what)
{
	return has->known & 1u << what;
}

static u32 xnf_hash_wanted_types(const struct xnf_hash_peer *has, const struct xnf_hash *want)
{
	return want->types & has->offered;
}

static u32 xnf_hash_wanted_alg(const struct xnf_hash *want)
{
	return want->on ? XNF_HASH_ALG_TOEPLITZ : XNF_HASH_ALG_NONE;
}

static bool xnf_hash_same_table(const struct xnf_hash_peer *has, const struct xnf_hash *want)
{
	return xnf_hash_knows(has, XNF_CTRL_SET_TABLE) &&
	       !memcmp(has->set.table, want->table, want->nr_table * sizeof(want->table[0]));
}

static void xnf_ctrl_ask_with_bytes(struct xnf_ctrl_ask *ask, u16 type, const void *bytes, u32 len)
{
	ask->type = type;
	ask->bytes = bytes;
	ask->len = len;
}

static void xnf_ctrl_ask_plain(struct xnf_ctrl_ask *ask, u16 type, u32 arg)
{
	ask->type = type;
	ask->data[0] = arg;
}

static bool xnf_hash_next_setting(const struct xnf_hash_peer *has, const struct xnf_hash *want,
				  struct xnf_ctrl_ask *ask)
{
	const struct xnf_hash *set = &has->set;

	if (!xnf_hash_knows(has, XNF_CTRL_GET_TYPES)) {
		xnf_ctrl_ask_plain(ask, XNF_CTRL_GET_TYPES, 0);
	} else if (!xnf_hash_knows(has, XNF_CTRL_SET_TYPES) ||
		   set->types != xnf_hash_wanted_types(has, want)) {
		xnf_ctrl_ask_plain(ask, XNF_CTRL_SET_TYPES, xnf_hash_wanted_types(has, want));
	} else if (!xnf_hash_knows(has, XNF_CTRL_SET_KEY) ||
		   memcmp(set->key, want->key, sizeof(set->key))) {
		xnf_ctrl_ask_with_bytes(ask, XNF_CTRL_SET_KEY, want->key, sizeof(want->key));
		ask->data[1] = sizeof(want->key);
	} else if (!xnf_hash_knows(has, XNF_CTRL_SET_TABLE_SIZE) ||
		   set->nr_table != want->nr_table) {
		xnf_ctrl_ask_plain(ask, XNF_CTRL_SET_TABLE_SIZE, want->nr_table);
	} else if (want->nr_table && !xnf_hash_same_table(has, want)) {
		xnf_ctrl_ask_with_bytes(ask, XNF_CTRL_SET_TABLE, want->table,
					want->nr_table * sizeof(want->table[0]));
		ask->data[1] = want->nr_table;
	} else {
		return false;
	}
	return true;
}

/**
 * xnf_hash_next() - the next request on the way to the wanted settings
 * @has: settings of the backend
 * @want: settings that are wanted; if hashing is off, only that is asked for
 * @ask: set to the request, which points into @want
 *
 * Return: false if there is nothing to ask for.
 */
bool xnf_hash_next(const struct xnf_hash_peer *has, const struct xnf_hash *want,
		   struct xnf_ctrl_ask *ask)
{
	*ask = (struct xnf_ctrl_ask){ 0 };
	if (!xnf_hash_knows(has, XNF_CTRL_SET_ALG) || has->set.on != want->on) {
		xnf_ctrl_ask_plain(ask, XNF_CTRL_SET_ALG, xnf_hash_wanted_alg(want));
		return true;
	}
	return want->on && xnf_hash_next_setting(has, want, ask);
}

/**
 * xnf_hash_done() - a request succeeded
 * @has: settings of the backend, updated
 * @want: as given to xnf_hash_next()
 * @ask: the request, from xnf_hash_next()
 * @value: the number in the response
 */
void xnf_hash_done(struct xnf_hash_peer *has, const struct xnf_hash *want,
		   const struct xnf_ctrl_ask *ask, u32 value)
{
	struct xnf_hash *set = &has->set;

	has->known |= 1u << ask->type;
	switch (ask->type) {
	case XNF_CTRL_SET_ALG:
		set->on = want->on;
		break;
	case XNF_CTRL_GET_TYPES:
		has->offered = value & XNF_HASH_TYPES_ALL;
		break;
	case XNF_CTRL_SET_TYPES:
		set->types = ask->data[0];
		break;
	case XNF_CTRL_SET_KEY:
		memcpy(set->key, want->key, sizeof(set->key));
		break;
	case XNF_CTRL_SET_TABLE_SIZE:
		set->nr_table = ask->data[0];
		has->known &= ~(1u << XNF_CTRL_SET_TABLE);
		break;
	case XNF_CTRL_SET_TABLE:
		memcpy(set->table, want->table, ask->len);
		break;
	}
}

/**
 * xnf_ctrl_check_rsp() - check a response
 * @rsp: private copy of the response
 * @sent: the only request that has no response yet
 *
 * Return: 0, or -EPROTO if the response is for another request: the ring cannot be believed any
 * more. Else the error of the backend: -EOPNOTSUPP, -EINVAL, -EMSGSIZE for more than it has room
 * for, -EIO for a status that the protocol does not know.
 */
int xnf_ctrl_check_rsp(const struct xnf_ctrl_rsp *rsp, const struct xnf_ctrl_req *sent)
{
	if (rsp->id != sent->id || rsp->type != sent->type)
		return -EPROTO;
	switch (rsp->status) {
	case XNF_CTRL_SUCCESS:
		return 0;
	case XNF_CTRL_NOT_SUPPORTED:
		return -EOPNOTSUPP;
	case XNF_CTRL_INVALID:
		return -EINVAL;
	case XNF_CTRL_OVERFLOW:
		return -EMSGSIZE;
	default:
		return -EIO;
	}
}

/* ---- the table ---- */

/**
 * xnf_hash_spread() - spread the table's entries equally over the queues
 * @h: the settings, their @nr_table set
 * @queues: number of queues, not 0
 */
void xnf_hash_spread(struct xnf_hash *h, u32 queues)
{
	u32 i;

	for (i = 0; i < h->nr_table; i++)
		h->table[i] = i % queues;
}

/**
 * xnf_hash_fits() - whether the table names only queues that exist
 * @h: the settings
 * @queues: number of queues
 */
bool xnf_hash_fits(const struct xnf_hash *h, u32 queues)
{
	u32 i;

	for (i = 0; i < h->nr_table; i++)
		if (h->table[i] >= queues)
			return false;
	return true;
}

/* ---- types, as others speak of them ---- */

static u32 xnf_hash_address_type(bool ipv6)
{
	return 1u << (ipv6 ? XNF_HASH_IPV6 : XNF_HASH_IPV4);
}

static u32 xnf_hash_port_type(bool ipv6)
{
	return 1u << (ipv6 ? XNF_HASH_IPV6_TCP : XNF_HASH_IPV4_TCP);
}

/**
 * xnf_hash_get_fields() - what is hashed of a packet
 * @types: mask of enum xnf_hash_type
 * @ipv6: the packet is IPv6, else IPv4
 * @tcp: the packet is TCP
 */
enum xnf_hash_fields xnf_hash_get_fields(u32 types, bool ipv6, bool tcp)
{
	if (tcp && types & xnf_hash_port_type(ipv6))
		return XNF_HASH_PORTS;
	return types & xnf_hash_address_type(ipv6) ? XNF_HASH_ADDRESSES : XNF_HASH_NOTHING;
}

/**
 * xnf_hash_set_fields() - choose what is hashed of a packet
 * @types: mask of enum xnf_hash_type, changed
 * @ipv6: of IPv6 packets, else IPv4
 * @tcp: of TCP packets; else of all others, and of TCP if its ports are not hashed
 * @fields: what to hash
 *
 * Return: 0 or -EINVAL: ports can be hashed of TCP only, and without them TCP is hashed as the
 * other packets are.
 */
int xnf_hash_set_fields(u32 *types, bool ipv6, bool tcp, enum xnf_hash_fields fields)
{
	u32 less = *types & ~xnf_hash_port_type(ipv6);

	if (tcp && fields == XNF_HASH_PORTS) {
		*types |= xnf_hash_port_type(ipv6);
		return 0;
	}
	if (tcp) {
		if (fields != xnf_hash_get_fields(less, ipv6, true))
			return -EINVAL;
		*types = less;
		return 0;
	}
	if (fields == XNF_HASH_PORTS)
		return -EINVAL;
	if (fields == XNF_HASH_ADDRESSES)
		*types |= xnf_hash_address_type(ipv6);
	else
		*types &= ~xnf_hash_address_type(ipv6);
	return 0;
}
