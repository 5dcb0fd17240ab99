// SPDX-License-Identifier: GPL-2.0
/* Serial numbers out of xenstore. Input: what somebody wrote there. */
#include <stdlib.h>

#include "blkfront/serial.h"
#include "check.h"
#include "fuzz.h"

static void check_serial(const char *serial)
{
	size_t len = strlen(serial);

	CHECK(len > 0 && len <= XBF_SERIAL_MAX);
	CHECK(serial[0] != ' ' && serial[len - 1] != ' ');
	for (; *serial; serial++)
		CHECK(*serial >= ' ' && *serial <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *serial;

	/* Memory of just that size, so that a look behind its end is noticed. */
	text = malloc(size ? size : 1);
	serial = malloc(XBF_SERIAL_MAX + 1);
	CHECK(text && serial);
	memcpy(text, data, size);
	if (!xbf_serial_from_page(text, (u32)size, serial))
		check_serial(serial);
	if (!xbf_serial_from_text(text, (u32)size, serial))
		check_serial(serial);
	free(text);
	free(serial);
	return 0;
}
