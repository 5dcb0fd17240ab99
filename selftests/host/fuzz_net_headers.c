// SPDX-License-Identifier: GPL-2.0
/* Where the headers of a received packet end. Input: the packet's first bytes. */
#include <stdlib.h>

#include "check.h"
#include "fuzz.h"
#include "netfront/headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xnf_headers h = { 0 };
	uint8_t *exact;

	if (size < 14 || size > 65535)
		return 0;
	/* Memory of just that size, so that a look behind its end is noticed. */
	exact = malloc(size);
	CHECK(exact);
	memcpy(exact, data, size);
	xnf_headers_find(exact, (u32)size, &h);
	free(exact);
	CHECK(h.len >= 14 && h.len <= size);
	if (h.l4) {
		CHECK(h.csum == 16 || h.csum == 6);
		/* The checksum field lies in the headers, and something lies before them. */
		CHECK(h.l4 >= 14 + 20 && h.l4 + h.csum + 2u <= h.len);
	}
	return 0;
}
