/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * What a queue counts: see stats.c. A new counter is a member of struct xnf_stats, and a line of
 * xnf_shown[] in stats.c has ethtool show it.
 */
#ifndef XENFRONT_NETFRONT_STATS_H
#define XENFRONT_NETFRONT_STATS_H

#include <linux/u64_stats_sync.h>

#include "wire.h"

struct ethtool_stats;
struct net_device;
struct netdev_stat_ops;
struct rtnl_link_stats64;

/* What became of packets for an XDP program; XNF_XDP_FAILED: no verdict, or not carried out. */
enum xnf_xdp_count {
	XNF_XDP_PASS,
	XNF_XDP_DROP,
	XNF_XDP_TX,
	XNF_XDP_REDIRECT,
	XNF_XDP_FAILED,
	XNF_NR_XDP_COUNTS,
};

/**
 * struct xnf_stats - counters of one queue
 * @tx_packets: packets put on the ring
 * @tx_bytes: bytes of these packets
 * @tx_dropped: packets that were not put on the ring, or got no response
 * @tx_errors: packets that the backend did not send
 * @tx_gathered: packets copied to bounce frames to fit the slot limit
 * @tx_stopped: times that the queue stopped as the ring was full
 * @tx_xsk_packets: packets put on the ring for zero-copy sockets
 * @tx_sync: protects the above; written under the transmit lock
 * @rx_packets: packets delivered
 * @rx_bytes: bytes of these packets
 * @rx_dropped: packets dropped here for lack of memory
 * @rx_errors: invalid packets, and packets that the backend marked as failed
 * @rx_no_frame: refills cut short for lack of memory
 * @rx_hashed: packets delivered with the hash that the backend was asked for
 * @rx_xsk_no_frame: refills cut short for lack of chunks in a socket's fill ring
 * @rsp_err: by enum xnf_rsp_err; XNF_TX_* are protected by @tx_sync, XNF_RX_* by @rx_sync
 * @xdp: by enum xnf_xdp_count
 * @rx_sync: protects the receive counters; written by NAPI
 * @tx_kicks: times that the backend was notified again, as no response had come for long
 * @kick_sync: protects @tx_kicks; written by the queue's timer
 */
struct xnf_stats {
	u64_stats_t tx_packets;
	u64_stats_t tx_bytes;
	u64_stats_t tx_dropped;
	u64_stats_t tx_errors;
	u64_stats_t tx_gathered;
	u64_stats_t tx_stopped;
	u64_stats_t tx_xsk_packets;
	struct u64_stats_sync tx_sync;
	u64_stats_t rx_packets;
	u64_stats_t rx_bytes;
	u64_stats_t rx_dropped;
	u64_stats_t rx_errors;
	u64_stats_t rx_no_frame;
	u64_stats_t rx_hashed;
	u64_stats_t rx_xsk_no_frame;
	u64_stats_t rsp_err[XNF_NR_RSP_ERRS];
	u64_stats_t xdp[XNF_NR_XDP_COUNTS];
	struct u64_stats_sync rx_sync;
	u64_stats_t tx_kicks;
	struct u64_stats_sync kick_sync;
};

extern const struct netdev_stat_ops xnf_stat_ops;
void xnf_stats64(struct net_device *dev, struct rtnl_link_stats64 *total);
int xnf_get_sset_count(struct net_device *dev, int set);
void xnf_get_strings(struct net_device *dev, u32 set, u8 *data);
void xnf_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data);

#endif /* XENFRONT_NETFRONT_STATS_H */
