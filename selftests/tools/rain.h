/* SPDX-License-Identifier: GPL-2.0 */
/* What a datagram of "rain" holds: its number and its length, then the pattern of that number. */
#ifndef XENFRONT_TOOLS_RAIN_H
#define XENFRONT_TOOLS_RAIN_H

#include "pattern.h"

#include <stdio.h>

#define RAIN_MAGIC	0x7261696eu
/* So many wrong ones are described. */
#define RAIN_SHOWN	3u

struct rain_head {
	uint32_t magic;
	uint32_t len;
	uint64_t number;
};

struct rain_count {
	unsigned long long right, wrong;
};

static inline void rain_make(uint8_t *p, uint64_t number, uint32_t len)
{
	struct rain_head h = { .magic = RAIN_MAGIC, .len = len, .number = number };

	memcpy(p, &h, sizeof(h));
	pattern_fill(p + sizeof(h), len - sizeof(h), number, sizeof(h));
}

/* Return: the first wrong byte, or -1. */
static inline long rain_first_wrong(const uint8_t *p, size_t got)
{
	struct rain_head h;
	long bad;

	if (got < sizeof(h))
		return got;
	memcpy(&h, p, sizeof(h));
	if (h.magic != RAIN_MAGIC)
		return 0;
	if (h.len != got)
		return 4;
	bad = pattern_check(p + sizeof(h), got - sizeof(h), h.number, sizeof(h));
	return bad < 0 ? -1 : bad + (long)sizeof(h);
}

/* Counts one that came, and says so if it is wrong. */
static inline void rain_judge(struct rain_count *c, const uint8_t *p, size_t got)
{
	long bad = rain_first_wrong(p, got);

	if (bad < 0)
		c->right++;
	else if (c->wrong++ < RAIN_SHOWN)
		printf("one of %zu bytes, delivered as good, is wrong from byte %ld on\n", got, bad);
	fflush(stdout);
}

/* Return: exit status: whether any came, and all were right. */
static inline int rain_verdict(const struct rain_count *c)
{
	printf("%llu right, %llu wrong\n", c->right, c->wrong);
	return !c->right || c->wrong;
}

#endif /* XENFRONT_TOOLS_RAIN_H */
