// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/ethtool.h>

static u32 get_rx_ring_count(struct net_device *dev)
{
	return 1;
}

struct ethtool_ops probe = { .get_rx_ring_count = get_rx_ring_count };
