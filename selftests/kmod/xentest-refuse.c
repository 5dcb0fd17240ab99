// SPDX-License-Identifier: GPL-2.0
/*
 * xentest-refuse: a device that refuses to be suspended, as any driver may.
 *
 * Devices are suspended in the opposite order of their making: those that were there before this
 * module was loaded come after it, and are not asked at all when it refuses. Early, in
 * dpm_suspend_start(), that is to "freeze"; late, in dpm_suspend_end(), "freeze_noirq".
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>

static unsigned int freeze;
module_param(freeze, uint, 0644);
MODULE_PARM_DESC(freeze, "Refuse so many times from now on, in dpm_suspend_start()");

static unsigned int freeze_noirq;
module_param(freeze_noirq, uint, 0644);
MODULE_PARM_DESC(freeze_noirq, "Refuse so many times from now on, in dpm_suspend_end()");

static unsigned int refused;
module_param(refused, uint, 0444);
MODULE_PARM_DESC(refused, "How often it has");

static unsigned int waited;
module_param(waited, uint, 0444);
MODULE_PARM_DESC(waited, "How long it took at last, in ms, until it was asked what it refused");

static ktime_t begun;

static int refuse_prepare(struct device *dev)
{
	begun = ktime_get();
	return 0;
}

static int refuse(unsigned int *times)
{
	if (!*times)
		return 0;
	(*times)--;
	waited = ktime_ms_delta(ktime_get(), begun);
	refused++;
	return -EBUSY;
}

static int refuse_freeze(struct device *dev)
{
	return refuse(&freeze);
}

static int refuse_freeze_noirq(struct device *dev)
{
	return refuse(&freeze_noirq);
}

static const struct dev_pm_ops refuse_pm = {
	.prepare	= refuse_prepare,
	.freeze		= refuse_freeze,
	.freeze_noirq	= refuse_freeze_noirq,
};

static struct platform_driver refuse_driver = {
	.driver = {
		.name	= "xentest-refuse",
		.pm	= &refuse_pm,
	},
};

static struct platform_device *refuse_device;

static int __init refuse_init(void)
{
	int err = platform_driver_register(&refuse_driver);

	if (err)
		return err;
	refuse_device = platform_device_register_simple("xentest-refuse", PLATFORM_DEVID_NONE,
							NULL, 0);
	if (IS_ERR(refuse_device)) {
		platform_driver_unregister(&refuse_driver);
		return PTR_ERR(refuse_device);
	}
	return 0;
}
module_init(refuse_init);

static void __exit refuse_exit(void)
{
	platform_device_unregister(refuse_device);
	platform_driver_unregister(&refuse_driver);
}
module_exit(refuse_exit);

MODULE_DESCRIPTION("Test: a device that refuses to be suspended");
MODULE_LICENSE("GPL");
