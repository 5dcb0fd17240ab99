// SPDX-License-Identifier: GPL-2.0
#include <linux/netdevice.h>
#include <net/xdp.h>

void probe(struct net_device *dev)
{
	xdp_set_features_flag(dev, NETDEV_XDP_ACT_BASIC);
}
