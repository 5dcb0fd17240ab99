// SPDX-License-Identifier: GPL-2.0
/*
 * swapfill MB PASSES [LOCKED]: more memory than there is, verified page by page, so that pages go
 * out to swap and come back. LOCKED MB are held in memory first, which makes a large guest as
 * small as the test wants it. Prints how much was swapped out before the first pass.
 */
#define _GNU_SOURCE
#include "pattern.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static long swapped_kb(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	long kb = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmSwap: %ld kB", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

/* Odd passes go backwards, so that what was read last is not what is still in memory. */
static int check_pass(uint8_t *mem, size_t pages, size_t page, unsigned int pass)
{
	size_t i, n;
	long bad;

	for (i = 0; i < pages; i++) {
		n = pass % 2 ? pages - 1 - i : i;
		bad = pattern_check(mem + n * page, page, pass, n * page);
		if (bad >= 0) {
			printf("pass %u: page %zu of %zu, byte %ld is wrong\n", pass, n, pages, bad);
			return 1;
		}
		pattern_fill(mem + n * page, page, pass + 1, n * page);
	}
	return 0;
}

static int hold(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED && !mlock(p, len))
		return 0;
	printf("cannot hold %zu MB: %m\n", len >> 20);
	return 1;
}

int main(int argc, char **argv)
{
	size_t page = sysconf(_SC_PAGESIZE), len = argc > 1 ? strtoul(argv[1], NULL, 0) << 20 : 0;
	unsigned int pass, passes = argc > 2 ? strtoul(argv[2], NULL, 0) : 2;
	uint8_t *mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!len || mem == MAP_FAILED) {
		puts("usage: swapfill MB [PASSES [LOCKED]]");
		return 1;
	}
	if (argc > 3 && hold(strtoul(argv[3], NULL, 0) << 20))
		return 1;
	pattern_fill(mem, len, 0, 0);
	printf("swapped_kb %ld\n", swapped_kb());
	for (pass = 0; pass < passes; pass++)
		if (check_pass(mem, len / page, page, pass))
			return 1;
	return 0;
}
