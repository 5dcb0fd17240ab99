// SPDX-License-Identifier: GPL-2.0
/* Requests of every size and buffer alignment, each one read back through another alignment. */
#include "blkpat.h"
#include "pattern.h"

/* A request moves on from where the last one ended; the seed tells apart what it overwrites. */
static void one(struct disk *d, uint8_t *buf, uint64_t *pos, unsigned int len, unsigned int align)
{
	if (*pos + len > d->size)
		*pos = 0;
	d->seed++;
	bp_write(d, buf + align, *pos, len);
	memset(buf, 0, len + bp_page);
	bp_read_check(d, buf + (align + 3 * BP_SECTOR) % bp_page, *pos, len);
	*pos += len;
}

void bp_sweep(struct disk *d, unsigned int first, unsigned int last, unsigned int step,
	      bool all_alignments)
{
	uint8_t *buf = bp_buffer();
	unsigned int len, align, n = 0;
	uint64_t pos = 0;

	if (!first || !step || first % BP_SECTOR || step % BP_SECTOR || last > BP_MAX_IO)
		bp_die("sizes go from %u to %u in steps of %u", BP_SECTOR, BP_MAX_IO, BP_SECTOR);
	for (len = first; len <= last; len += step) {
		if (!all_alignments) {
			/* Sizes a page apart must not always meet the same alignment. */
			align = (n + n * BP_SECTOR / bp_page) * BP_SECTOR % bp_page;
			one(d, buf, &pos, len, align);
			n++;
			continue;
		}
		for (align = 0; align < bp_page; align += BP_SECTOR)
			one(d, buf, &pos, len, align);
	}
}
