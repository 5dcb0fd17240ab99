/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Up to which length packets are copied: see copybreak.c.
 */
#ifndef XENFRONT_NETFRONT_COPYBREAK_H
#define XENFRONT_NETFRONT_COPYBREAK_H

#include <linux/types.h>

struct ethtool_tunable;
struct net_device;
struct xnf_dev;

/* Nothing is configured, so the measured threshold counts. */
#define XNF_COPY_MEASURED	(-1)

/**
 * struct xnf_copybreak - up to which length packets are copied; under RTNL
 * @tx: bytes of a sent packet, or of its head
 * @rx: bytes of a received packet
 * @tx_configured: what the administrator set for this interface, or XNF_COPY_MEASURED
 * @rx_configured: the same for received packets
 * @slot_bufs_for: value of @tx when slot buffers were made; these may be smaller
 * @threshold: what was measured, 0 for nothing yet
 * @restores_seen: value of &struct xfl_device.restores when it was measured
 */
struct xnf_copybreak {
	u32 tx;
	u32 rx;
	int tx_configured;
	int rx_configured;
	u32 slot_bufs_for;
	u32 threshold;
	u32 restores_seen;
};

void xnf_copybreak_init(struct xnf_copybreak *c);
void xnf_copybreak_choose(struct xnf_dev *xn);
void xnf_copybreak_apply(struct xnf_dev *xn);
int xnf_get_tunable(struct net_device *dev, const struct ethtool_tunable *tuna, void *data);
int xnf_set_tunable(struct net_device *dev, const struct ethtool_tunable *tuna, const void *data);

#endif /* XENFRONT_NETFRONT_COPYBREAK_H */
