// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The quarantine: references and ports that have ended, while a backend may yet map or bind them.
 */
#include <linux/list.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <xen/events.h>
#include <xen/grant_table.h>

#include <xenfront/lifecycle.h>
#include <xenfront/ring.h>

#include "internal.h"

/**
 * DOC: The quarantine
 *
 * References and ports that were published, and ended before the backend has shown that it knows
 * so. Nothing uses them again until it does. A slow backend that has read the keys would otherwise
 * map, or bind, what belongs to somebody else by then.
 */

/*
 * Jiffies after which a backend whose directory is gone is taken to map nothing more that it has
 * read. No state says so, and this is a guess: a backend that stands still for longer may map it.
 */
#define XFL_QUARANTINE_TIME	(600 * HZ)

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

static void xfl_quarantine_look(struct work_struct *work);

/* Protects the list. Only the work takes entries off. */
static DEFINE_SPINLOCK(xfl_quarantine_lock);
static LIST_HEAD(xfl_quarantine);
static DECLARE_DELAYED_WORK(xfl_quarantine_work, xfl_quarantine_look);

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
	spin_lock(&xfl_quarantine_lock);
	list_add_tail(&s->link, &xfl_quarantine);
	spin_unlock(&xfl_quarantine_lock);
	queue_delayed_work(system_freezable_wq, &xfl_quarantine_work, XFL_RELEASE_RETRY);
}

/**
 * xfl_quarantine_ring() - put the references of a ring that was ended early into quarantine
 * @xd: the device
 * @mem: the ring; its frames may be freed after this
 *
 * Context: process, a step of the machine, or the work of abandoned.c; allocates with GFP_NOIO.
 */
void xfl_quarantine_ring(struct xfl_device *xd, struct xfl_ring_mem *mem)
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
	return xfl_knows_void(backend, s->backend_moved, false);
}

/*
 * Entries of one device follow each other, so its backend's state is read once for them, and again
 * when the entry that has the path is freed.
 */
static void xfl_quarantine_check(struct list_head *entries)
{
	enum xfl_xs_state backend = XFL_XS_UNREADABLE;
	struct xfl_quarantined *s, *next;
	const char *read = NULL;

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

static void xfl_quarantine_look(struct work_struct *work)
{
	unsigned int noio = memalloc_noio_save();
	LIST_HEAD(entries);

	spin_lock(&xfl_quarantine_lock);
	list_splice_init(&xfl_quarantine, &entries);
	spin_unlock(&xfl_quarantine_lock);

	xfl_quarantine_check(&entries);

	spin_lock(&xfl_quarantine_lock);
	list_splice_tail(&entries, &xfl_quarantine);
	if (!list_empty(&xfl_quarantine))
		queue_delayed_work(system_freezable_wq, &xfl_quarantine_work, XFL_RELEASE_RETRY);
	spin_unlock(&xfl_quarantine_lock);
	memalloc_noio_restore(noio);
}

/* What is on the list stays unused for good, which is safe. */
void xfl_quarantine_exit(void)
{
	struct xfl_quarantined *s, *next;

	cancel_delayed_work_sync(&xfl_quarantine_work);
	list_for_each_entry_safe(s, next, &xfl_quarantine, link)
		xfl_quarantined_free(s);
}
