// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Module parameters out of range.
 */
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/printk.h>

#include <xenfront/param.h>

/* The lines here begin with the name of the module that asks. */
#undef pr_fmt
#define pr_fmt(fmt) fmt

/**
 * xfl_param_clamp_uint() - xfl_param_clamp() of an unsigned int
 * @module: name of the module that asks
 * @name: the parameter's name
 * @value: its variable
 * @lo: smallest value
 * @hi: largest value
 *
 * Context: process.
 */
void xfl_param_clamp_uint(const char *module, const char *name, unsigned int *value,
			  unsigned int lo, unsigned int hi)
{
	unsigned int given = READ_ONCE(*value);
	unsigned int used = clamp(given, lo, hi);

	if (used == given)
		return;
	pr_warn("%s: %s=%u is out of range %u..%u, using %u\n", module, name, given, lo, hi, used);
	WRITE_ONCE(*value, used);
}
EXPORT_SYMBOL_NS_GPL(xfl_param_clamp_uint, XEN_FRONTLIB);

/**
 * xfl_param_clamp_int() - xfl_param_clamp() of an int
 * @module: name of the module that asks
 * @name: the parameter's name
 * @value: its variable
 * @lo: smallest value
 * @hi: largest value
 *
 * Context: process.
 */
void xfl_param_clamp_int(const char *module, const char *name, int *value, int lo, int hi)
{
	int given = READ_ONCE(*value);
	int used = clamp(given, lo, hi);

	if (used == given)
		return;
	pr_warn("%s: %s=%d is out of range %d..%d, using %d\n", module, name, given, lo, hi, used);
	WRITE_ONCE(*value, used);
}
EXPORT_SYMBOL_NS_GPL(xfl_param_clamp_int, XEN_FRONTLIB);
