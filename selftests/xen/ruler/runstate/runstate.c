// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/xen_runstate: the time that Xen accounts to each vCPU of this domain, one line a vCPU, in
 * nanoseconds: running, runnable, blocked, offline.
 *
 * An unprivileged domain may ask Xen for this, but its kernel no longer lets programs do so
 * through privcmd, and /proc/stat has ticks.
 */
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>
#include <xen/xen.h>
#include <asm/xen/hypercall.h>

static int runstate_show(struct seq_file *m, void *unused)
{
	struct vcpu_runstate_info info;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		int err = HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, cpu, &info);

		if (err)
			return err;
		seq_printf(m, "%llu %llu %llu %llu\n", info.time[RUNSTATE_running],
			   info.time[RUNSTATE_runnable], info.time[RUNSTATE_blocked],
			   info.time[RUNSTATE_offline]);
	}
	return 0;
}

static int __init runstate_init(void)
{
	if (!xen_domain())
		return -ENODEV;
	return proc_create_single("xen_runstate", 0400, NULL, runstate_show) ? 0 : -ENOMEM;
}

static void __exit runstate_exit(void)
{
	remove_proc_entry("xen_runstate", NULL);
}

module_init(runstate_init);
module_exit(runstate_exit);
MODULE_DESCRIPTION("CPU time of this domain as Xen accounts it");
MODULE_LICENSE("GPL");
