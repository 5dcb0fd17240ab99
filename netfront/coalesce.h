/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * How many responses bring an event: see coalesce.c.
 */
#ifndef XENFRONT_NETFRONT_COALESCE_H
#define XENFRONT_NETFRONT_COALESCE_H

#include <linux/hrtimer.h>
#include <linux/types.h>

struct ethtool_coalesce;
struct kernel_ethtool_coalesce;
struct net_device;
struct netlink_ext_ack;
struct xnf_dev;

/* A quarter of the ring: xfl_ring_event_after() goes no further. */
#define XNF_RX_FRAMES_MAX	64

/**
 * struct xnf_coalesce - what the administrator asked for; written under RTNL, read by NAPI
 * @rx_frames: receive responses that bring an event; 0: as many as the ring allows
 * @rx_usecs: microseconds that these may wait; 0 only if @rx_frames is 1
 * @tx_frames: most transmit responses that bring an event
 */
struct xnf_coalesce {
	u32 rx_frames;
	u32 rx_usecs;
	u32 tx_frames;
};

/**
 * struct xnf_rx_delay - the bound on waiting for more receive responses
 * @timer: schedules NAPI
 * @cons: first response not consumed when an event was last asked for
 */
struct xnf_rx_delay {
	struct hrtimer timer;
	u32 cons;
};

/* coalesce.c */
void xnf_coalesce_init(struct xnf_coalesce *c);
int xnf_get_coalesce(struct net_device *dev, struct ethtool_coalesce *shown,
		     struct kernel_ethtool_coalesce *more, struct netlink_ext_ack *extack);
int xnf_set_coalesce(struct net_device *dev, struct ethtool_coalesce *want,
		     struct kernel_ethtool_coalesce *more, struct netlink_ext_ack *extack);

/* event.c */
void xnf_rx_delay_init(struct xnf_rx_delay *delay);

#endif /* XENFRONT_NETFRONT_COALESCE_H */
