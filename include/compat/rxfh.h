/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Receive hashing in ethtool: as compat.h, for the files that speak of it. A driver has the
 * operations of the newest kernel, says DEFINE_RXFH_OPS(prefix); ahead of its struct
 * ethtool_ops and RXFH_OPS(prefix), in it.
 */
#ifndef XENFRONT_COMPAT_RXFH_H
#define XENFRONT_COMPAT_RXFH_H

#include <linux/ethtool.h>
#include <linux/netdevice.h>

/* After 6.12 the core remembers the size of the table it was given, and has to hear of its end. */
#ifndef HAVE_RXFH_INDIR_LOST
static inline void ethtool_rxfh_indir_lost(struct net_device *dev)
{
	dev->priv_flags &= ~IFF_RXFH_CONFIGURED;
}
#endif

/* 6.8, "net: ethtool: pass a pointer to parameters to get/set_rxfh ethtool ops". */
#ifdef HAVE_RXFH_PARAM
#define DEFINE_RXFH_PARAM(p)
#define RXFH_PARAM(op)		op
#else
struct ethtool_rxfh_param {
	u8 hfunc;
	u32 *indir;
	u8 *key;
};

#define DEFINE_RXFH_PARAM(p) \
	static int p##_get_rxfh_three(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc) \
	{ \
		struct ethtool_rxfh_param param = { .indir = indir, .key = key }; \
		int err = p##_get_rxfh(dev, &param); \
		\
		if (hfunc) \
			*hfunc = param.hfunc; \
		return err; \
	} \
	static int p##_set_rxfh_three(struct net_device *dev, const u32 *indir, const u8 *key, \
				      const u8 hfunc) \
	{ \
		struct ethtool_rxfh_param param = { \
			.hfunc = hfunc, .indir = (u32 *)indir, .key = (u8 *)key, \
		}; \
		\
		return p##_set_rxfh(dev, &param, NULL); \
	}
#define RXFH_PARAM(op)		op##_three
#endif

/* 6.17, "net: ethtool: add dedicated callbacks for getting and setting rxfh fields". */
#ifdef HAVE_RXFH_FIELDS
#define DEFINE_RXFH_FIELDS(p)
#define RXFH_FIELDS(p) \
	.get_rxfh_fields = p##_get_rxfh_fields, .set_rxfh_fields = p##_set_rxfh_fields
#else
struct ethtool_rxfh_fields {
	u32 data;
	u32 flow_type;
};

#define DEFINE_RXFH_FIELDS(p) \
	static int p##_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info) \
	{ \
		struct ethtool_rxfh_fields f = { \
			.data = info->data, .flow_type = info->flow_type, \
		}; \
		\
		return info->cmd == ETHTOOL_SRXFH && f.data == info->data ? \
		       p##_set_rxfh_fields(dev, &f, NULL) : -EOPNOTSUPP; \
	}
#define RXFH_FIELDS(p)		.set_rxnfc = p##_set_rxnfc
#endif

/* 6.19: the number of rings has an operation of its own. */
#ifdef HAVE_RX_RING_COUNT
#define DEFINE_RX_RING_COUNT(p)
#define RX_RING_COUNT(p)	.get_rx_ring_count = p##_rx_ring_count
#else
#define DEFINE_RX_RING_COUNT(p) \
	static int p##_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *rules) \
	{ \
		struct ethtool_rxfh_fields f = { .flow_type = info->flow_type }; \
		int err = -EOPNOTSUPP; \
		\
		if (info->cmd == ETHTOOL_GRXRINGS) { \
			info->data = p##_rx_ring_count(dev); \
			return 0; \
		} \
		if (info->cmd == ETHTOOL_GRXFH) \
			err = p##_get_rxfh_fields(dev, &f); \
		info->data = f.data; \
		return err; \
	}
#define RX_RING_COUNT(p)	.get_rxnfc = p##_get_rxnfc
#endif

#define DEFINE_RXFH_OPS(p) \
	DEFINE_RXFH_PARAM(p) \
	DEFINE_RXFH_FIELDS(p) \
	DEFINE_RX_RING_COUNT(p) \
	static_assert(1)

#define RXFH_OPS(p) \
	.get_rxfh_key_size = p##_rxfh_key_size, .get_rxfh_indir_size = p##_rxfh_indir_size, \
	.get_rxfh = RXFH_PARAM(p##_get_rxfh), .set_rxfh = RXFH_PARAM(p##_set_rxfh), \
	RXFH_FIELDS(p), RX_RING_COUNT(p)

#endif /* XENFRONT_COMPAT_RXFH_H */
