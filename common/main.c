// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * xen-frontlib: what the Xen network and block frontends have in common.
 */
#include <linux/module.h>

#include <version.h>
#include <xenfront/grant.h>

#include "internal.h"

/**
 * xfl_park_flush() - wait for callbacks of a driver that are running
 *
 * For a driver whose parked frames, or abandoned connections, were released, before its module
 * goes.
 *
 * Context: process; sleeps.
 */
void xfl_park_flush(void)
{
	xfl_park_flush_work();
	xfl_abandoned_flush();
}
EXPORT_SYMBOL_NS_GPL(xfl_park_flush, XEN_FRONTLIB);

static int __init xfl_init(void)
{
	int err;

	xfl_transact_init();
	err = xfl_park_init();
	if (err)
		return err;
	err = xfl_watch_init();
	if (err)
		goto err_park;
	err = xfl_abandoned_init();
	if (err)
		goto err_watch;
	err = xfl_reprobe_init();
	if (err)
		goto err_abandoned;
	err = xfl_pm_init();
	if (err)
		goto err_reprobe;
	return 0;

err_reprobe:
	xfl_reprobe_exit();
err_abandoned:
	xfl_abandoned_exit();
	xfl_quarantine_exit();
err_watch:
	xfl_watch_exit();
err_park:
	xfl_park_exit();
	return err;
}
module_init(xfl_init);

static void __exit xfl_exit(void)
{
	xfl_pm_exit();
	xfl_reprobe_exit();
	xfl_abandoned_exit();
	xfl_quarantine_exit();
	xfl_watch_exit();
	xfl_park_exit();
}
module_exit(xfl_exit);

MODULE_DESCRIPTION("Shared layer of the Xen network and block frontends");
MODULE_AUTHOR("xenfront maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(XENFRONT_STAMP);
