// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/ethtool.h>

static int get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *p)
{
	return 0;
}

struct ethtool_ops probe = { .get_rxfh = get_rxfh };
