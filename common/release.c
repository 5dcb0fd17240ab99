// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The end of a connection: its rings, and what becomes of the connection and its references if the
 * backend still maps one.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <xen/events.h>
#include <xen/grant_table.h>

#include <xenfront/evtchn.h>
#include <xenfront/grant.h>
#include <xenfront/lifecycle.h>
#include <xenfront/ring.h>

#include "internal.h"

/**
 * DOC: Abandoned connections and the quarantine
 *
 * A work looks at two lists by time.
 *
 * The one has the connections of removed devices whose backend still maps a ring. Everything of
 * theirs stays until the backend unmaps it, the driver's module included.
 *
 * The other, the quarantine, has references and ports that were published and have ended. They are
 * not used again before the backend shows that it knows so. A slow backend that has read the keys
 * would otherwise map, or bind, what belongs to somebody else by then.
 */

/* Jiffies between two looks. */
#define XFL_RELEASE_RETRY	HZ
/*
 * Jiffies after which a backend whose directory is gone is taken to map nothing more that it has
 * read. No state says so, and this is a guess: a backend that stands still for longer may map it.
 */
#define XFL_QUARANTINE_TIME	(600 * HZ)
/* Jiffies between two early attempts. The kernel logs each one that fails, so they are few. */
#define XFL_EARLY_PAUSE		(60 * HZ)

/**
 * struct xfl_quarantined - a reference or a port in quarantine
 * @link: on the list
 * @backend: path of the backend that may have read it; ours to free
 * @gref: the reference, if @port is 0
 * @port: the port
 * @restores: value of xfl_nr_restores() when this began; after a restore a port is void
 * @until: jiffies from which a backend that is gone is taken to know that the keys are void
 * @gone: the backend is gone, and its path may be another backend's
 * @backend_moved: as in &struct xfl_device
 * @backend_at_closed: as in &struct xfl_device
 */
struct xfl_quarantined {
	struct list_head link;
	char *backend;
	grant_ref_t gref;
	evtchn_port_t port;
	unsigned int restores;
	unsigned long until;
	bool gone;
	bool backend_moved;
	enum xfl_xs_state backend_at_closed;
};

static void xfl_release_look(struct work_struct *work);

static struct workqueue_struct *xfl_release_wq;
/* Protects the lists. Only the work takes entries off. */
static DEFINE_SPINLOCK(xfl_release_lock);
static LIST_HEAD(xfl_abandoned);
/* Entries of xfl_abandoned, while the work goes through them. */
static LIST_HEAD(xfl_looked_at);
static LIST_HEAD(xfl_quarantine);
static DECLARE_DELAYED_WORK(xfl_release_work, xfl_release_look);

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

/**
 * xfl_rings_end() - end the backend's access to all rings of a connection
 * @xd: the device, with a connection that will not go on
 *
 * The references of what has ended return to the grant table. Ends all that can be ended, also if
 * one ring cannot.
 *
 * Context: process, a step of the machine, or the parking place.
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

/* ---- quarantine ---- */

/* Without memory to list it, the reference or port is lost for good, which is safe. */
static void xfl_quarantine_add(const struct xfl_device *xd, grant_ref_t gref, evtchn_port_t port)
{
	struct xfl_quarantined *s = kzalloc(sizeof(*s), GFP_NOIO);

	if (!s)
		return;
	s->backend = kstrdup(xd->backend, GFP_NOIO);
	if (!s->backend) {
		kfree(s);
		return;
	}
	s->gref = gref;
	s->port = port;
	s->restores = xfl_nr_restores();
	s->until = jiffies + XFL_QUARANTINE_TIME;
	s->gone = xd->exchanged || xd->own_state == XFL_XS_GONE;
	s->backend_moved = xd->backend_moved;
	s->backend_at_closed = xd->backend_at_closed;
	spin_lock(&xfl_release_lock);
	list_add_tail(&s->link, &xfl_quarantine);
	spin_unlock(&xfl_release_lock);
	queue_delayed_work(xfl_release_wq, &xfl_release_work, XFL_RELEASE_RETRY);
}

/**
 * xfl_quarantine_ring() - put the references of a ring that was ended early into quarantine
 * @xd: the device
 * @mem: the ring; its frames may be freed after this
 *
 * Context: process, a step of the machine, or the parking place; allocates with GFP_NOIO.
 */
static void xfl_quarantine_ring(struct xfl_device *xd, struct xfl_ring_mem *mem)
{
	unsigned int i;

	for (i = 0; i < mem->nr_frames; i++)
		if (mem->quarantined & BIT(i))
			xfl_quarantine_add(xd, mem->gref[i], 0);
	mem->quarantined = 0;
}

/**
 * xfl_quarantine_port() - put a port into quarantine
 * @xd: the device
 * @port: the port, with a reference that evtchn_get() has taken; the quarantine's from now on
 *
 * Context: process; allocates with GFP_NOIO.
 */
void xfl_quarantine_port(struct xfl_device *xd, evtchn_port_t port)
{
	xfl_quarantine_add(xd, 0, port);
}

/* As xfl_lt_proof() in lifetable.c, for a backend that is not gone. */
static bool xfl_backend_knows(enum xfl_xs_state backend, bool moved, bool mapped)
{
	return (backend == XFL_XS_CLOSED && (moved || mapped)) ||
	       (backend == XFL_XS_INITWAIT && moved);
}

static void xfl_quarantined_free(struct xfl_quarantined *s)
{
	list_del(&s->link);
	kfree(s->backend);
	kfree(s);
}

/* A port from before a restore is void, and its number may be somebody else's. */
static void xfl_quarantine_release(struct xfl_quarantined *s)
{
	if (!s->port)
		gnttab_free_grant_reference(s->gref);
	else if (s->restores == xfl_nr_restores())
		evtchn_put(s->port);
	xfl_quarantined_free(s);
}

/* Whether the backend will not use the entry any more, as far as can be known. */
static bool xfl_quarantine_over(struct xfl_quarantined *s, enum xfl_xs_state backend)
{
	/* Only a toolstack writes Initialising, for the next backend. */
	if (backend == XFL_XS_GONE || backend == XFL_XS_INITIALISING)
		s->gone = true;
	if (s->gone)
		return time_after(jiffies, s->until);
	if (xfl_note_moved(backend, &s->backend_at_closed))
		s->backend_moved = true;
	return xfl_backend_knows(backend, s->backend_moved, false);
}

/* Entries of one device follow each other, so its backend's state is read once for them. */
static void xfl_quarantine_look(struct list_head *entries)
{
	enum xfl_xs_state backend = XFL_XS_UNREADABLE;
	const char *read = NULL;
	struct xfl_quarantined *s, *next;

	list_for_each_entry_safe(s, next, entries, link) {
		if (!s->gone && (!read || strcmp(read, s->backend))) {
			backend = xfl_xs_state_read(s->backend);
			read = s->backend;
		}
		if (!xfl_quarantine_over(s, backend))
			continue;
		read = NULL;
		xfl_quarantine_release(s);
	}
}

/* ---- disconnecting ---- */

/**
 * xfl_disconnect() - free what a connection was made of
 * @xd: the device; the access to all of its rings has ended
 * @reason: the close reason
 *
 * Context: process, a step of the machine, or the parking place.
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

/* ---- abandoned connections ---- */

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
			       xfl_backend_knows(backend, xd->backend_moved, xd->mapped);
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
	spin_lock(&xfl_release_lock);
	list_del(&xd->parked);
	parked_connections--;
	parked_kb -= xd->parked_kb;
	spin_unlock(&xfl_release_lock);
	xfl_disconnect(xd, XFL_CLOSE_REMOVE);
	xd->ops->put(xd);
	put_device(&xbdev->dev);
	module_put(THIS_MODULE);
}

static void xfl_release_look(struct work_struct *work)
{
	struct xfl_device *xd, *next;
	unsigned int noio = memalloc_noio_save();
	LIST_HEAD(entries);

	spin_lock(&xfl_release_lock);
	list_splice_init(&xfl_abandoned, &xfl_looked_at);
	list_splice_init(&xfl_quarantine, &entries);
	spin_unlock(&xfl_release_lock);

	list_for_each_entry_safe(xd, next, &xfl_looked_at, parked)
		if (xfl_abandoned_end(xd))
			xfl_abandoned_release(xd);
	xfl_quarantine_look(&entries);

	spin_lock(&xfl_release_lock);
	list_splice_tail_init(&xfl_looked_at, &xfl_abandoned);
	list_splice_tail(&entries, &xfl_quarantine);
	if (!list_empty(&xfl_abandoned) || !list_empty(&xfl_quarantine))
		queue_delayed_work(xfl_release_wq, &xfl_release_work, XFL_RELEASE_RETRY);
	spin_unlock(&xfl_release_lock);
	memalloc_noio_restore(noio);
}

/**
 * xfl_conn_abandon() - decide that a connection is left to the parking place
 * @xd: the device, at the end of its life; everything of the connection stays as it is
 *
 * xfl_conn_park() follows as the last use of the device by its remover.
 *
 * Context: process, a step that the remover takes.
 */
void xfl_conn_abandon(struct xfl_device *xd)
{
	dev_warn(&xd->xbdev->dev,
		 "backend still maps a ring: all that it may reach stays until the ring is unmapped\n");
	xfl_withhold(xd, XFL_WITHHELD_ABANDONED);
	xd->ops->abandon(xd);
	xd->abandoned = true;
}

/**
 * xfl_conn_park() - put an abandoned connection on the list, until the backend unmaps its rings
 * @xd: the device, which nobody else uses any more; may be freed on return
 *
 * The list holds references on the xenbus device and on this module.
 *
 * Context: process.
 */
void xfl_conn_park(struct xfl_device *xd)
{
	get_device(&xd->xbdev->dev);
	__module_get(THIS_MODULE);
	xd->tried = jiffies;
	xd->parked_kb = xfl_conn_kb(xd);
	spin_lock(&xfl_release_lock);
	parked_connections++;
	parked_kb += xd->parked_kb;
	list_add_tail(&xd->parked, &xfl_abandoned);
	spin_unlock(&xfl_release_lock);
	queue_delayed_work(xfl_release_wq, &xfl_release_work, XFL_RELEASE_RETRY);
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

	lockdep_assert_held(&xfl_release_lock);
	list_for_each_entry(parked, conns, parked) {
		if (!xfl_is_precursor(parked, xd))
			continue;
		WRITE_ONCE(parked->successor, xd);
		any = true;
	}
	return any;
}

/**
 * xfl_conn_await_precursor() - whether an earlier connection of the xenbus device is still parked
 * @xd: the device, which has written nothing to its directory yet
 *
 * Some backends unmap a ring only when we write Closed once more. An offer of the next connection
 * would prevent that. So the device waits, and the parking place knows it as the successor until
 * xfl_conn_stop_waiting().
 *
 * Context: process, a step of the machine.
 */
bool xfl_conn_await_precursor(struct xfl_device *xd)
{
	bool waiting, looked_at;

	spin_lock(&xfl_release_lock);
	waiting = xfl_set_successor(&xfl_abandoned, xd);
	looked_at = xfl_set_successor(&xfl_looked_at, xd);
	spin_unlock(&xfl_release_lock);
	return waiting || looked_at;
}

static void xfl_clear_successor(struct list_head *conns, const struct xfl_device *xd)
{
	struct xfl_device *parked;

	lockdep_assert_held(&xfl_release_lock);
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
	spin_lock(&xfl_release_lock);
	xfl_clear_successor(&xfl_abandoned, xd);
	xfl_clear_successor(&xfl_looked_at, xd);
	spin_unlock(&xfl_release_lock);
}

/**
 * xfl_park_flush() - wait for release callbacks that are running
 *
 * For a driver whose callbacks were called, before its module goes.
 *
 * Context: process; sleeps.
 */
void xfl_park_flush(void)
{
	xfl_park_flush_work();
	flush_delayed_work(&xfl_release_work);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_flush, XEN_FRONTLIB);

int __init xfl_release_init(void)
{
	xfl_release_wq = alloc_workqueue("xfl-release", WQ_MEM_RECLAIM | WQ_UNBOUND | WQ_FREEZABLE,
					 0);
	return xfl_release_wq ? 0 : -ENOMEM;
}

/*
 * A parked connection holds a reference on this module, so there is none now. References and ports
 * that are in quarantine stay unused for good, which is safe.
 */
void xfl_release_exit(void)
{
	struct xfl_quarantined *s, *next;

	cancel_delayed_work_sync(&xfl_release_work);
	list_for_each_entry_safe(s, next, &xfl_quarantine, link)
		xfl_quarantined_free(s);
	destroy_workqueue(xfl_release_wq);
}
