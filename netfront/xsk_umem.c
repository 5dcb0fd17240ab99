// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The memory of zero-copy sockets. All of it is granted, so a backend may write to any frame of it
 * for as long as a connection lasts. Only a trusted backend gets it.
 *
 * References are reserved when a socket is bound, so that its program hears of a shortage. Access
 * is given and ended together with that of the queues. The driver has references of its own to the
 * pages, because a socket may go while the backend still has access.
 */
#include <linux/mm.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "xsk.h"

static void xnf_umem_set_frames(struct xnf_umem *u)
{
	u32 i;

	for (i = 0; i < u->nr; i++) {
		u->frame[i].page = u->of->pgs[i / XEN_PFN_PER_PAGE];
		get_page(u->frame[i].page);
	}
}

static void xnf_umem_destroy(struct xnf_umem *u)
{
	u32 i;

	list_del(&u->link);
	for (i = 0; i < u->nr; i++)
		put_page(u->frame[i].page);
	xfl_grefs_destroy(&u->grefs);
	kvfree(u);
}

static struct xnf_umem *xnf_umem_create(struct xnf_dev *xn, const struct xdp_umem *of)
{
	u64 nr = of->size >> XFL_FRAME_SHIFT;
	struct xnf_umem *u;
	int err;

	/* More than the grant table hands out at a time, or has by default. */
	if (nr > U16_MAX)
		return ERR_PTR(-ENOSPC);
	u = kvzalloc(struct_size(u, frame, nr), GFP_KERNEL);
	if (!u)
		return ERR_PTR(-ENOMEM);
	err = xfl_grefs_init(&u->grefs, xn->xd.xbdev->otherend_id, nr, nr);
	if (err) {
		kvfree(u);
		return ERR_PTR(err);
	}
	u->nr = nr;
	u->of = of;
	xnf_umem_set_frames(u);
	list_add(&u->link, &xn->umems);
	return u;
}

/**
 * xnf_umem_get() - get memory that can be granted
 * @xn: the device
 * @of: whose memory
 *
 * Context: RTNL.
 * Return: the memory, to be given back with xnf_umem_put(), or an ERR_PTR.
 */
struct xnf_umem *xnf_umem_get(struct xnf_dev *xn, const struct xdp_umem *of)
{
	struct xnf_umem *u;

	ASSERT_RTNL();
	list_for_each_entry(u, &xn->umems, link)
		if (u->users && u->of == of)
			goto found;
	u = xnf_umem_create(xn, of);
	if (IS_ERR(u))
		return u;
found:
	u->users++;
	return u;
}

/* The end of xnf_umem_get(). Granted memory stays up to the end of the connection. */
void xnf_umem_put(struct xnf_umem *u)
{
	ASSERT_RTNL();
	if (!--u->users && !u->granted)
		xnf_umem_destroy(u);
}

/* ---- together with the queues ---- */

static void xnf_umem_grant(struct xnf_umem *u, domid_t backend)
{
	u32 i;

	/* Too few, if an earlier connection had to leave references to its backend. */
	if (!xfl_grefs_want(&u->grefs, u->nr))
		return;
	u->grefs.domid = backend;
	for (i = 0; i < u->nr; i++) {
		struct xnf_umem_frame *f = &u->frame[i];

		f->gref = xfl_gref_pop(&u->grefs);
		xfl_grant(&u->grefs, f->gref,
			  xfl_gfn(f->page, i % XEN_PFN_PER_PAGE * XFL_FRAME_SIZE), false);
	}
	u->granted = true;
}

/* @still_mapped: the backend kept an earlier frame. Return: whether the backend keeps this one. */
static bool xnf_umem_end_frame(struct xnf_umem *u, struct xnf_umem_frame *f, bool still_mapped)
{
	if (!still_mapped && xfl_grant_end(f->gref)) {
		xfl_gref_push(&u->grefs, f->gref);
		return false;
	}
	/* Once a frame is kept, not by xfl_grant_end(): the kernel logs a line for each. */
	if (xfl_grant_end_free(&u->grefs, f->gref))
		return false;
	get_page(f->page);
	xfl_grefs_park(&u->grefs, &f->gref, 1, xfl_park_put_page, f->page);
	return true;
}

static u32 xnf_umem_end(struct xnf_umem *u)
{
	u32 i, parked = 0;

	for (i = 0; i < u->nr; i++)
		if (xnf_umem_end_frame(u, &u->frame[i], parked > 0))
			parked++;
	u->granted = false;
	return parked;
}

/**
 * xnf_umems_grant() - give the backend access to all sockets' memory, if it is trusted
 * @xn: the device; its queues are about to be made
 *
 * Memory for which there are too few references is not granted at all, see xnf_xsk_open().
 * xnf_umems_end() ends the access.
 *
 * Context: life cycle, with RTNL.
 */
void xnf_umems_grant(struct xnf_dev *xn)
{
	struct xnf_umem *u;

	ASSERT_RTNL();
	if (!xn->trusted)
		return;
	list_for_each_entry(u, &xn->umems, link)
		xnf_umem_grant(u, xn->xd.xbdev->otherend_id);
}

/**
 * xnf_umems_granted() - how many frames of sockets' memory the backend has access to
 * @xn: the device
 *
 * Context: process, without RTNL.
 */
u32 xnf_umems_granted(struct xnf_dev *xn)
{
	const struct xnf_umem *u;
	u32 frames = 0;

	rtnl_lock();
	list_for_each_entry(u, &xn->umems, link)
		if (u->granted)
			frames += u->nr;
	rtnl_unlock();
	return frames;
}

/**
 * xnf_umems_end() - end access, and free memory that no socket has any more
 * @xn: the device, without queues
 *
 * A frame that the backend still maps is parked, with its page.
 *
 * Context: life cycle, with RTNL.
 */
void xnf_umems_end(struct xnf_dev *xn)
{
	struct xnf_umem *u, *next;
	u32 parked = 0;

	ASSERT_RTNL();
	list_for_each_entry_safe(u, next, &xn->umems, link) {
		if (u->granted)
			parked += xnf_umem_end(u);
		if (!u->users)
			xnf_umem_destroy(u);
	}
	if (parked && xfl_may_log(&xn->xd))
		dev_warn(&xn->xd.xbdev->dev,
			 "backend still maps %u frames of AF_XDP sockets, keeping them\n", parked);
}
