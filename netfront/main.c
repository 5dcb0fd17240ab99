// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * xen-netfront: the Xen network frontend. The module, the xenbus driver, and how an interface is
 * probed and removed.
 */
#include <linux/module.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include <version.h>

#include "netfront.h"

static int xnf_probe(struct xenbus_device *xbdev, const struct xenbus_device_id *id)
{
	struct xnf_dev *xn = xnf_netdev_alloc(xbdev, xnf_param_max_queues());
	int err;

	if (!xn)
		return -ENOMEM;
	err = xfl_device_init(&xn->xd, xbdev, &xnf_lifecycle_ops);
	if (err)
		goto err_free;
	/* At the probe, not at the connect: devices are probed in order, and named in it. */
	err = xnf_show(xn);
	if (err && err != -ENOENT)
		goto err_fini;
	xfl_device_start(&xn->xd);
	return 0;

err_fini:
	xfl_device_fini(&xn->xd);
err_free:
	xnf_netdev_free(xn);
	return err;
}

static void xnf_remove(struct xenbus_device *xbdev)
{
	struct xnf_dev *xn = container_of(dev_get_drvdata(&xbdev->dev), struct xnf_dev, xd);

	xfl_device_del(&xn->xd);
	xnf_netdev_unregister(xn);
	xnf_dev_put(xn);
}

static const struct xenbus_device_id xnf_ids[] = {
	{ "vif" },
	{ "" }
};

static struct xenbus_driver xnf_driver = {
	.ids			= xnf_ids,
	/* As in-tree: a guest boots, and the module loads, without waiting for a backend. */
	.not_essential		= true,
	.probe			= xnf_probe,
	.remove			= xnf_remove,
	.otherend_changed	= xfl_otherend_changed,
	.suspend		= xfl_suspend,
	.resume			= xfl_resume,
	.driver.pm		= &xfl_pm_ops,
};

static int __init xnf_init(void)
{
	int err;

	if (!xen_domain() || !xen_has_pv_nic_devices())
		return -ENODEV;
	xnf_params_check();
	xnf_wq = alloc_workqueue("xen-netfront", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!xnf_wq)
		return -ENOMEM;
	err = xenbus_register_frontend(&xnf_driver);
	if (err)
		destroy_workqueue(xnf_wq);
	return err;
}
module_init(xnf_init);

static void __exit xnf_exit(void)
{
	xenbus_unregister_driver(&xnf_driver);
	/* The last step of a connection that was abandoned may still run. */
	xfl_park_flush();
	destroy_workqueue(xnf_wq);
}
module_exit(xnf_exit);

MODULE_DESCRIPTION("Xen network frontend");
MODULE_AUTHOR("xenfront maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(XENFRONT_STAMP);
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");
MODULE_IMPORT_NS(XEN_FRONTLIB);
