/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Receive hashing as the administrator sees it: see rss.c.
 */
#ifndef XENFRONT_NETFRONT_RSS_H
#define XENFRONT_NETFRONT_RSS_H

#include <linux/mutex.h>
#include <linux/netdev_features.h>
#include <linux/workqueue.h>

#include "hash.h"

struct ethtool_rxfh_fields;
struct ethtool_rxfh_param;
struct net_device;
struct netlink_ext_ack;
struct xnf_dev;

/**
 * struct xnf_rss - settings of receive hashing; under @lock, which is taken inside RTNL
 * @lock: protects also the control ring
 * @want: settings that the administrator wants; written under RTNL too
 * @has: settings that the backend has
 * @used: hashes of packets are those that were asked for; read by NAPI
 * @refused: this backend rejected hashing
 * @work: gives a connected backend its settings
 */
struct xnf_rss {
	struct mutex lock;
	struct xnf_hash want;
	struct xnf_hash_peer has;
	bool used;
	bool refused;
	struct work_struct work;
};

void xnf_rss_init(struct xnf_dev *xn);
void xnf_rss_forget(struct xnf_dev *xn);
void xnf_rss_connect(struct xnf_dev *xn);
void xnf_rss_start(struct xnf_dev *xn);
void xnf_rss_stop(struct xnf_dev *xn);
bool xnf_rss_possible(const struct xnf_dev *xn);
int xnf_set_features(struct net_device *dev, netdev_features_t features);

u32 xnf_rx_ring_count(struct net_device *dev);
u32 xnf_rxfh_key_size(struct net_device *dev);
u32 xnf_rxfh_indir_size(struct net_device *dev);
int xnf_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *p);
int xnf_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *p,
		 struct netlink_ext_ack *extack);
int xnf_get_rxfh_fields(struct net_device *dev, struct ethtool_rxfh_fields *f);
int xnf_set_rxfh_fields(struct net_device *dev, const struct ethtool_rxfh_fields *f,
			struct netlink_ext_ack *extack);

#endif /* XENFRONT_NETFRONT_RSS_H */
