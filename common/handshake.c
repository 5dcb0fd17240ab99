// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The states of both ends in xenstore, and the mark of our directory.
 */
#include <linux/delay.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include <xenfront/lifecycle.h>
#include <xenfront/watch.h>
#include <xenfront/xenstore.h>

#include "internal.h"

/**
 * DOC: Writing our state
 *
 * xenbus_switch_state() does not do, for three reasons. When it gets no transaction it gives up, or
 * goes to Closing. It writes even if the directory has become another device's. And it skips a
 * state that the device has already, while some backends wait for that state to be written once
 * more.
 */

/* Few devices at a time can flush xenwatch. The others try XFL_FLUSH_TRIES times. */
#define XFL_FLUSH_TRIES		250
#define XFL_FLUSH_PAUSE_MS	20

static enum xfl_xs_state xfl_xs_state_of(unsigned int state)
{
	switch (state) {
	case XenbusStateInitialising:
		return XFL_XS_INITIALISING;
	case XenbusStateInitWait:
		return XFL_XS_INITWAIT;
	case XenbusStateInitialised:
		return XFL_XS_INITIALISED;
	case XenbusStateConnected:
		return XFL_XS_CONNECTED;
	case XenbusStateClosing:
		return XFL_XS_CLOSING;
	case XenbusStateClosed:
		return XFL_XS_CLOSED;
	default:
		return XFL_XS_UNREADABLE;
	}
}

/*
 * Whether a read failed because the key does not exist. The parent of a backend's directory is not
 * the guest's to read. So for a missing directory the C xenstored says EACCES, and oxenstored
 * ENOENT.
 */
bool xfl_is_gone(int err)
{
	return err == -ENOENT || err == -EACCES;
}

static enum xfl_xs_state xfl_xs_state_read_in(struct xenbus_transaction xbt, const char *dir)
{
	unsigned int state;
	char *text;
	int err;

	if (!dir)
		return XFL_XS_GONE;
	text = xenbus_read(xbt, dir, "state", NULL);
	if (IS_ERR(text))
		return xfl_is_gone(PTR_ERR(text)) ? XFL_XS_GONE : XFL_XS_UNREADABLE;
	err = kstrtouint(text, 10, &state);
	kfree(text);
	return err ? XFL_XS_UNREADABLE : xfl_xs_state_of(state);
}

/**
 * xfl_xs_state_read() - read the state that a directory shows
 * @dir: a backend's or frontend's directory; %NULL if there is none
 *
 * Context: process; waits for xenstore.
 * Return: the state; XFL_XS_GONE if there is no directory; XFL_XS_UNREADABLE for any other error,
 * and for what is no number of a state.
 */
enum xfl_xs_state xfl_xs_state_read(const char *dir)
{
	return xfl_xs_state_read_in(XBT_NIL, dir);
}

/**
 * xfl_reset_backend_moved() - our Closed was written: watch for the backend to move from now on
 * @xd: the device
 * @backend: the state that it shows now, XFL_XS_UNREADABLE to take the first that can be read
 */
void xfl_reset_backend_moved(struct xfl_device *xd, enum xfl_xs_state backend)
{
	xd->backend_moved = false;
	xd->backend_at_closed = backend;
}

/* Whether a backend that shows @backend has unmapped all it had, and may read keys anew. */
static bool xfl_starts_anew(enum xfl_xs_state backend)
{
	return backend == XFL_XS_INITIALISING || backend == XFL_XS_INITWAIT;
}

/**
 * xfl_note_backend_state() - note what a state of the backend says of the keys and the rings
 * @xd: the device
 * @backend: the state, known to be our backend's and not another device's
 */
void xfl_note_backend_state(struct xfl_device *xd, enum xfl_xs_state backend)
{
	if (xfl_note_moved(backend, &xd->backend_at_closed))
		xd->backend_moved = true;
	if (xfl_starts_anew(backend))
		xd->mapped = false;
}

/*
 * Since Linux 7.2 xenbus takes a device for replaced if our state in xenstore is Initialising and
 * xbdev->state is not. xenwatch reads one after the other, whenever a key was written. A state that
 * we write in between would look like a replaced device. A watch that is registered now fires after
 * xenwatch has handled all earlier writes, so wait for that. While xenwatch waits for us to remove
 * the device it handles none.
 */
static void xfl_flush_xenwatch(struct xfl_device *xd)
{
	struct xfl_watch *w = NULL;
	int tries = XFL_FLUSH_TRIES;

	if (!XENBUS_COMPARES_STATES)
		return;
	while (!READ_ONCE(xd->removing) && tries-- && !(w = xfl_watch_start_flush(xd)))
		msleep(XFL_FLUSH_PAUSE_MS);
	if (!w)
		return;
	wait_event_timeout(xd->state_wq, xfl_watch_fired(w) || READ_ONCE(xd->removing),
			   XFL_BACKEND_TIMEOUT);
	xfl_watch_drop(w);
}

/**
 * struct xfl_writing - a state that is being written
 * @state: the state
 * @backend_state: the state that the backend shows in the same transaction; set if @state is Closed
 */
struct xfl_writing {
	enum xenbus_state state;
	enum xfl_xs_state backend_state;
};

static int xfl_write_state(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx)
{
	struct xfl_writing *w = ctx;
	int err;

	/* Closed says that the keys are void: write it and delete them in one transaction. */
	if (w->state == XenbusStateClosed) {
		if (xfl_keys_delete(xbt, xd->xbdev->nodename, xd->ops->keys))
			return -EAGAIN;
		w->backend_state = xfl_xs_state_read_in(xbt, xd->backend);
	}
	err = xenbus_printf(xbt, xd->xbdev->nodename, "state", "%d", w->state);
	return err ? -EAGAIN : 0;
}

/**
 * xfl_state_write() - write our state, if the directory is ours
 * @xd: the device
 * @state: the state. With Closed the keys of the connection are deleted in the same transaction, so
 *	that no backend that looks later takes them for valid
 *
 * On success @own_state of @xd and the state that xenbus keeps follow.
 *
 * Context: process, a step of the machine; waits for xenstore.
 * Return: as xfl_transact().
 */
int xfl_state_write(struct xfl_device *xd, enum xenbus_state state)
{
	struct xfl_writing w = { .state = state };
	enum xenbus_state was = xd->xbdev->state;
	int err;

	lockdep_assert_held(&xd->step);
	if (xd->own_state == XFL_XS_INITIALISING && state != XenbusStateInitialising)
		xfl_flush_xenwatch(xd);
	/* In this order: xenbus must not find Initialising in xenstore with another state here. */
	if (state == XenbusStateInitialising)
		xd->xbdev->state = state;
	err = xfl_transact(xd, xfl_write_state, &w);
	if (err)
		xd->xbdev->state = was;
	if (err == -ENOENT)
		WRITE_ONCE(xd->own_state, XFL_XS_GONE);
	if (err)
		return err;
	/* What the backend shows now it has shown before it could see this. */
	if (state == XenbusStateClosed && xd->own_state != XFL_XS_CLOSED)
		xfl_reset_backend_moved(xd, w.backend_state);
	WRITE_ONCE(xd->own_state, xfl_xs_state_of(state));
	xd->xbdev->state = state;
	/* As xenbus_frontend_closed() does: a shutdown of the guest waits for it, once. */
	reinit_completion(&xd->xbdev->down);
	if (state == XenbusStateClosed)
		complete(&xd->xbdev->down);
	return 0;
}

static void xfl_write_closed_again(struct xfl_device *xd)
{
	struct xfl_writing w = { .state = XenbusStateClosed };
	int err = xfl_transact_unlocked(xd, xfl_write_state, &w);

	if (err == -ESTALE)
		WRITE_ONCE(xd->exchanged, true);
	if (err == -ENOENT)
		WRITE_ONCE(xd->own_state, XFL_XS_GONE);
	if (err || xd->own_state == XFL_XS_CLOSED)
		return;
	WRITE_ONCE(xd->own_state, XFL_XS_CLOSED);
	xfl_reset_backend_moved(xd, w.backend_state);
}

/**
 * xfl_close_again() - write Closed once more, for the parked connection of a removed device
 * @xd: the device
 *
 * If a driver has the device by now, the directory is that driver's, and nothing is written. The
 * exception is a driver of ours which waits for this connection to end.
 *
 * Context: process, from the work of abandoned.c; waits for xenstore.
 */
void xfl_close_again(struct xfl_device *xd)
{
	struct device *dev = &xd->xbdev->dev;
	bool waits;

	if (!device_trylock(dev))
		return;
	waits = READ_ONCE(xd->successor);
	/* Without a mark, the directory of a device without a driver may be another device's. */
	if (xd->conn_restores == xfl_nr_restores() && (waits || (!dev->driver && *xd->mark)))
		xfl_write_closed_again(xd);
	device_unlock(dev);
}

static int xfl_unpublish_in(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx)
{
	xfl_keys_delete(xbt, xd->xbdev->nodename, xd->ops->keys);
	if (*xd->mark)
		xenbus_rm(xbt, xd->xbdev->nodename, XFL_MARK_KEY);
	return 0;
}

/**
 * xfl_unpublish() - delete the keys of a connection, and the mark
 * @xd: the device
 *
 * The next driver may not know all of these keys, and a backend believes what it finds. Errors are
 * ignored: if the toolstack takes the device away, the directory goes too.
 *
 * Context: process, a step of the machine; waits for xenstore.
 */
void xfl_unpublish(struct xfl_device *xd)
{
	xfl_transact(xd, xfl_unpublish_in, NULL);
}

/**
 * xfl_mark() - write the mark, the key by which our directory is known to be ours
 * @xd: the device, without a mark
 *
 * If xenstore refuses the key for good, by a quota for example, there is no mark, and an exchange
 * goes unnoticed.
 *
 * Context: process, a step of the machine; waits for xenstore.
 * Return: 0; -EAGAIN, -ENOENT or -ESTALE, as xfl_transact(), if it could not be done now.
 */
int xfl_mark(struct xfl_device *xd)
{
	char mark[XFL_MARK_DIGITS + 1];
	int err;

	snprintf(mark, sizeof(mark), "%016llx", get_random_u64());
	err = xfl_transact(xd, xfl_write_mark, mark);
	if (err == -EAGAIN || err == -ENOENT || err == -ESTALE)
		return err;
	if (err)
		dev_warn(&xd->xbdev->dev, "no key can be written (%pe): an exchange goes unnoticed\n",
			 ERR_PTR(err));
	else
		strscpy(xd->mark, mark, sizeof(xd->mark));
	xd->marked = true;
	return 0;
}
