/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Module parameters that are numbers.
 */
#ifndef XENFRONT_PARAM_H
#define XENFRONT_PARAM_H

#include <linux/compiler.h>

void xfl_param_clamp_uint(const char *module, const char *name, unsigned int *value,
			  unsigned int lo, unsigned int hi);
void xfl_param_clamp_int(const char *module, const char *name, int *value, int lo, int hi);

/**
 * xfl_param_clamp() - bring a module parameter into its range, with a line in the log if it was not
 * @_name: the parameter's name, as the user writes it
 * @_value: pointer to its variable, an unsigned int or an int; written only if out of range
 * @_lo: smallest value, of the variable's type
 * @_hi: largest value, not below @_lo
 *
 * A driver for a root file system does not refuse to load: a parameter out of range is used as if
 * it were the nearest bound. The line begins with the name of the module that asks.
 *
 * Where a user can write the parameter at any time, its readers use READ_ONCE() and clamp what they
 * read, as a later write is not checked by this.
 *
 * Context: process, when the module is loaded; takes no lock.
 */
#define xfl_param_clamp(_name, _value, _lo, _hi)					\
	(__builtin_choose_expr(__same_type(*(_value), int),				\
			       xfl_param_clamp_int, xfl_param_clamp_uint)		\
		(KBUILD_MODNAME, _name, _value, _lo, _hi))

#endif /* XENFRONT_PARAM_H */
