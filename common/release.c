// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The end of a connection: its rings' grants end, and then the rest of it is given back.
 */
#include <xenfront/lifecycle.h>
#include <xenfront/ring.h>

#include "internal.h"

/**
 * xfl_rings_end() - end the backend's access to all rings of a connection
 * @xd: the device, with a connection that will not go on
 *
 * The references of what has ended return to the grant table. Ends all that can be ended, also if
 * one ring cannot.
 *
 * Context: process, a step of the machine, or the work of abandoned.c.
 * Return: whether the backend cannot reach any ring.
 */
bool xfl_rings_end(struct xfl_device *xd)
{
	struct xfl_ring_mem *mem;
	unsigned int i;
	bool all = true;

	for (i = 0; (mem = xd->ops->ring(xd, i)); i++)
		if (!xfl_ring_mem_end(mem))
			all = false;
	if (all)
		WRITE_ONCE(xd->ended_early, false);
	return all;
}

/**
 * xfl_rings_end_early() - xfl_rings_end() while the backend may still believe the keys
 * @xd: as for xfl_rings_end()
 *
 * The references stay ours. Stops at the first frame that is mapped, which the kernel logs.
 *
 * Context: as for xfl_rings_end().
 * Return: whether the backend cannot reach any ring.
 */
bool xfl_rings_end_early(struct xfl_device *xd)
{
	struct xfl_ring_mem *mem;
	unsigned int i;

	for (i = 0; (mem = xd->ops->ring(xd, i)); i++)
		if (!xfl_ring_mem_end_early(mem))
			return false;
	WRITE_ONCE(xd->ended_early, true);
	return true;
}

/**
 * xfl_disconnect() - free what a connection was made of
 * @xd: the device; the access to all of its rings has ended
 * @reason: the close reason
 *
 * Context: process, a step of the machine, or the work of abandoned.c.
 */
void xfl_disconnect(struct xfl_device *xd, enum xfl_close_reason reason)
{
	struct xfl_ring_mem *mem;
	unsigned int i;

	for (i = 0; xd->ended_early && (mem = xd->ops->ring(xd, i)); i++)
		xfl_quarantine_ring(xd, mem);
	xd->ops->disconnect(xd, reason);
	xd->last_ended_early = xd->ended_early;
	WRITE_ONCE(xd->ended_early, false);
	xd->has_connection = false;
}
