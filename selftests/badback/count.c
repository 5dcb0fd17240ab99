// SPDX-License-Identifier: GPL-2.0
/* What passed, and what the guest did against the protocol or without having been asked. */
#include "badback.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A guest that does one thing wrong does it often. */
#define VIOLATIONS_SHOWN	50

struct counts counts;

void count_print(void)
{
	printf("counts:");
#define COUNT_PRINT(_name)	printf(" " #_name "=%lu", counts._name);
	COUNTS(COUNT_PRINT)
#undef COUNT_PRINT
	putchar('\n');
}

void count_most(unsigned long *most, unsigned long now)
{
	if (*most < now)
		*most = now;
}

void violation(const char *fmt, ...)
{
	va_list ap;

	if (++counts.violations > VIOLATIONS_SHOWN)
		return;
	fputs("violation: ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void die(const char *fmt, ...)
{
	va_list ap;

	fputs("badback: ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(2);
}
