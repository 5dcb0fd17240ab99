// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * What the backend offers before it sees our keys, and what is published. Whether it lets grants
 * persist it says later: see xbf_decide_copying(), connect.c. What it says of its disk then is in
 * same_disk.c.
 */
#include <linux/slab.h>
#include <xen/interface/io/protocols.h>

#include <xenfront/xenstore.h>

#include "blkfront.h"

/* ---- what the backend offers ---- */

static const struct xfl_key xbf_offer_keys[] = {
	XFL_KEY(struct xbf_offer, segments, "feature-max-indirect-segments", 0, U32_MAX, 0),
	XFL_KEY(struct xbf_offer, queues, "multi-queue-max-queues", 1, U32_MAX, 1),
	XFL_KEY(struct xbf_offer, ring_order, "max-ring-page-order", 0, U32_MAX, 0),
};

int xbf_read_offer(struct xbf_dev *xb, struct xbf_offer *offer)
{
	return xfl_keys_read(&xb->xd, xb->xd.backend, xbf_offer_keys, ARRAY_SIZE(xbf_offer_keys),
			     offer);
}

/* ---- publishing ---- */

const char *const xbf_stale_keys[] = {
	"ring-ref*", "ring-page-order", "event-channel", "multi-queue-num-queues", "queue-*",
	"protocol", "feature-persistent", NULL,
};

static int xbf_write_ring(struct xenbus_transaction xbt, const char *dir,
			  const struct xbf_ring *ring)
{
	const struct xfl_ring_mem *mem = &ring->mem;
	char key[sizeof("ring-ref4294967295")];
	unsigned int i;
	int err = 0;

	if (mem->nr_frames == 1)
		err = xenbus_printf(xbt, dir, "ring-ref", "%u", mem->gref[0]);
	for (i = 0; mem->nr_frames > 1 && i < mem->nr_frames && !err; i++) {
		snprintf(key, sizeof(key), "ring-ref%u", i);
		err = xenbus_printf(xbt, dir, key, "%u", mem->gref[i]);
	}
	if (err)
		return err;
	return xenbus_printf(xbt, dir, "event-channel", "%u", ring->ec.port);
}

static int xbf_write_queues(struct xenbus_transaction xbt, const char *dir,
			    const struct xbf_dev *xb)
{
	unsigned int i;
	char *path;
	int err;

	err = xenbus_printf(xbt, dir, "multi-queue-num-queues", "%u", xb->nr_live);
	for (i = 0; i < xb->nr_live && !err; i++) {
		path = kasprintf(GFP_NOIO, "%s/queue-%u", dir, i);
		if (!path)
			return -ENOMEM;
		err = xbf_write_ring(xbt, path, &xb->ring[i]);
		kfree(path);
	}
	return err;
}

int xbf_write_keys(struct xenbus_transaction xbt, const char *dir, void *ctx)
{
	const struct xbf_dev *xb = ctx;
	unsigned int frames = xb->ring[0].mem.nr_frames;
	int err = 0;

	/* A backend that finds this key, even with 0, looks for numbered references. */
	if (frames > 1)
		err = xenbus_printf(xbt, dir, "ring-page-order", "%u", ilog2(frames));
	if (!err)
		err = xb->nr_live > 1 ? xbf_write_queues(xbt, dir, xb) :
					xbf_write_ring(xbt, dir, &xb->ring[0]);
	if (!err)
		err = xenbus_printf(xbt, dir, "protocol", "%s", XEN_IO_PROTO_ABI_NATIVE);
	if (err)
		return err;
	return xenbus_printf(xbt, dir, "feature-persistent", "%u", xb->persistent);
}
