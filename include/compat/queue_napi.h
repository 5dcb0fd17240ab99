/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Which NAPI instance, with which interrupt, looks after a queue; 6.8, "netdev-genl: Add netlink
 * framework functions for queue" and "for napi". See compat.h.
 */
#ifndef XENFRONT_COMPAT_QUEUE_NAPI_H
#define XENFRONT_COMPAT_QUEUE_NAPI_H

#include <linux/netdevice.h>

#ifndef HAVE_QUEUE_SET_NAPI
#define netif_napi_set_irq(napi, irq)			((void)(napi))
#define netif_queue_set_napi(dev, index, type, napi)	((void)(dev), (void)(napi))
#endif

#endif /* XENFRONT_COMPAT_QUEUE_NAPI_H */
