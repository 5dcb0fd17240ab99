/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
#ifndef XENFRONT_NETFRONT_RECONFIG_H
#define XENFRONT_NETFRONT_RECONFIG_H

#include "netfront.h"

struct ethtool_channels;

bool xnf_reconfig_take_queues(struct xnf_dev *xn);
void xnf_get_channels(struct net_device *dev, struct ethtool_channels *ch);
int xnf_set_channels(struct net_device *dev, struct ethtool_channels *ch);
void xnf_reconfig_init(struct xnf_dev *xn);
void xnf_reconfig_fini(struct xnf_dev *xn);

#endif /* XENFRONT_NETFRONT_RECONFIG_H */
