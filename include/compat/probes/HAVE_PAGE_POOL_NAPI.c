// SPDX-License-Identifier: GPL-2.0
#include <linux/netdevice.h>
#include <net/page_pool/types.h>

struct page_pool_params probe = { .napi = NULL, .netdev = NULL };
