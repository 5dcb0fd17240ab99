/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copying bytes or granting the memory they are in: how many bytes are as dear as a grant.
 * Pure; what the two cost on this host is measured by copybreak.c.
 */
#ifndef XENFRONT_NETFRONT_COST_H
#define XENFRONT_NETFRONT_COST_H

#include <xenfront/portable.h>

/* A backend copies as many first bytes of a packet itself, and maps nothing for them. */
#define XNF_COPY_LEAST		128u
/* Half a frame, or the slot buffers of a ring would take too much memory. */
#define XNF_COPY_MOST		2048u
/* A measured figure is no finer than this. */
#define XNF_COPY_STEP		64u

/* What one measurement does: so many grants given and ended, so many bytes copied. */
#define XNF_COST_GRANTS		32u
#define XNF_COST_BYTES		16384u
/* Nanoseconds; beyond, the answer is XNF_COPY_MOST in any case, or nothing can be said. */
#define XNF_COST_CAP		4000000u

/**
 * xnf_copy_threshold() - up to how many bytes copying is the cheaper way
 * @grants_ns: nanoseconds that XNF_COST_GRANTS grants took
 * @copies_ns: nanoseconds that XNF_COST_BYTES bytes took
 *
 * Return: bytes, XNF_COPY_LEAST to XNF_COPY_MOST.
 */
static inline u32 xnf_copy_threshold(u64 grants_ns, u64 copies_ns)
{
	u32 grants = (u32)min(grants_ns, (u64)XNF_COST_CAP);
	u32 copies = (u32)min(copies_ns, (u64)XNF_COST_CAP);
	u32 threshold = grants * (XNF_COST_BYTES / XNF_COST_GRANTS) / max(copies, 1u);

	threshold -= threshold % XNF_COPY_STEP;
	return max(XNF_COPY_LEAST, min(threshold, XNF_COPY_MOST));
}

#endif /* XENFRONT_NETFRONT_COST_H */
