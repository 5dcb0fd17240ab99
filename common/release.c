// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a connection: taking its rings back, and what becomes of it and its references where
 * that cannot be done.
 *
 * DOC: two lists, looked at by time. One has the connections of removed devices whose backend still
 * maps a ring: everything of theirs stays, the driver's module included, until it lets go. The
 * other has references and ports that were published, are ended, and must not be used again before
 * the backend shows that it knows: one that read the keys in time and is slow would map, or bind,
 * what is somebody else's by then.
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
#include <xenfront/lifecycle.h>
#include <xenfront/ring.h>

#include "internal.h"

#define XFL_RELEASE_RETRY	HZ
/*
 * After so long a backend whose directory is gone is taken to map nothing more that it has read. No
 * state tells, so this is a guess: one that stands still for longer is not guarded against.
 */
#define XFL_SPENT_TIME		(600 * HZ)
/* Each early attempt brings a line in the log, so there are few. */
#define XFL_EARLY_PAUSE		(60 * HZ)

/**
 * struct xfl_spent - a reference or a port that was published
 * @link: on the list
 * @backend: path of the backend that may have read it
 * @gref: the reference, if @port is 0
 * @port: the port
 * @moves: how often the guest had been restored; after another time a port is void
 * @until: jiffies from which a backend that is gone is taken to know
 * @gone: it is gone, and what stands under its path is another's
 * @answered: as in &struct xfl_device
 * @closed_over: as there
 */
struct xfl_spent {
	struct list_head link;
	char *backend;
	grant_ref_t gref;
	evtchn_port_t port;
	unsigned int moves;
	unsigned long until;
	bool gone;
	bool answered;
	enum xfl_peer closed_over;
};

static void xfl_release_look(struct work_struct *work);

static struct workqueue_struct *xfl_release_wq;
/* Protects the lists. The work alone takes entries off. */
static DEFINE_SPINLOCK(xfl_release_lock);
static LIST_HEAD(xfl_abandoned);
static LIST_HEAD(xfl_looked_at);	/* those of xfl_abandoned, while the work goes through them */
static LIST_HEAD(xfl_spent);
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
 * xfl_rings_end() - take back the backend's access to all rings of a connection
 * @xd: the device, linked, its connection at its end
 *
 * Return: whether it cannot reach any of them; their references are free then.
 */
bool xfl_rings_end(struct xfl_device *xd)
{
	struct xfl_ring_mem *mem;
	unsigned int i;
	bool all = true;

	for (i = 0; (mem = xd->ops->ring(xd, i)); i++)
		all &= xfl_ring_mem_end(mem);
	if (all)
		xd->early = false;
	return all;
}

/**
 * xfl_rings_end_early() - xfl_rings_end() while the backend may still believe the keys
 * @xd: as there
 *
 * Return: as there, but the references are not free.
 */
bool xfl_rings_end_early(struct xfl_device *xd)
{
	struct xfl_ring_mem *mem;
	unsigned int i;

	for (i = 0; (mem = xd->ops->ring(xd, i)); i++)
		if (!xfl_ring_mem_end_early(mem))
			return false;
	xd->early = true;
	return true;
}

/* ---- references and ports that wait ---- */

/* Without memory to remember it by it is lost for good, which is safe. */
static void xfl_spend(const struct xfl_device *xd, grant_ref_t gref, evtchn_port_t port)
{
	struct xfl_spent *s = kzalloc(sizeof(*s), GFP_NOIO);

	if (!s)
		return;
	s->backend = kstrdup(xd->backend, GFP_NOIO);
	if (!s->backend) {
		kfree(s);
		return;
	}
	s->gref = gref;
	s->port = port;
	s->moves = xfl_moves();
	s->until = jiffies + XFL_SPENT_TIME;
	s->gone = xd->exchanged || xd->own == XFL_PEER_GONE;
	s->answered = xd->answered;
	s->closed_over = xd->closed_over;
	spin_lock(&xfl_release_lock);
	list_add_tail(&s->link, &xfl_spent);
	spin_unlock(&xfl_release_lock);
	queue_delayed_work(xfl_release_wq, &xfl_release_work, XFL_RELEASE_RETRY);
}

/**
 * xfl_spend_ring() - keep the references of a ring that was ended early from use
 * @xd: the device
 * @mem: the ring; its frames may be freed after this
 */
void xfl_spend_ring(struct xfl_device *xd, struct xfl_ring_mem *mem)
{
	unsigned int i;

	for (i = 0; i < mem->nr_frames; i++)
		if (mem->spent & BIT(i))
			xfl_spend(xd, mem->gref[i], 0);
	mem->spent = 0;
}

/**
 * xfl_spend_port() - keep a port from use
 * @xd: the device
 * @port: the port, with a reference taken by evtchn_get()
 */
void xfl_spend_port(struct xfl_device *xd, evtchn_port_t port)
{
	xfl_spend(xd, 0, port);
}

/* As xfl_lt_proof() in lifetable.c, of a backend that is there. */
static bool xfl_knows(enum xfl_peer backend, bool answered, bool mapped)
{
	return (backend == XFL_PEER_CLOSED && (answered || mapped)) ||
	       (backend == XFL_PEER_INITWAIT && answered);
}

static void xfl_spent_free(struct xfl_spent *s)
{
	list_del(&s->link);
	kfree(s->backend);
	kfree(s);
}

/* A port from before a restore is void, and its number may be another's. */
static void xfl_unspend(struct xfl_spent *s)
{
	if (!s->port)
		gnttab_free_grant_reference(s->gref);
	else if (s->moves == xfl_moves())
		evtchn_put(s->port);
	xfl_spent_free(s);
}

/* Whether the backend will not use it any more, as far as anybody can tell. */
static bool xfl_spent_over(struct xfl_spent *s, enum xfl_peer backend)
{
	/* Only a toolstack says that it initialises, of the next. */
	s->gone |= backend == XFL_PEER_GONE || backend == XFL_PEER_INITIALISING;
	if (s->gone)
		return time_after(jiffies, s->until);
	s->answered |= xfl_answers(backend, &s->closed_over);
	return xfl_knows(backend, s->answered, false);
}

/* Those of one device follow each other, so its backend's state is read once for all of them. */
static void xfl_spent_look(struct list_head *spent)
{
	enum xfl_peer backend = XFL_PEER_UNREADABLE;
	const char *read = NULL;
	struct xfl_spent *s, *next;

	list_for_each_entry_safe(s, next, spent, link) {
		if (!s->gone && (!read || strcmp(read, s->backend))) {
			backend = xfl_peer_read(s->backend);
			read = s->backend;
		}
		if (!xfl_spent_over(s, backend))
			continue;
		read = NULL;
		xfl_unspend(s);
	}
}

/* ---- connections that were abandoned ---- */

/* Whether references may go to others once the rings are ended. */
static bool xfl_abandoned_over(struct xfl_device *xd)
{
	enum xfl_peer backend;

	if (!xd->exchanged && xd->own != XFL_PEER_GONE) {
		if (xd->own != XFL_PEER_CLOSED)
			xfl_close_again(xd);
		backend = xfl_peer_read(xd->backend);
		/* In this order: then it is our backend's. */
		if (!xfl_look_home(xd))
			return false;
		if (backend != XFL_PEER_GONE && !xd->exchanged && xd->own != XFL_PEER_GONE) {
			xfl_heed(xd, backend);
			return xd->own == XFL_PEER_CLOSED &&
			       xfl_knows(backend, xd->answered, xd->mapped);
		}
		WRITE_ONCE(xd->own, XFL_PEER_GONE);
	}
	/* What stands under the backend's path from now on is another's. */
	return xd->mapped;
}

static bool xfl_abandoned_end(struct xfl_device *xd)
{
	if (xfl_abandoned_over(xd)) {
		if (xfl_rings_end(xd))
			return true;
		/* Some let go of a ring only when our state is written again. */
		if (!xd->exchanged && xd->own != XFL_PEER_GONE)
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

	dev_info(&xbdev->dev, "backend has let go of a removed device's rings\n");
	spin_lock(&xfl_release_lock);
	list_del(&xd->parked);
	parked_connections--;
	parked_kb -= xd->parked_kb;
	spin_unlock(&xfl_release_lock);
	xfl_disconnect(xd, XFL_WHY_REMOVE);
	xd->ops->put(xd);
	put_device(&xbdev->dev);
	module_put(THIS_MODULE);
}

static void xfl_release_look(struct work_struct *work)
{
	struct xfl_device *xd, *next;
	unsigned int noio = memalloc_noio_save();
	LIST_HEAD(spent);

	spin_lock(&xfl_release_lock);
	list_splice_init(&xfl_abandoned, &xfl_looked_at);
	list_splice_init(&xfl_spent, &spent);
	spin_unlock(&xfl_release_lock);

	list_for_each_entry_safe(xd, next, &xfl_looked_at, parked)
		if (xfl_abandoned_end(xd))
			xfl_abandoned_release(xd);
	xfl_spent_look(&spent);

	spin_lock(&xfl_release_lock);
	list_splice_tail_init(&xfl_looked_at, &xfl_abandoned);
	list_splice_tail(&spent, &xfl_spent);
	if (!list_empty(&xfl_abandoned) || !list_empty(&xfl_spent))
		queue_delayed_work(xfl_release_wq, &xfl_release_work, XFL_RELEASE_RETRY);
	spin_unlock(&xfl_release_lock);
	memalloc_noio_restore(noio);
}

/**
 * xfl_conn_abandon() - leave a connection to the parking place
 * @xd: the device, at the end of its life; what the connection is made of stays as it is
 *
 * Context: process, removal's caller.
 */
void xfl_conn_abandon(struct xfl_device *xd)
{
	dev_warn(&xd->xbdev->dev,
		 "backend still maps a ring: all that it may reach stays until it lets go\n");
	xfl_withhold(xd, XFL_WITHHELD_ABANDONED);
	xd->ops->abandon(xd);
	xd->abandoned = true;
}

/**
 * xfl_conn_park() - have a connection that was abandoned looked at until the backend lets go
 * @xd: the device, which nobody else uses any more; may be gone on return
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

/* Not one that was exchanged for this, nor one of before a restore: its directory is another. */
static bool xfl_is_precursor(const struct xfl_device *parked, const struct xfl_device *xd)
{
	return parked->xbdev == xd->xbdev && parked->made_at == xfl_moves() &&
	       !READ_ONCE(parked->exchanged) && READ_ONCE(parked->own) != XFL_PEER_GONE;
}

static bool xfl_set_successor(struct list_head *conns, struct xfl_device *xd)
{
	struct xfl_device *parked;
	bool any = false;

	list_for_each_entry(parked, conns, parked) {
		if (!xfl_is_precursor(parked, xd))
			continue;
		WRITE_ONCE(parked->successor, xd);
		any = true;
	}
	return any;
}

/**
 * xfl_conn_precedes() - whether the device has another connection, which is parked
 * @xd: the device, with nothing written to its directory; waits until there is none
 *
 * Some backends let go of a ring only when our state is written as Closed once more, which an offer
 * of the next connection would prevent.
 */
bool xfl_conn_precedes(struct xfl_device *xd)
{
	bool any;

	spin_lock(&xfl_release_lock);
	any = xfl_set_successor(&xfl_abandoned, xd);
	any |= xfl_set_successor(&xfl_looked_at, xd);
	spin_unlock(&xfl_release_lock);
	return any;
}

static void xfl_clear_successor(struct list_head *conns, const struct xfl_device *xd)
{
	struct xfl_device *parked;

	list_for_each_entry(parked, conns, parked)
		if (parked->successor == xd)
			WRITE_ONCE(parked->successor, NULL);
}

/**
 * xfl_conn_give_up() - the device waits for no parked connection any more
 * @xd: the device, which is being removed
 */
void xfl_conn_give_up(struct xfl_device *xd)
{
	spin_lock(&xfl_release_lock);
	xfl_clear_successor(&xfl_abandoned, xd);
	xfl_clear_successor(&xfl_looked_at, xd);
	spin_unlock(&xfl_release_lock);
}

/* xfl_release_flush() - wait for a connection that is being released */
void xfl_release_flush(void)
{
	flush_delayed_work(&xfl_release_work);
}

int __init xfl_release_init(void)
{
	xfl_release_wq = alloc_workqueue("xfl-release", WQ_MEM_RECLAIM | WQ_UNBOUND | WQ_FREEZABLE,
					 0);
	return xfl_release_wq ? 0 : -ENOMEM;
}

/*
 * A connection holds a reference on this module, so none is left here. References and ports that
 * still wait stay unused for good, which is safe.
 */
void xfl_release_exit(void)
{
	struct xfl_spent *s, *next;

	cancel_delayed_work_sync(&xfl_release_work);
	list_for_each_entry_safe(s, next, &xfl_spent, link)
		xfl_spent_free(s);
	destroy_workqueue(xfl_release_wq);
}
