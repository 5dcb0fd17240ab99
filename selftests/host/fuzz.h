/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every fuzzer needs: bytes from the input, zeroes once it is used up. An
 * input is what the other domain wrote, or what the stack asked for.
 */
#ifndef HOST_FUZZ_H
#define HOST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *at;
	size_t left;
};

static inline void take_bytes(struct bytes *b, void *to, size_t n)
{
	size_t have = b->left < n ? b->left : n;

	memset(to, 0, n);
	if (have)
		memcpy(to, b->at, have);
	b->at += have;
	b->left -= have;
}

static inline uint8_t take_u8(struct bytes *b)
{
	uint8_t v;

	take_bytes(b, &v, sizeof(v));
	return v;
}

static inline uint16_t take_u16(struct bytes *b)
{
	uint16_t v;

	take_bytes(b, &v, sizeof(v));
	return v;
}

static inline uint32_t take_u32(struct bytes *b)
{
	uint32_t v;

	take_bytes(b, &v, sizeof(v));
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* HOST_FUZZ_H */
