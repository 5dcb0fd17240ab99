// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * What a ring is made of: shared frames, table, grant references, frames of indirect requests, an
 * event channel. And the references on the device, which free its rings.
 */
#include <linux/slab.h>

#include "blkfront.h"

static void xbf_ring_init(struct xbf_ring *ring, struct xbf_dev *xb, u16 handle)
{
	spin_lock_init(&ring->lock);
	mutex_init(&ring->poll_lock);
	INIT_LIST_HEAD(&ring->waiting);
	INIT_LIST_HEAD(&ring->stuck);
	/* An idle CPU need not wake up to free memory. */
	INIT_DEFERRABLE_WORK(&ring->trim, xbf_trim);
	INIT_WORK(&ring->deferred_work, xbf_deferred_work);
	ring->mode = XBF_RING_HOLD;
	ring->xb = xb;
	ring->handle = handle;
}

/**
 * xbf_rings_alloc() - allocate the part of rings that outlives a connection
 * @xb: the device, without rings
 * @nr: number of rings
 * @max_frames: most frames a ring will ever have
 *
 * Return: 0; -ENOMEM; or another negative errno if the device's directory is named by no number.
 * Either way xbf_rings_free() frees what was allocated.
 */
int xbf_rings_alloc(struct xbf_dev *xb, unsigned int nr, unsigned int max_frames)
{
	u32 slots = xfl_ring_slots(max_frames, sizeof(union xbf_wire_request));
	unsigned int number, i;
	int err;

	/* The device's number names the directory. The protocol carries 16 bits of it. */
	err = kstrtouint(kbasename(xb->xd.xbdev->nodename), 10, &number);
	if (err)
		return err;
	xb->ring = kcalloc(nr, sizeof(*xb->ring), GFP_NOIO);
	if (!xb->ring)
		return -ENOMEM;
	xb->nr_rings = nr;
	for (i = 0; i < nr; i++)
		xbf_ring_init(&xb->ring[i], xb, number);
	for (i = 0; i < nr; i++) {
		struct xbf_ring *ring = &xb->ring[i];

		ring->slot = kvcalloc(slots, sizeof(*ring->slot), GFP_NOIO);
		ring->table.sent = kvcalloc(slots, sizeof(*ring->table.sent), GFP_NOIO);
		if (!ring->slot || !ring->table.sent)
			return -ENOMEM;
	}
	return 0;
}

/* Undoes xbf_rings_alloc(), also a failed one. No ring may be open. */
void xbf_rings_free(struct xbf_dev *xb)
{
	unsigned int i;

	for (i = 0; i < xb->nr_rings; i++) {
		cancel_work_sync(&xb->ring[i].deferred_work);
		xfl_grefs_destroy(&xb->ring[i].grefs);
		kvfree(xb->ring[i].table.sent);
		kvfree(xb->ring[i].slot);
	}
	kfree(xb->ring);
	xb->ring = NULL;
	xb->nr_rings = 0;
}

static int xbf_indirect_alloc(struct xbf_ring *ring, u32 slots)
{
	struct xfl_gframe *indirect;
	u32 i;

	indirect = kvcalloc(slots, sizeof(*indirect), GFP_NOIO);
	if (!indirect)
		return -ENOMEM;
	if (xfl_framepool_init(&ring->pool, slots) ||
	    !xfl_framepool_want(&ring->pool, slots, GFP_NOIO)) {
		kvfree(indirect);
		return -ENOMEM;
	}
	/* Where grants may persist, a backend maps every frame for writing. */
	for (i = 0; i < slots; i++)
		xfl_gframe_get(&indirect[i], &ring->pool, &ring->grefs, !ring->xb->persistent);
	ring->indirect = indirect;
	return 0;
}

static void xbf_indirect_free(struct xbf_ring *ring)
{
	struct xfl_gframe *at;

	if (!ring->indirect)
		return;
	for (at = ring->indirect; at < ring->indirect + ring->table.slots.nr; at++)
		xbf_frame_free(ring, &ring->pool, at);
	kvfree(ring->indirect);
	ring->indirect = NULL;
}

/* As many as there are persistent frames. A ring of direct requests needs fewer for its data. */
#define XBF_MIN_REFS	1056u

static u32 xbf_fixed_refs(u32 slots, u32 cap)
{
	return cap > XBF_DIRECT_SEGS ? slots : 0;
}

/* The reserve lets one largest request go, however short the grant table is. */
static int xbf_grefs_alloc(struct xbf_ring *ring, u32 slots, u32 cap)
{
	u32 fixed = xbf_fixed_refs(slots, cap);

	return xfl_grefs_renew(&ring->grefs, ring->xb->xd.xbdev->otherend_id,
			       fixed + XBF_MAX_SEGS,
			       fixed + max(XBF_MIN_REFS, slots * cap + XBF_MAX_SEGS));
}

/**
 * xbf_ring_affordable() - whether the grant table has room for a ring beyond the first
 * @ring: the ring, closed; it may still own the reserve of an earlier connection
 * @frames: shared frames
 * @cap: segments one ring request would carry
 */
bool xbf_ring_affordable(const struct xbf_ring *ring, unsigned int frames, u32 cap)
{
	u32 slots = xfl_ring_slots(frames, sizeof(union xbf_wire_request));
	u32 reserve = xbf_fixed_refs(slots, cap) + XBF_MAX_SEGS;

	return ring->grefs.reserve >= reserve || xfl_grefs_ample(reserve - ring->grefs.reserve);
}

/**
 * xbf_ring_open() - make a ring for a new connection
 * @ring: the ring, closed
 * @frames: shared frames
 * @cap: segments one ring request will carry
 *
 * Return: 0; or a negative errno, and the ring is closed.
 */
int xbf_ring_open(struct xbf_ring *ring, unsigned int frames, u32 cap)
{
	struct xenbus_device *xbdev = ring->xb->xd.xbdev;
	u32 slots;
	int err;

	err = xfl_ring_mem_alloc(xbdev, &ring->mem, frames);
	if (err)
		return err;
	/* The timeout handler and pollers may look at the ring from here on. */
	spin_lock_irq(&ring->lock);
	XEN_FRONT_RING_INIT(&ring->front, (struct xbf_sring *)ring->mem.vaddr,
			    frames * XFL_FRAME_SIZE);
	/* 0 asks for no event: rsp_prod reaches it again only after 2^32 responses. */
	ring->armed_at = ring->polled ? 0 : 1;
	WRITE_ONCE(ring->deferred, false);
	WRITE_ONCE(ring->grants_stuck, false);
	WRITE_ONCE(ring->front.sring->rsp_event, ring->armed_at);
	slots = RING_SIZE(&ring->front);
	xfl_slots_init(&ring->table.slots, ring->slot, slots, 64);
	ring->cap = cap;
	spin_unlock_irq(&ring->lock);

	err = xbf_grefs_alloc(ring, slots, cap);
	if (err)
		goto err_close;
	if (cap > XBF_DIRECT_SEGS)
		err = xbf_indirect_alloc(ring, slots);
	if (err)
		goto err_close;
	err = xfl_evtchn_bind(xbdev, &ring->ec, xbf_interrupt, "blkif", ring);
	if (err)
		goto err_close;
	return 0;

err_close:
	xbf_ring_close(ring);
	return err;
}

/* Undoes xbf_ring_open(), also a failed one. Nothing may be in flight. */
void xbf_ring_close(struct xbf_ring *ring)
{
	unsigned long flags;

	xfl_evtchn_unbind(&ring->xb->xd, &ring->ec, ring);

	/* The timeout handler may look at the ring at any time. */
	spin_lock_irqsave(&ring->lock, flags);
	ring->front.sring = NULL;
	spin_unlock_irqrestore(&ring->lock, flags);

	xbf_pframes_close(ring);
	xbf_indirect_free(ring);
	xfl_framepool_destroy(&ring->pool);
	/* The reserve stays, lest a reconnect finds the grant table used up. */
	xfl_grefs_shrink(&ring->grefs);
	xfl_ring_mem_free(&ring->mem);
}

/* Gives the reserves back to the grant table. For a device that will have no connection soon. */
void xbf_rings_destroy_grefs(struct xbf_dev *xb)
{
	unsigned int i;

	for (i = 0; i < xb->nr_rings; i++)
		xfl_grefs_destroy(&xb->ring[i].grefs);
}

/* ---- references on a device: the last one frees its rings ---- */

void xbf_get(struct xbf_dev *xb)
{
	kref_get(&xb->ref);
}

static void xbf_free(struct kref *ref)
{
	struct xbf_dev *xb = container_of(ref, struct xbf_dev, ref);

	xbf_rings_free(xb);
	kfree(xb);
}

void xbf_put(struct xbf_dev *xb)
{
	kref_put(&xb->ref, xbf_free);
}
