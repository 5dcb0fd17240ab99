/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A byte stream that both ends of a test can compute: the byte at any position of the stream
 * named by a seed. Data that was shifted, repeated, mixed up or left stale does not match.
 */
#ifndef XENFRONT_TOOLS_PATTERN_H
#define XENFRONT_TOOLS_PATTERN_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline uint64_t pattern_word(uint64_t seed, uint64_t index)
{
	uint64_t x = seed * 0xd1342543de82ef95u + index * 0x9e3779b97f4a7c15u + 1;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static inline uint8_t pattern_byte(uint64_t seed, uint64_t pos)
{
	return pattern_word(seed, pos / 8) >> (8 * (pos % 8));
}

static inline void pattern_fill(void *buf, size_t len, uint64_t seed, uint64_t pos)
{
	uint8_t *p = buf;
	uint64_t word;

	for (; len && pos % 8; len--)
		*p++ = pattern_byte(seed, pos++);
	for (; len >= 8; len -= 8, p += 8, pos += 8) {
		word = pattern_word(seed, pos / 8);
		memcpy(p, &word, 8);
	}
	for (; len; len--)
		*p++ = pattern_byte(seed, pos++);
}

/* Returns the index of the first wrong byte, or -1 if there is none. */
static inline long pattern_check(const void *buf, size_t len, uint64_t seed, uint64_t pos)
{
	const uint8_t *p = buf;
	uint64_t word;
	size_t i = 0;

	while (i < len) {
		if (!((pos + i) % 8) && len - i >= 8) {
			word = pattern_word(seed, (pos + i) / 8);
			if (!memcmp(p + i, &word, 8)) {
				i += 8;
				continue;
			}
		}
		if (p[i] != pattern_byte(seed, pos + i))
			return i;
		i++;
	}
	return -1;
}

/* A small generator for choices; repeats exactly from its seed. */
struct rng {
	uint64_t seed;
	uint64_t count;
};

static inline uint64_t rng_next(struct rng *r)
{
	return pattern_word(r->seed, r->count++);
}

/* A number from lo to hi, both included. */
static inline unsigned int rng_range(struct rng *r, unsigned int lo, unsigned int hi)
{
	return lo + rng_next(r) % (hi - lo + 1);
}

#endif /* XENFRONT_TOOLS_PATTERN_H */
