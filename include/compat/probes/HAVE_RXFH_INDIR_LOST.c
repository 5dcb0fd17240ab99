// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/ethtool.h>

void probe(struct net_device *dev);
void probe(struct net_device *dev)
{
	ethtool_rxfh_indir_lost(dev);
}
