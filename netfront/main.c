// SPDX-License-Identifier: GPL-2.0
/*
 * xen-netfront: the Xen network frontend. Wires the parts together.
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
	err = xfl_device_init(&xn->xd, xbdev, &xnf_life);
	if (err) {
		xnf_netdev_free(xn);
		return err;
	}
	dev_set_drvdata(&xbdev->dev, xn);
	xfl_device_start(&xn->xd);
	return 0;
}

static void xnf_remove(struct xenbus_device *xbdev)
{
	struct xnf_dev *xn = dev_get_drvdata(&xbdev->dev);

	xfl_device_del(&xn->xd);
	xnf_netdev_unregister(xn);
	xfl_device_fini(&xn->xd);
	dev_set_drvdata(&xbdev->dev, NULL);
	xnf_netdev_free(xn);
}

static void xnf_otherend_changed(struct xenbus_device *xbdev, enum xenbus_state state)
{
	struct xnf_dev *xn = dev_get_drvdata(&xbdev->dev);

	xfl_backend_changed(&xn->xd, state);
}

static int xnf_resume(struct xenbus_device *xbdev)
{
	struct xnf_dev *xn = dev_get_drvdata(&xbdev->dev);

	WRITE_ONCE(xn->change.resumes, xn->change.resumes + 1);
	xfl_resume(&xn->xd);
	return 0;
}

static const struct xenbus_device_id xnf_ids[] = {
	{ "vif" },
	{ "" }
};

static struct xenbus_driver xnf_driver = {
	.ids			= xnf_ids,
	.probe			= xnf_probe,
	.remove			= xnf_remove,
	.otherend_changed	= xnf_otherend_changed,
	.resume			= xnf_resume,
};

static int __init xnf_init(void)
{
	int err;

	if (!xen_domain() || !xen_has_pv_nic_devices())
		return -ENODEV;
	err = xnf_params_check();
	return err ?: xenbus_register_frontend(&xnf_driver);
}
module_init(xnf_init);

static void __exit xnf_exit(void)
{
	xenbus_unregister_driver(&xnf_driver);
}
module_exit(xnf_exit);

MODULE_DESCRIPTION("Xen network frontend");
MODULE_LICENSE("GPL");
MODULE_VERSION(XENFRONT_VERSION);
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");
MODULE_IMPORT_NS(XEN_FRONTLIB);
