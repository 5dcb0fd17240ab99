// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The shared memory of a ring.
 */
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <xenfront/frame.h>
#include <xenfront/grant.h>
#include <xenfront/ring.h>

#include "internal.h"

/**
 * DOC: Memory of a ring
 *
 * xenbus_setup_ring() does not do, for three reasons. It takes whole pages, while a ring of one
 * frame needs a sixteenth of a 64 KB page. If the backend still maps a ring, xenbus_teardown_ring()
 * leaves it to gnttab_end_foreign_access(). That function takes frame numbers for page numbers, up
 * to Linux 7.2, and oopses if pages are larger than frames. And when it fails it gives up the
 * device, where another attempt would help.
 */

/**
 * xfl_ring_mem_alloc() - allocate, zero and grant the frames of a ring
 * @xbdev: device whose backend is given access
 * @mem: filled in; holds nothing before
 * @nr_frames: 4 KB frames wanted, a power of two, at most XFL_RING_MAX_FRAMES
 *
 * Context: process; allocates with GFP_NOIO.
 * Return: 0, -ENOMEM, -ENOSPC if the grant table is exhausted, or -EINVAL if @nr_frames is no
 * number of frames that a ring can have. @mem is as it was unless it is 0.
 */
int xfl_ring_mem_alloc(struct xenbus_device *xbdev, struct xfl_ring_mem *mem,
		       unsigned int nr_frames)
{
	grant_ref_t head;
	unsigned int i;
	void *va;

	if (WARN_ON_ONCE(!is_power_of_2(nr_frames) || nr_frames > XFL_RING_MAX_FRAMES))
		return -EINVAL;
	/* kzalloc() aligns a power of two to its size, so nothing else is in these frames. */
	va = kzalloc(nr_frames * XFL_FRAME_SIZE, GFP_NOIO);
	if (!va)
		return -ENOMEM;
	if (gnttab_alloc_grant_references(nr_frames, &head)) {
		kfree(va);
		return -ENOSPC;
	}
	for (i = 0; i < nr_frames; i++) {
		mem->gref[i] = gnttab_claim_grant_reference(&head);
		gnttab_grant_foreign_access_ref(mem->gref[i], xbdev->otherend_id,
						virt_to_gfn(va + i * XFL_FRAME_SIZE), false);
	}
	mem->vaddr = va;
	mem->nr_frames = nr_frames;
	mem->ended = 0;
	mem->quarantined = 0;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(xfl_ring_mem_alloc, XEN_FRONTLIB);

/**
 * xfl_ring_mem_end() - end the backend's access to a ring, and return its references
 * @mem: a ring whose connection will not go on, or one that holds nothing
 *
 * The references of frames that are not mapped return to the grant table. May be tried again later
 * for the others. Writes nothing into the log.
 *
 * Context: process.
 * Return: whether the backend cannot reach any frame of the ring.
 */
bool xfl_ring_mem_end(struct xfl_ring_mem *mem)
{
	unsigned int i;

	if (!mem->vaddr)
		return true;
	for (i = 0; i < mem->nr_frames; i++) {
		if (mem->quarantined & BIT(i))
			gnttab_free_grant_reference(mem->gref[i]);
		else if (mem->ended & BIT(i) || !gnttab_try_end_foreign_access(mem->gref[i]))
			continue;
		mem->quarantined &= ~BIT(i);
		mem->ended |= BIT(i);
	}
	return mem->ended == GENMASK(mem->nr_frames - 1, 0);
}

/**
 * xfl_ring_mem_end_early() - end the access while the backend may still believe the keys
 * @mem: as for xfl_ring_mem_end()
 *
 * The references stay ours, as a slow backend may be about to map what it has read. The kernel logs
 * the first frame that is mapped, so this is not tried often.
 *
 * Context: process.
 * Return: as xfl_ring_mem_end().
 */
bool xfl_ring_mem_end_early(struct xfl_ring_mem *mem)
{
	unsigned int i;

	if (!mem->vaddr)
		return true;
	for (i = 0; i < mem->nr_frames; i++) {
		if (mem->ended & BIT(i))
			continue;
		if (!gnttab_end_foreign_access_ref(mem->gref[i]))
			return false;
		mem->quarantined |= BIT(i);
		mem->ended |= BIT(i);
	}
	return true;
}

/**
 * xfl_ring_mem_free() - end access to a ring and free it
 * @mem: a ring, or one that holds nothing; holds nothing afterwards
 *
 * The rings of a connection have ended before this. A ring that was never published can be mapped
 * only by a backend that guesses references; it is parked then.
 *
 * Context: process.
 */
void xfl_ring_mem_free(struct xfl_ring_mem *mem)
{
	grant_ref_t stuck[XFL_RING_MAX_FRAMES];
	unsigned int i, nr_stuck = 0;

	if (!mem->vaddr)
		return;
	if (likely(xfl_ring_mem_end(mem))) {
		kfree(mem->vaddr);
	} else {
		for (i = 0; i < mem->nr_frames; i++)
			if (!(mem->ended & BIT(i)))
				stuck[nr_stuck++] = mem->gref[i];
		xfl_park(stuck, nr_stuck, xfl_park_free, mem->vaddr);
	}
	mem->vaddr = NULL;
	mem->nr_frames = 0;
}
EXPORT_SYMBOL_NS_GPL(xfl_ring_mem_free, XEN_FRONTLIB);
