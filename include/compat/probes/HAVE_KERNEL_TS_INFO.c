// SPDX-License-Identifier: GPL-2.0
#include <linux/ethtool.h>

struct kernel_ethtool_ts_info probe;
