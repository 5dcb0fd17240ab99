// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Attributes of the in-tree driver, for the bounds of a receive ring that grew and shrank. Scripts
 * still write and read them, but the ring is always full.
 */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/kstrtox.h>

#include "netfront.h"

static ssize_t xnf_rxbuf_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", XNF_RING_SLOTS);
}

static ssize_t xnf_rxbuf_store(struct device *dev, struct device_attribute *attr, const char *buf,
			       size_t len)
{
	unsigned long ignored;
	int err;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	err = kstrtoul(buf, 0, &ignored);
	return err ?: len;
}

static struct device_attribute rxbuf_min = __ATTR(rxbuf_min, 0644, xnf_rxbuf_show, xnf_rxbuf_store);
static struct device_attribute rxbuf_max = __ATTR(rxbuf_max, 0644, xnf_rxbuf_show, xnf_rxbuf_store);
static struct device_attribute rxbuf_cur = __ATTR(rxbuf_cur, 0444, xnf_rxbuf_show, NULL);

static struct attribute *xnf_attributes[] = {
	&rxbuf_min.attr,
	&rxbuf_max.attr,
	&rxbuf_cur.attr,
	NULL
};

const struct attribute_group xnf_attribute_group = {
	.attrs = xnf_attributes,
};
