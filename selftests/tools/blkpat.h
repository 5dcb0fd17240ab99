/* SPDX-License-Identifier: GPL-2.0 */
/* blkpat: verified direct I/O on a disk. */
#ifndef XENFRONT_TOOLS_BLKPAT_H
#define XENFRONT_TOOLS_BLKPAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BP_SECTOR	512u
#define BP_MAX_IO	(1u << 20)

struct disk {
	int fd;
	const char *path;
	uint64_t size;		/* bytes */
	uint64_t seed;		/* of what is written next */
};

extern unsigned int bp_page;	/* bytes */

__attribute__((noreturn, format(printf, 1, 2))) void bp_die(const char *fmt, ...);
unsigned int bp_limit(unsigned int seconds);
uint8_t *bp_buffer(void);
void bp_write(struct disk *d, uint8_t *buf, uint64_t pos, unsigned int len);
void bp_read_check(struct disk *d, uint8_t *buf, uint64_t pos, unsigned int len);

/* bp_sweep.c */
void bp_sweep(struct disk *d, unsigned int first, unsigned int last, unsigned int step,
	      bool all_alignments);

/* bp_mix.c */
void bp_mix(struct disk *d, unsigned int ops, unsigned int depth, bool polled);

/* bp_batch.c */
void bp_batch(struct disk *d, bool write, unsigned int nr, unsigned int bytes,
	      unsigned int offset);
/* bp_read.c */
void bp_reads(struct disk *d, unsigned int depth, bool polled);

/* bp_discard.c */
void bp_discard(struct disk *d, unsigned int ops);

/* bp_forget.c */
void bp_forget(struct disk *d, unsigned int ops, unsigned int seconds);

#endif /* XENFRONT_TOOLS_BLKPAT_H */
