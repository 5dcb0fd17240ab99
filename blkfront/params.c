// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Module parameters, under the names the in-tree driver has for them. And the module's work queues:
 * main.c makes them, but the layers below main.c use them.
 */
#include <linux/cpumask.h>
#include <linux/kconfig.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <xen/xenbus.h>

#include <xenfront/param.h>

#include "blkfront.h"
#include "params.h"

/* Work on the first may wait for I/O, and I/O waits for work on the second. */
struct workqueue_struct *xbf_wq;
struct workqueue_struct *xbf_deferred_wq;

/*
 * A backend reserves memory for its own limit however few segments we use, so a smaller default
 * saves nothing. But with more than 32, xen-blkback on a dom0 with 64 KB pages reads wrong ones.
 */
#define XBF_DEFAULT_SEGMENTS	(IS_ENABLED(CONFIG_ARM64) ? 32 : 256)

unsigned int xbf_max_indirect_segments = XBF_DEFAULT_SEGMENTS;
module_param_named(max_indirect_segments, xbf_max_indirect_segments, uint, 0444);
MODULE_PARM_DESC(max_indirect_segments,
		 "Most segments in an indirect request, 0 for none (default 256, on Arm 32)");

#define XBF_DEFAULT_QUEUES	4u

unsigned int xbf_max_queues = XBF_DEFAULT_QUEUES;
module_param_named(max_queues, xbf_max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues, "Most rings per disk (default 4, at most one per CPU)");

unsigned int xbf_poll_queues;
module_param_named(poll_queues, xbf_poll_queues, uint, 0444);
MODULE_PARM_DESC(poll_queues, "Rings per disk for polled I/O, beside the others (default 0)");

int xbf_max_ring_page_order;
module_param_named(max_ring_page_order, xbf_max_ring_page_order, int, 0444);
MODULE_PARM_DESC(max_ring_page_order, "Largest order of 4 KB frames in a ring (default 0)");

bool xbf_trusted = true;
module_param_named(trusted, xbf_trusted, bool, 0644);
MODULE_PARM_DESC(trusted, "Whether backends may see what lies beside the data; N copies all data (default Y)");

/*
 * The in-tree driver's default. It costs a copy of every byte and up to 4 MB a ring, and saves the
 * backend's host mapping and unmapping every frame.
 */
bool xbf_feature_persistent = true;
module_param_named(feature_persistent, xbf_feature_persistent, bool, 0644);
MODULE_PARM_DESC(feature_persistent, "Keep grants and copy the data, if the backend does so (default Y)");

bool xbf_no_part_scan;
module_param_named(no_part_scan, xbf_no_part_scan, bool, 0644);
MODULE_PARM_DESC(no_part_scan, "Look for no partitions on disks that are added from now on (default N)");

/*
 * Clamps parameters, with a line for each that is out of range. The default of max_queues is not,
 * although a small guest has fewer CPUs.
 */
void xbf_params_check(void)
{
	xfl_param_clamp("max_indirect_segments", &xbf_max_indirect_segments, 0, XBF_MAX_SEGS);
	xfl_param_clamp("max_ring_page_order", &xbf_max_ring_page_order, 0,
			(int)XENBUS_MAX_RING_GRANT_ORDER);
	xfl_param_clamp("poll_queues", &xbf_poll_queues, 0, nr_cpu_ids);
	xfl_param_clamp("max_queues", &xbf_max_queues, 1, max(nr_cpu_ids, XBF_DEFAULT_QUEUES));
}
