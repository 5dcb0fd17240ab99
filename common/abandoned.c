// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Abandoned connections: those of removed devices whose backend has not unmapped every ring.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched/mm.h>
#include <linux/workqueue.h>

#include <xenfront/grant.h>
#include <xenfront/lifecycle.h>
#include <xenfront/ring.h>

#include "internal.h"

/**
 * DOC: Abandoned connections
 *
 * A removed device has no machine any more. Everything of its connection stays until the backend
 * has unmapped every ring, the driver's module included. A work looks by time. It goes by the same
 * proof as the table does, see xfl_knows_void().
 */

/* Jiffies between two early attempts. The kernel logs each one that fails, so they are few. */
#define XFL_EARLY_PAUSE		(60 * HZ)

/* Has a rescuer: what a connection of a removed device keeps may be what memory is waited for. */
static struct workqueue_struct *xfl_abandoned_wq;

static void xfl_abandoned_look(struct work_struct *work);

/* Protects the lists. Only the work takes entries off. */
static DEFINE_SPINLOCK(xfl_abandoned_lock);
static LIST_HEAD(xfl_abandoned);
/* Entries of xfl_abandoned, while the work goes through them. */
static LIST_HEAD(xfl_looked_at);
static DECLARE_DELAYED_WORK(xfl_abandoned_work, xfl_abandoned_look);

static unsigned int parked_connections;
module_param(parked_connections, uint, 0444);
MODULE_PARM_DESC(parked_connections, "Connections of removed devices whose backend still maps a ring");

static unsigned long parked_kb;
module_param(parked_kb, ulong, 0444);
MODULE_PARM_DESC(parked_kb, "Memory that these keep, as their backends may reach it");

static unsigned long xfl_conn_kb(struct xfl_device *xd)
{
	u32 frames = xd->ops->granted(xd);
	struct xfl_ring_mem *mem;
	unsigned int i;

	for (i = 0; (mem = xd->ops->ring(xd, i)); i++)
		frames += mem->nr_frames;
	return frames * (unsigned long)XEN_PAGE_SIZE >> 10;
}

/* Whether references are free for others when the rings have ended. */
static bool xfl_abandoned_over(struct xfl_device *xd)
{
	enum xfl_xs_state backend;

	if (!xd->exchanged && xd->own_state != XFL_XS_GONE) {
		if (xd->own_state != XFL_XS_CLOSED)
			xfl_close_again(xd);
		backend = xfl_xs_state_read(xd->backend);
		/* After the read: if the directory is still ours, the state was our backend's. */
		if (!xfl_check_directory(xd))
			return false;
		if (backend != XFL_XS_GONE && !xd->exchanged && xd->own_state != XFL_XS_GONE) {
			xfl_note_backend_state(xd, backend);
			return xd->own_state == XFL_XS_CLOSED &&
			       xfl_knows_void(backend, xd->backend_moved, xd->mapped);
		}
		WRITE_ONCE(xd->own_state, XFL_XS_GONE);
	}
	/* From now on the backend's path may be another backend's. */
	return xd->mapped;
}

static bool xfl_abandoned_end(struct xfl_device *xd)
{
	if (xfl_abandoned_over(xd)) {
		if (xfl_rings_end(xd))
			return true;
		/* Some backends unmap a ring only when our state is written again. */
		if (!xd->exchanged && xd->own_state != XFL_XS_GONE)
			xfl_close_again(xd);
		return false;
	}
	if (time_before(jiffies, xd->tried + XFL_EARLY_PAUSE))
		return false;
	xd->tried = jiffies;
	return xfl_rings_end_early(xd);
}

static void xfl_abandoned_release(struct xfl_device *xd)
{
	struct xenbus_device *xbdev = xd->xbdev;

	dev_info(&xbdev->dev, "backend has unmapped a removed device's rings\n");
	spin_lock(&xfl_abandoned_lock);
	list_del(&xd->parked);
	parked_connections--;
	parked_kb -= xd->parked_kb;
	spin_unlock(&xfl_abandoned_lock);
	xfl_disconnect(xd, XFL_CLOSE_REMOVE);
	xd->ops->put(xd);
	put_device(&xbdev->dev);
	module_put(THIS_MODULE);
}

static void xfl_abandoned_look(struct work_struct *work)
{
	struct xfl_device *xd, *next;
	unsigned int noio = memalloc_noio_save();

	spin_lock(&xfl_abandoned_lock);
	list_splice_init(&xfl_abandoned, &xfl_looked_at);
	spin_unlock(&xfl_abandoned_lock);

	list_for_each_entry_safe(xd, next, &xfl_looked_at, parked)
		if (xfl_abandoned_end(xd))
			xfl_abandoned_release(xd);

	spin_lock(&xfl_abandoned_lock);
	list_splice_tail_init(&xfl_looked_at, &xfl_abandoned);
	if (!list_empty(&xfl_abandoned))
		queue_delayed_work(xfl_abandoned_wq, &xfl_abandoned_work, XFL_RELEASE_RETRY);
	spin_unlock(&xfl_abandoned_lock);
	memalloc_noio_restore(noio);
}

/**
 * xfl_conn_abandon() - decide that a connection is abandoned
 * @xd: the device, at the end of its life; everything of the connection stays as it is
 *
 * xfl_abandoned_add() follows as the last use of the device by its remover.
 *
 * Context: process, a step that the remover takes.
 */
void xfl_conn_abandon(struct xfl_device *xd)
{
	dev_warn(&xd->xbdev->dev,
		 "backend still maps a ring, or has not seen our Closed: what it may reach stays until it does not\n");
	xfl_withhold(xd, XFL_WITHHELD_ABANDONED);
	xd->ops->abandon(xd);
	xd->abandoned = true;
}

/**
 * xfl_abandoned_add() - put an abandoned connection on the list, until the backend unmaps its rings
 * @xd: the device, which nobody else uses any more; may be freed on return
 *
 * The list holds references on the xenbus device and on this module.
 *
 * Context: process.
 */
void xfl_abandoned_add(struct xfl_device *xd)
{
	get_device(&xd->xbdev->dev);
	__module_get(THIS_MODULE);
	xd->tried = jiffies;
	xd->parked_kb = xfl_conn_kb(xd);
	spin_lock(&xfl_abandoned_lock);
	parked_connections++;
	parked_kb += xd->parked_kb;
	list_add_tail(&xd->parked, &xfl_abandoned);
	spin_unlock(&xfl_abandoned_lock);
	queue_delayed_work(xfl_abandoned_wq, &xfl_abandoned_work, XFL_RELEASE_RETRY);
}

/* Not an exchanged device, nor one of before a restore: their directory was another one. */
static bool xfl_is_precursor(const struct xfl_device *parked, const struct xfl_device *xd)
{
	return parked->xbdev == xd->xbdev && parked->conn_restores == xfl_nr_restores() &&
	       !READ_ONCE(parked->exchanged) && READ_ONCE(parked->own_state) != XFL_XS_GONE;
}

static bool xfl_set_successor(struct list_head *conns, struct xfl_device *xd)
{
	struct xfl_device *parked;
	bool any = false;

	lockdep_assert_held(&xfl_abandoned_lock);
	list_for_each_entry(parked, conns, parked) {
		if (!xfl_is_precursor(parked, xd))
			continue;
		WRITE_ONCE(parked->successor, xd);
		any = true;
	}
	return any;
}

/**
 * xfl_conn_claim_precursor() - whether an earlier connection of the xenbus device is still parked
 * @xd: the device, which has written nothing to its directory yet
 *
 * Some backends unmap a ring only when we write Closed once more. An offer of the next connection
 * would prevent that. So the device waits, and the parked connection has it as its successor until
 * xfl_conn_stop_waiting().
 *
 * Context: process, a step of the machine.
 */
bool xfl_conn_claim_precursor(struct xfl_device *xd)
{
	bool waiting, looked_at;

	spin_lock(&xfl_abandoned_lock);
	waiting = xfl_set_successor(&xfl_abandoned, xd);
	looked_at = xfl_set_successor(&xfl_looked_at, xd);
	spin_unlock(&xfl_abandoned_lock);
	return waiting || looked_at;
}

static void xfl_clear_successor(struct list_head *conns, const struct xfl_device *xd)
{
	struct xfl_device *parked;

	lockdep_assert_held(&xfl_abandoned_lock);
	list_for_each_entry(parked, conns, parked)
		if (parked->successor == xd)
			WRITE_ONCE(parked->successor, NULL);
}

/**
 * xfl_conn_stop_waiting() - note that a device waits for no parked connection any more
 * @xd: the device, which is being removed
 *
 * Context: process.
 */
void xfl_conn_stop_waiting(struct xfl_device *xd)
{
	spin_lock(&xfl_abandoned_lock);
	xfl_clear_successor(&xfl_abandoned, xd);
	xfl_clear_successor(&xfl_looked_at, xd);
	spin_unlock(&xfl_abandoned_lock);
}

/* xfl_abandoned_flush() - wait for the callbacks of drivers that are running */
void xfl_abandoned_flush(void)
{
	flush_delayed_work(&xfl_abandoned_work);
}

int __init xfl_abandoned_init(void)
{
	xfl_abandoned_wq = alloc_workqueue("xfl-abandoned",
					   WQ_MEM_RECLAIM | WQ_UNBOUND | WQ_FREEZABLE, 0);
	return xfl_abandoned_wq ? 0 : -ENOMEM;
}

/* A parked connection holds a reference on this module, so there is none now. */
void xfl_abandoned_exit(void)
{
	cancel_delayed_work_sync(&xfl_abandoned_work);
	destroy_workqueue(xfl_abandoned_wq);
}
