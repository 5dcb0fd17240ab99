// SPDX-License-Identifier: GPL-2.0
/*
 * What two ends tell each other through xenstore: their states, and whose directory it is.
 *
 * DOC: not xenbus_switch_state(). It gives up silently, or by going to Closing, when it gets no
 * transaction; it writes to a directory that is another device's by then; and it skips a state that
 * it has, where a backend waits for that state to be written once more.
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

/* Few devices at a time can have xenbus look; the others wait for their turn so long. */
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
 * The directory of a backend lies in one that a guest may not read. Where it is missing, the C
 * xenstored says no more than that the guest may not know, and oxenstored says so.
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
 * xfl_xs_state_read() - the state that a directory shows
 * @dir: a backend's or frontend's; %NULL where there is none
 *
 * Context: process; waits for xenstore.
 */
enum xfl_xs_state xfl_xs_state_read(const char *dir)
{
	return xfl_xs_state_read_in(XBT_NIL, dir);
}

/**
 * xfl_reset_backend_moved() - what the backend shows from now on may be an answer to our Closed
 * @xd: the device
 * @backend: what it shows now
 */
void xfl_reset_backend_moved(struct xfl_device *xd, enum xfl_xs_state backend)
{
	xd->backend_moved = false;
	xd->backend_at_closed = backend;
}

/**
 * xfl_note_backend_state() - note what a state of the backend says of the keys and the rings
 * @xd: the device
 * @backend: the state; it is our backend's
 */
void xfl_note_backend_state(struct xfl_device *xd, enum xfl_xs_state backend)
{
	if (xfl_has_moved(backend, &xd->backend_at_closed))
		xd->backend_moved = true;
	if (xfl_starts_anew(backend))
		xd->mapped = false;
}

/*
 * Since Linux 7.2 xenbus takes a device for replaced by a new one if its state in xenstore is
 * Initialising and its own is not. It reads one after the other, whenever a key was written, so a
 * step of ours between the two would look like that. A new watch fires when it has looked at all
 * keys written so far. It does not look while it waits for us to remove the device.
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
 * @backend_state: what the backend shows in the same transaction, if @state is Closed
 */
struct xfl_writing {
	enum xenbus_state state;
	enum xfl_xs_state backend_state;
};

static int xfl_write_state(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx)
{
	struct xfl_writing *w = ctx;
	int err;

	/* Both or none: Closed says that the keys are void. */
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
 * @state: the state; with Closed the keys of the connection are deleted, so that no backend that
 *	looks later takes them for valid
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
	/* The other way round one that looks in between would take it for a new device. */
	if (state == XenbusStateInitialising)
		xd->xbdev->state = state;
	err = xfl_transact(xd, xfl_write_state, &w);
	if (err)
		xd->xbdev->state = was;
	if (err == -ENOENT)
		WRITE_ONCE(xd->own_state, XFL_XS_GONE);
	if (err)
		return err;
	/* What the backend showed before it could see this is no answer to it. */
	if (state == XenbusStateClosed && xd->own_state != XFL_XS_CLOSED)
		xfl_reset_backend_moved(xd, w.backend_state);
	WRITE_ONCE(xd->own_state, xfl_xs_state_of(state));
	xd->xbdev->state = state;
	/* As xenbus_frontend_closed(): a shutdown waits for it, once. */
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
 * xfl_close_again() - tell the backend once more that a connection is over whose device was removed
 * @xd: the device
 *
 * Where a driver has the device by now, ours or another, the directory is that one's; unless it is
 * ours and waits for this.
 *
 * Context: process, of the parking place; waits for xenstore.
 */
void xfl_close_again(struct xfl_device *xd)
{
	struct device *dev = &xd->xbdev->dev;
	bool waits;

	if (!device_trylock(dev))
		return;
	waits = READ_ONCE(xd->successor);
	/* Without a mark the directory of a device that nobody drives may be anybody's. */
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
 * xfl_unpublish() - delete the keys of a connection
 * @xd: the device
 *
 * The next frontend may be a driver that does not know all of them, and a backend believes what it
 * finds. What fails is let be: where the toolstack takes the device away, the directory goes too.
 *
 * Context: process, a step of the machine; waits for xenstore.
 */
void xfl_unpublish(struct xfl_device *xd)
{
	xfl_transact(xd, xfl_unpublish_in, NULL);
}

/* Return: 0; -ESTALE if another device's backend is named; -EAGAIN if it cannot be said now. */
static int xfl_check_backend_key(struct xenbus_transaction xbt, struct xfl_device *xd)
{
	const char *known = xd->xbdev->otherend;
	char *text;
	int err;

	/* After a restore xenbus may have found no other end. */
	if (!known || strcmp(known, xd->backend))
		return -EAGAIN;
	text = xenbus_read(xbt, xd->xbdev->nodename, "backend", NULL);
	if (IS_ERR(text))
		return -EAGAIN;
	err = strcmp(text, known) ? -ESTALE : 0;
	kfree(text);
	return err;
}

static int xfl_write_mark(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx)
{
	const char *mark = ctx;
	int err;

	err = xfl_check_backend_key(xbt, xd);
	if (err)
		return err;
	err = xenbus_printf(xbt, xd->xbdev->nodename, XFL_MARK_KEY, "%s", mark);
	return err == -EAGAIN || err == -ENOMEM ? -EAGAIN : err;
}

/**
 * xfl_mark() - write the key by which our directory is known to be ours
 * @xd: the device, without one
 *
 * Where the toolstack's quota forbids it there is none, and no exchange is noticed.
 *
 * Context: process, a step of the machine; waits for xenstore.
 * Return: 0, or -EAGAIN if it could not be done now.
 */
int xfl_mark(struct xfl_device *xd)
{
	char mark[XFL_MARK_DIGITS + 1];
	int err;

	snprintf(mark, sizeof(mark), "%016llx", get_random_u64());
	err = xfl_transact(xd, xfl_write_mark, mark);
	if (err == -EAGAIN || err == -ENOENT || err == -ESTALE)
		return -EAGAIN;
	if (err)
		dev_warn(&xd->xbdev->dev, "no key can be written (%pe): an exchange goes unnoticed\n",
			 ERR_PTR(err));
	else
		strscpy(xd->mark, mark, sizeof(xd->mark));
	xd->marked = true;
	return 0;
}
