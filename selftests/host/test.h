/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every unit test needs: cmocka, and random numbers from a seed that is
 * printed, so that a failure can be had again with XENFRONT_SEED=.
 */
#ifndef HOST_TEST_H
#define HOST_TEST_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rng.h"

#define DEFAULT_SEED	0x78656e66726f6e74ull

/* A generator for one test, the same on every run unless the person says otherwise. */
static inline struct rng test_rng(void)
{
	const char *wish = getenv("XENFRONT_SEED");
	struct rng r = { wish ? strtoull(wish, NULL, 0) : DEFAULT_SEED };

	static bool told;

	if (!told)
		printf("# seed 0x%llx\n", (unsigned long long)r.state);
	told = true;
	return r;
}

#endif /* HOST_TEST_H */
