/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Receive hashing as this driver asks for it: messages of the control ring, the settings that they
 * carry, and which message comes next. Pure, as wire.h is.
 *
 * What a backend makes of its settings
 *
 *	The algorithm comes first: without one, a backend neither says nor takes types.
 *	A new size of the table makes the table all zeroes, so the table follows at once.
 *	Settings outlive a connection, the frontend's number of queues does not: after
 *	each connect nothing is known of them.
 */
#ifndef XENFRONT_NETFRONT_HASH_H
#define XENFRONT_NETFRONT_HASH_H

#include <xenfront/portable.h>

/* Bytes of the key that Toeplitz uses for the longest input, two IPv6 addresses and ports. */
#define XNF_HASH_KEY_LEN	40u
/* Most entries that are used of a backend's table. */
#define XNF_HASH_TABLE_MAX	128u

#define XNF_HASH_ALG_NONE	0u
#define XNF_HASH_ALG_TOEPLITZ	1u

/* What is hashed; requests have a mask of these. */
enum xnf_hash_type {
	XNF_HASH_IPV4		= 0,
	XNF_HASH_IPV4_TCP	= 1,
	XNF_HASH_IPV6		= 2,
	XNF_HASH_IPV6_TCP	= 3,
	XNF_NR_HASH_TYPES,
};

#define XNF_HASH_TYPES_ALL	((1u << XNF_NR_HASH_TYPES) - 1)

enum xnf_ctrl_type {
	XNF_CTRL_GET_TYPES	= 1,
	XNF_CTRL_SET_TYPES	= 2,
	XNF_CTRL_SET_KEY	= 3,
	XNF_CTRL_GET_TABLE_SIZE	= 4,
	XNF_CTRL_SET_TABLE_SIZE	= 5,
	XNF_CTRL_SET_TABLE	= 6,
	XNF_CTRL_SET_ALG	= 7,
};

enum xnf_ctrl_status {
	XNF_CTRL_SUCCESS	= 0,
	XNF_CTRL_NOT_SUPPORTED	= 1,
	XNF_CTRL_INVALID	= 2,
	XNF_CTRL_OVERFLOW	= 3,
};

struct xnf_ctrl_req {
	u16 id;
	u16 type;
	u32 data[3];
};

struct xnf_ctrl_rsp {
	u16 id;
	u16 type;
	u32 status;
	u32 data;
};

/**
 * struct xnf_hash - settings
 * @on: packets are hashed, by Toeplitz
 * @types: mask of enum xnf_hash_type
 * @nr_table: entries in use of @table; 0 where the backend has no table
 * @key: of the hash
 * @table: queue of a packet, by its hash modulo @nr_table
 */
struct xnf_hash {
	bool on;
	u32 types;
	u32 nr_table;
	u8 key[XNF_HASH_KEY_LEN];
	u32 table[XNF_HASH_TABLE_MAX];
};

/**
 * struct xnf_hash_peer - the settings of a backend, as far as they are known
 * @set: the settings
 * @known: bit N set if the setting of request type N (enum xnf_ctrl_type) is known
 * @offered: mask of types that the backend can hash; valid if XNF_CTRL_GET_TYPES is known
 */
struct xnf_hash_peer {
	struct xnf_hash set;
	u32 known;
	u32 offered;
};

/**
 * struct xnf_ctrl_ask - a request to be sent
 * @type: enum xnf_ctrl_type
 * @data: arguments; the first is replaced by a grant of @bytes if there are any
 * @bytes: what the backend is to read
 * @len: number of @bytes
 */
struct xnf_ctrl_ask {
	u16 type;
	u32 data[3];
	const void *bytes;
	u32 len;
};

/* Which parts of a packet's headers are hashed. */
enum xnf_hash_fields {
	XNF_HASH_NOTHING,
	XNF_HASH_ADDRESSES,
	XNF_HASH_PORTS,		/* and addresses */
};

bool xnf_hash_next(const struct xnf_hash_peer *has, const struct xnf_hash *want,
		   struct xnf_ctrl_ask *ask);
void xnf_hash_done(struct xnf_hash_peer *has, const struct xnf_hash *want,
		   const struct xnf_ctrl_ask *ask, u32 value);
int __must_check xnf_ctrl_check_rsp(const struct xnf_ctrl_rsp *rsp,
				    const struct xnf_ctrl_req *sent);

void xnf_hash_spread(struct xnf_hash *h, u32 queues);
bool xnf_hash_fits(const struct xnf_hash *h, u32 queues);

enum xnf_hash_fields xnf_hash_get_fields(u32 types, bool ipv6, bool tcp);
int __must_check xnf_hash_set_fields(u32 *types, bool ipv6, bool tcp,
				     enum xnf_hash_fields fields);

/* Whether the hash is over ports, and so of one connection, not of two hosts. */
static inline bool xnf_hash_has_ports(u8 type)
{
	return type == XNF_HASH_IPV4_TCP || type == XNF_HASH_IPV6_TCP;
}

#endif /* XENFRONT_NETFRONT_HASH_H */
