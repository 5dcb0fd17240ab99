/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A grant table without Xen: a reference leads to a frame, with write access or
 * without, for as long as it is granted. A backend model reaches guest memory
 * through here and no other way, so that a wrong or ended reference is noticed.
 */
#ifndef HOST_GRANTS_H
#define HOST_GRANTS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

#define GRANTS_MAX	8192u
#define GRANTS_FIRST	8u	/* the ones below are Xen's own */

struct grants {
	struct {
		uint8_t *frame;
		bool readonly;
	} entry[GRANTS_MAX];
	uint32_t next;
};

/* References come round robin, so that one just ended is not soon a good one again. */
static inline uint32_t grant_frame(struct grants *g, uint8_t *frame, bool readonly)
{
	for (uint32_t tries = 0; tries < GRANTS_MAX; tries++) {
		uint32_t ref = g->next++ % (GRANTS_MAX - GRANTS_FIRST) + GRANTS_FIRST;

		if (!g->entry[ref].frame) {
			g->entry[ref].frame = frame;
			g->entry[ref].readonly = readonly;
			return ref;
		}
	}
	CHECK(!"a grant reference is free");
	return 0;
}

static inline void grant_end(struct grants *g, uint32_t ref)
{
	CHECK(ref < GRANTS_MAX && g->entry[ref].frame);
	g->entry[ref].frame = NULL;
}

/* Return: the frame, NULL if access was not granted. */
static inline uint8_t *grant_map(const struct grants *g, uint32_t ref, bool write)
{
	if (ref >= GRANTS_MAX || (write && g->entry[ref].readonly))
		return NULL;
	return g->entry[ref].frame;
}

static inline bool grants_none(const struct grants *g)
{
	for (uint32_t ref = 0; ref < GRANTS_MAX; ref++)
		if (g->entry[ref].frame)
			return false;
	return true;
}

#endif /* HOST_GRANTS_H */
