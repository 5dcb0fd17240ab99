// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Which CPU serves which queue: CPU c serves queue c modulo the number of queues, for interrupts
 * and for sending, so that the cache lines of a queue's rings stay in one cache.
 *
 * No function here waits for CPU hotplug. That may take as long as some disk's backend takes to
 * respond, and the caller holds RTNL, or is the device's life cycle.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/netdevice.h>

#include "netfront.h"

/* Move a queue's interrupts to its CPU. On failure they stay where they are. */
void xnf_affinity_hint(struct xnf_queue *q)
{
	const struct cpumask *cpu;

	if (!cpus_read_trylock())
		return;
	cpu = cpumask_of(cpumask_local_spread(q->index, NUMA_NO_NODE));
	if (num_online_cpus() > 1) {
		xfl_evtchn_set_affinity(&q->tx_ec, cpu);
		if (q->rx_ec.irq)
			xfl_evtchn_set_affinity(&q->rx_ec, cpu);
	}
	cpus_read_unlock();
}

static bool xnf_affinity_steer_queue(struct xnf_dev *xn, struct cpumask *mask, u32 index)
{
	u32 i;

	cpumask_clear(mask);
	if (!cpus_read_trylock())
		return false;
	for (i = index; i < num_online_cpus(); i += xn->nr_queues)
		cpumask_set_cpu(cpumask_local_spread(i, NUMA_NO_NODE), mask);
	if (!cpumask_empty(mask))
		__netif_set_xps_queue(xn->netdev, cpumask_bits(mask), index, XPS_CPUS);
	cpus_read_unlock();
	return true;
}

/**
 * xnf_affinity_steer() - have each CPU send on its own queue (XPS)
 * @xn: the device
 *
 * Only if the number of queues has changed: what the administrator set since then stays.
 *
 * Context: process.
 */
void xnf_affinity_steer(struct xnf_dev *xn)
{
	cpumask_var_t mask;
	bool all = true;
	u32 i;

	if (xn->steered == xn->nr_queues || !alloc_cpumask_var(&mask, GFP_NOIO))
		return;
	for (i = 0; i < xn->nr_queues; i++)
		if (!xnf_affinity_steer_queue(xn, mask, i))
			all = false;
	free_cpumask_var(mask);
	/* Else the next connection tries again. */
	if (all)
		xn->steered = xn->nr_queues;
}
