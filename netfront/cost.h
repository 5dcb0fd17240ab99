/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Copying bytes, or granting the memory they are in: how many bytes cost as much as a grant.
 * Pure; copybreak.c measures what either costs on this host.
 */
#ifndef XENFRONT_NETFRONT_COST_H
#define XENFRONT_NETFRONT_COST_H

#include <xenfront/portable.h>

/* A backend copies so many first bytes of a packet itself, and maps nothing for them. */
#define XNF_COPY_LEAST		128u
/* Half a frame; with more, the slot buffers of a ring would take too much memory. */
#define XNF_COPY_MOST		2048u
/* A measured figure is no finer than this. */
#define XNF_COPY_STEP		64u

/* One measurement grants and ends so many times, or copies so many bytes. */
#define XNF_COST_GRANTS		32u
#define XNF_COST_BYTES		16384u
/* Nanoseconds; with more, the result is XNF_COPY_MOST in any case, or means nothing. */
#define XNF_COST_CAP		4000000u

/**
 * xnf_copy_threshold() - up to how many bytes copying costs less
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
