// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Watches on keys of a backend.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include <xenfront/watch.h>

#include "internal.h"

/*
 * xenstored allows a guest 100 or 128 watches by default, and each device needs one for its
 * backend's state. Watches on other keys are optional, so all devices together have few. Watches
 * that flush xenwatch are counted apart, since a connection depends on them.
 */
#define XFL_MAX_WATCHES	8
#define XFL_MAX_FLUSHES	4

/**
 * struct xfl_watch - one watch
 * @xenbus: what xenbus knows of it; its node is ours to free
 * @lock: protects @xd; taken by the callback
 * @xd: device to wake; NULL after the watch was dropped
 * @fired: whether the callback has run
 * @count: the number of such watches
 * @end: work that unregisters and frees the watch
 */
struct xfl_watch {
	struct xenbus_watch xenbus;
	spinlock_t lock;
	struct xfl_device *xd;
	bool fired;
	atomic_t *count;
	struct work_struct end;
};

static struct workqueue_struct *xfl_watch_wq;
static atomic_t xfl_nr_watches;
static atomic_t xfl_nr_flushes;

static void xfl_watch_event(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xfl_watch *w = container_of(watch, struct xfl_watch, xenbus);

	spin_lock(&w->lock);
	WRITE_ONCE(w->fired, true);
	if (w->xd) {
		wake_up_all(&w->xd->state_wq);
		xfl_post(w->xd, XFL_EV_BACKEND);
	}
	spin_unlock(&w->lock);
}

/* One event that waits is enough, since the machine reads the key itself (XSA-349). */
static bool xfl_watch_wanted(struct xenbus_watch *watch, const char *path, const char *token)
{
	return !watch->nr_pending;
}

static void xfl_watch_free(struct xfl_watch *w)
{
	atomic_t *count = w->count;

	kfree(w->xenbus.node);
	kfree(w);
	atomic_dec(count);
}

static void xfl_watch_end(struct work_struct *work)
{
	struct xfl_watch *w = container_of(work, struct xfl_watch, end);

	unregister_xenbus_watch(&w->xenbus);
	xfl_watch_free(w);
}

static struct xfl_watch *xfl_watch_alloc(struct xfl_device *xd, const char *key)
{
	struct xfl_watch *w = kzalloc(sizeof(*w), GFP_NOIO);

	if (!w)
		return NULL;
	w->xenbus.node = kasprintf(GFP_NOIO, "%s/%s", xd->backend, key);
	w->xenbus.callback = xfl_watch_event;
	w->xenbus.will_handle = xfl_watch_wanted;
	w->xd = xd;
	spin_lock_init(&w->lock);
	INIT_WORK(&w->end, xfl_watch_end);
	if (!w->xenbus.node) {
		kfree(w);
		return NULL;
	}
	return w;
}

static struct xfl_watch *xfl_watch_new(struct xfl_device *xd, const char *key, atomic_t *count,
				       int max)
{
	struct xfl_watch *w;

	if (atomic_inc_return(count) > max)
		goto err_count;
	w = xfl_watch_alloc(xd, key);
	if (!w)
		goto err_count;
	w->count = count;
	if (register_xenbus_watch(&w->xenbus)) {
		xfl_watch_free(w);
		return NULL;
	}
	return w;

err_count:
	atomic_dec(count);
	return NULL;
}

/**
 * xfl_watch_start() - have the machine look again when the backend writes a key
 * @xd: the device
 * @key: key in its backend's directory
 *
 * A write of the key counts as if the backend had written its state: @changed of &struct xfl_ops is
 * called. That happens once soon after this call in any case.
 *
 * Context: process, a step of the machine; waits for xenstore; allocates with GFP_NOIO.
 * Return: the watch, to be given to xfl_watch_drop(); %NULL if there is no room, memory or xenstore
 * for one.
 */
struct xfl_watch *xfl_watch_start(struct xfl_device *xd, const char *key)
{
	return xfl_watch_new(xd, key, &xfl_nr_watches, XFL_MAX_WATCHES);
}
EXPORT_SYMBOL_NS_GPL(xfl_watch_start, XEN_FRONTLIB);

/* xfl_watch_start_flush() - a watch that fires after xenwatch has handled all earlier writes */
struct xfl_watch *xfl_watch_start_flush(struct xfl_device *xd)
{
	return xfl_watch_new(xd, "state", &xfl_nr_flushes, XFL_MAX_FLUSHES);
}

/**
 * xfl_watch_drop() - end a watch
 * @w: the watch, or %NULL; freed later
 *
 * It wakes nobody after this returns.
 *
 * Context: process; does not wait.
 */
void xfl_watch_drop(struct xfl_watch *w)
{
	if (!w)
		return;
	spin_lock(&w->lock);
	w->xd = NULL;
	spin_unlock(&w->lock);
	queue_work(xfl_watch_wq, &w->end);
}
EXPORT_SYMBOL_NS_GPL(xfl_watch_drop, XEN_FRONTLIB);

/* xfl_watch_fired() - whether the callback of a watch has run */
bool xfl_watch_fired(const struct xfl_watch *w)
{
	return READ_ONCE(w->fired);
}

int __init xfl_watch_init(void)
{
	xfl_watch_wq = alloc_workqueue("xfl-watch", WQ_UNBOUND, 0);
	return xfl_watch_wq ? 0 : -ENOMEM;
}

/* All watches were dropped, but the last may still have to be unregistered. */
void xfl_watch_exit(void)
{
	destroy_workqueue(xfl_watch_wq);
}
