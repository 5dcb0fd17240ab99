// SPDX-License-Identifier: GPL-2.0
/* The kinds of backends there are. */
#include "badback.h"

#include <string.h>

#define V4	(1u << XEN_NETIF_GSO_TYPE_TCPV4)
#define V6	(1u << XEN_NETIF_GSO_TYPE_TCPV6)
#define SLOTS_OFFERED	40

static const struct key freebsd_keys[] = {
	{ "feature-sg", 1 },
	{ "feature-gso-tcpv4", 1 },
	{ "feature-rx-copy", 1 },
	{ "feature-rx-flip", 0 },
	{ NULL, 0 }
};

static const struct key qemu_keys[] = {
	{ "feature-rx-copy", 1 },
	{ "feature-rx-flip", 0 },
	{ NULL, 0 }
};

static const struct key slots_keys[] = {
	{ "feature-sg", 1 },
	{ "feature-gso-tcpv4", 1 },
	{ "feature-gso-tcpv6", 1 },
	{ "feature-ipv6-csum-offload", 1 },
	{ "feature-rx-copy", 1 },
	{ "feature-max-tx-slots", SLOTS_OFFERED },
	{ NULL, 0 }
};

static const struct key hash_keys[] = {
	{ "feature-sg", 1 },
	{ "feature-gso-tcpv4", 1 },
	{ "feature-gso-tcpv6", 1 },
	{ "feature-ipv6-csum-offload", 1 },
	{ "feature-rx-copy", 1 },
	{ "feature-ctrl-ring", 1 },
	{ "multi-queue-max-queues", 2 },
	{ NULL, 0 }
};

static const struct key errors_keys[] = {
	{ "feature-sg", 1 },
	{ "feature-gso-tcpv4", 1 },
	{ "feature-gso-tcpv6", 1 },
	{ "feature-ipv6-csum-offload", 1 },
	{ "feature-rx-copy", 1 },
	{ NULL, 0 }
};

static const struct key groups_keys[] = {
	{ "feature-sg", 1 },
	{ "feature-rx-copy", 1 },
	{ "feature-multicast-control", 1 },
	{ "feature-dynamic-multicast-control", 1 },
	{ NULL, 0 }
};

static const struct key groups_once_keys[] = {
	{ "feature-sg", 1 },
	{ "feature-rx-copy", 1 },
	{ "feature-multicast-control", 1 },
	{ NULL, 0 }
};

static const struct manner manners[] = {
	/* Its key for GSO says no, its code takes it: here the key says so too. */
	{
		.name = "freebsd", .keys = freebsd_keys, .tx_slots = XEN_NETIF_NR_SLOTS_MIN,
		.gso = V4, .csum_rx = true, .waits = true,
	},
	/* One slot a packet, and what it gives begins where an IP header is aligned. */
	{
		.name = "qemu", .keys = qemu_keys, .tx_slots = 1, .maps = true, .rx_offset = 2,
	},
	/* Offers to agree on how many slots a packet has. */
	{
		.name = "slots", .keys = slots_keys, .tx_slots = XEN_NETIF_NR_SLOTS_MIN,
		.tx_offer = SLOTS_OFFERED, .gso = V4 | V6, .csum6 = true, .csum_rx = true,
		.ragged = true,
	},
	/* Has two queues and a control ring, and refuses on it what it is told to. */
	{
		.name = "hash", .keys = hash_keys, .tx_slots = XEN_NETIF_NR_SLOTS_MIN,
		.gso = V4 | V6, .csum6 = true, .csum_rx = true, .queues = 2, .ctrl = true,
	},
	/* As netback is, but that now and then a packet fails. */
	{
		.name = "errors", .keys = errors_keys, .tx_slots = XEN_NETIF_NR_SLOTS_MIN,
		.gso = V4 | V6, .csum6 = true, .csum_rx = true, .fail_every = 11,
	},
	/* Has a multicast filter with a list too short for many a guest. */
	{
		.name = "groups", .keys = groups_keys, .tx_slots = XEN_NETIF_NR_SLOTS_MIN,
		.groups = GROUPS_MAX, .groups_dynamic = true,
	},
	/* And asks only when connecting whether to use it. */
	{
		.name = "groups-once", .keys = groups_once_keys, .tx_slots = XEN_NETIF_NR_SLOTS_MIN,
		.groups = GROUPS_MAX,
	},
};

const struct manner *manner_named(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(manners) / sizeof(manners[0]); i++)
		if (!strcmp(manners[i].name, name))
			return &manners[i];
	return NULL;
}
