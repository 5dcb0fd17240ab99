/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * The ring map: how many of a backend's rings are polled, and which hardware context has which
 * ring. Pure; xbf_set_ring_map() in connect.c puts it into force.
 */
#ifndef XENFRONT_BLKFRONT_RING_MAP_H
#define XENFRONT_BLKFRONT_RING_MAP_H

#include <xenfront/portable.h>

/**
 * struct xbf_rings - rings of a disk; those with events come first
 * @event: rings that raise events
 * @poll: rings that are polled
 */
struct xbf_rings {
	u32 event;
	u32 poll;
};

/**
 * xbf_share_rings() - what a backend's rings are used for
 * @offered: rings it offers, at least 1
 * @event: rings with events wanted, at least 1
 * @poll: polled rings wanted
 *
 * Polled rings come first, since somebody asked for them, but one ring is left for requests that
 * nobody polls for.
 */
static inline struct xbf_rings xbf_share_rings(u32 offered, u32 event, u32 poll)
{
	struct xbf_rings rings;

	rings.poll = min(poll, offered - 1);
	rings.event = min(event, offered - rings.poll);
	return rings;
}

/**
 * xbf_ring_index() - which ring serves a hardware context
 * @contexts: contexts there are, as many as the first backend had rings
 * @live: rings that this backend has; at least one with events
 * @context: a context, those without polling first
 *
 * A context for polling can have a ring with events: whoever polls finds responses before their
 * event comes.
 */
static inline u32 xbf_ring_index(const struct xbf_rings *contexts, const struct xbf_rings *live,
				 u32 context)
{
	if (context < contexts->event || !live->poll)
		return context % live->event;
	return live->event + (context - contexts->event) % live->poll;
}

#endif /* XENFRONT_BLKFRONT_RING_MAP_H */
