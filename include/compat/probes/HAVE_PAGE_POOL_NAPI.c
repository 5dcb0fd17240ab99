// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/netdevice.h>
#include <net/page_pool/types.h>

struct page_pool_params probe = { .napi = NULL, .netdev = NULL };
