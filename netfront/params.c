// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Module parameters: names, types and permissions of the in-tree driver, where it has the
 * parameter. And the module's work queue: main.c makes it, but the layers below main.c use it.
 */
#include <linux/cpumask.h>
#include <linux/module.h>

#include <xenfront/param.h>

#include "cost.h"
#include "netfront.h"

#define XNF_QUEUES_DEFAULT	8u
#define XNF_QUEUES_LIMIT	64u

/* For work that the life cycle waits for, so it must not wait for memory. */
struct workqueue_struct *xnf_wq;

static unsigned int max_queues;
module_param(max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues, "Most queues an interface may have (default: CPUs, at most 8)");

static bool trusted = true;
module_param(trusted, bool, 0644);
MODULE_PARM_DESC(trusted,
		 "Whether backends may see memory of ours (default: 1); 0 copies all packets");

static int tx_copybreak = XNF_COPY_MEASURED;
module_param(tx_copybreak, int, 0644);
MODULE_PARM_DESC(tx_copybreak,
		 "Packets and heads sent up to this many bytes are copied (default: -1, measured)");

static int rx_copybreak = XNF_COPY_MEASURED;
module_param(rx_copybreak, int, 0644);
MODULE_PARM_DESC(rx_copybreak,
		 "Packets received up to this many bytes are copied (default: -1, measured)");

static int xnf_param_clamp_copybreak(int bytes)
{
	return clamp(bytes, XNF_COPY_MEASURED, (int)XNF_COPY_MOST);
}

/**
 * xnf_params_check() - bring parameters into their range, and log that
 *
 * A driver for a root file system or a console does not refuse to load.
 */
void xnf_params_check(void)
{
	/* 0 is the default, and not out of range. */
	if (!max_queues)
		max_queues = min(num_online_cpus(), XNF_QUEUES_DEFAULT);
	xfl_param_clamp("max_queues", &max_queues, 1, XNF_QUEUES_LIMIT);
	xfl_param_clamp("tx_copybreak", &tx_copybreak, XNF_COPY_MEASURED, (int)XNF_COPY_MOST);
	xfl_param_clamp("rx_copybreak", &rx_copybreak, XNF_COPY_MEASURED, (int)XNF_COPY_MOST);
}

/*
 * Most queues of an interface that is made now. A user may write the parameter, 0 for the default.
 */
u32 xnf_param_max_queues(void)
{
	u32 most = READ_ONCE(max_queues);

	return most ? min(most, XNF_QUEUES_LIMIT) : min(num_online_cpus(), XNF_QUEUES_DEFAULT);
}

/* Whether backends are trusted unless the toolstack says otherwise. */
bool xnf_param_trusted(void)
{
	return READ_ONCE(trusted);
}

/* Up to how many bytes to copy what is sent, or XNF_COPY_MEASURED. */
int xnf_param_tx_copybreak(void)
{
	return xnf_param_clamp_copybreak(READ_ONCE(tx_copybreak));
}

/* Up to how many bytes to copy what is received, or XNF_COPY_MEASURED. */
int xnf_param_rx_copybreak(void)
{
	return xnf_param_clamp_copybreak(READ_ONCE(rx_copybreak));
}
