/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CHECK() for what must always hold, in unit tests and fuzzers alike: it says
 * what broke and stops with a signal, which cmocka turns into a failed test and
 * libFuzzer into a kept input.
 */
#ifndef HOST_CHECK_H
#define HOST_CHECK_H

#include <stdio.h>

#define CHECK(cond)							\
	do {								\
		if (!(cond)) {						\
			fprintf(stderr, "# %s:%d: must hold: %s\n",	\
				__FILE__, __LINE__, #cond);		\
			__builtin_trap();				\
		}							\
	} while (0)

#endif /* HOST_CHECK_H */
