// SPDX-License-Identifier: GPL-2.0
#include <linux/ethtool.h>

void probe(struct net_device *dev);
void probe(struct net_device *dev)
{
	ethtool_rxfh_indir_lost(dev);
}
