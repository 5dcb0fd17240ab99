// SPDX-License-Identifier: GPL-2.0
/*
 * Transactions in our own directory, a few at a time and only while it is ours.
 *
 * DOC: xenstored allows a guest some ten transactions at a time. At boot, and after each resume,
 * every device wants one, and the core has its own. So at most four devices have one at a time. A
 * transaction that cannot be started says nothing about the device: it is always worth another
 * try, whatever errno it comes with (oxenstored's quota is no errno that Linux knows).
 *
 * DOC: libxl makes the guest the owner of its frontend directory. A device that is taken away and
 * added anew gets a new directory of the same name, in one transaction, and where the guest was
 * paused meanwhile nothing tells. So our directory has a key with a random value, and each
 * transaction looks first whether it is still there.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xenfront/lifecycle.h>
#include <xenfront/xenstore.h>

#include "internal.h"

#define XFL_TRANSACTIONS	4

/* A transaction fails when others write beside it; this often is no accident. */
#define XFL_TRANSACT_TRIES	100
#define XFL_TRANSACT_PAUSE_MS	20

static struct semaphore xfl_gate;

/* Return: 0, -ENOENT if there is no directory, -ESTALE if it is another's. */
static int xfl_owned(struct xenbus_transaction xbt, const struct xfl_device *xd)
{
	const char *dir = xd->xbdev->nodename;
	char *text;
	int err;

	text = xenbus_read(xbt, dir, "state", NULL);
	if (IS_ERR(text))
		return PTR_ERR(text) == -ENOENT ? -ENOENT : -EAGAIN;
	kfree(text);
	if (!*xd->mark)
		return 0;
	text = xenbus_read(xbt, dir, XFL_MARK_KEY, NULL);
	if (IS_ERR(text))
		return PTR_ERR(text) == -ENOENT ? -ESTALE : -EAGAIN;
	err = strcmp(text, xd->mark) ? -ESTALE : 0;
	kfree(text);
	return err;
}

/* A guest that was restored meanwhile has a new directory, which is its own all the same. */
static void xfl_note_exchange(struct xfl_device *xd)
{
	if (!(READ_ONCE(xd->events) & XFL_EV_RESTORED))
		WRITE_ONCE(xd->exchanged, true);
}

static int xfl_transact_once(struct xfl_device *xd,
			     int (*fn)(struct xenbus_transaction, struct xfl_device *, void *),
			     void *ctx)
{
	struct xenbus_transaction xbt;
	int err;

	if (xenbus_transaction_start(&xbt))
		return -EAGAIN;
	err = xfl_owned(xbt, xd);
	if (!err)
		err = fn(xbt, xd, ctx);
	if (err) {
		xenbus_transaction_end(xbt, true);
		return err;
	}
	return xenbus_transaction_end(xbt, false) ? -EAGAIN : 0;
}

/**
 * xfl_transact_unlocked() - change our directory, if it is ours, from outside the machine
 * @xd: the device
 * @fn: what to do, possibly several times
 * @ctx: argument for @fn
 *
 * The machine may give the directory another mark at the same time, so -ESTALE is no proof that the
 * device was exchanged.
 *
 * Context: process; waits for xenstore.
 * Return: 0; -EAGAIN if it could not be done now; -ENOENT if there is no directory; -ESTALE if it
 * has not our mark; else what @fn returned.
 */
int xfl_transact_unlocked(struct xfl_device *xd,
		       int (*fn)(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx),
		       void *ctx)
{
	int tries = XFL_TRANSACT_TRIES;
	bool gate;
	int err;

	do {
		if (tries < XFL_TRANSACT_TRIES)
			msleep(XFL_TRANSACT_PAUSE_MS);
		gate = !READ_ONCE(xd->removing);
		if (gate)
			down(&xfl_gate);
		err = xfl_transact_once(xd, fn, ctx);
		if (gate)
			up(&xfl_gate);
	} while (err == -EAGAIN && --tries && !READ_ONCE(xd->removing));
	return err;
}

/**
 * xfl_transact() - change our directory, if it is ours
 * @xd: the device
 * @fn: what to do, possibly several times
 * @ctx: argument for @fn
 *
 * Context: process, a step of the machine; waits for xenstore.
 * Return: as xfl_transact_unlocked(); after -ESTALE @xd->exchanged says so as well.
 */
int xfl_transact(struct xfl_device *xd,
		 int (*fn)(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx),
		 void *ctx)
{
	int err;

	lockdep_assert_held(&xd->step);
	err = xfl_transact_unlocked(xd, fn, ctx);
	if (err == -ESTALE)
		xfl_note_exchange(xd);
	return err;
}

/**
 * xfl_has_directory() - whether a device's directory is there, and is its own
 * @xd: the device
 *
 * Context: process; waits for xenstore.
 */
bool xfl_has_directory(const struct xfl_device *xd)
{
	int err = xfl_owned(XBT_NIL, xd);

	return err != -ENOENT && err != -ESTALE;
}
EXPORT_SYMBOL_NS_GPL(xfl_has_directory, XEN_FRONTLIB);

/**
 * xfl_check_directory() - see whether our directory is still ours
 * @xd: the device
 *
 * For states in which it may be long until something is written, and for a connection's end.
 * @xd->exchanged, and @xd->own_state of a device with a connection, say what was found. Of a
 * directory without our mark it can only be found that it is gone.
 *
 * Context: process, a step of the machine, or the parking place once the connection is left to it;
 * waits for xenstore.
 * Return: whether it could be seen.
 */
bool xfl_check_directory(struct xfl_device *xd)
{
	int err = xd->exchanged ? 0 : xfl_owned(XBT_NIL, xd);

	if (err == -EAGAIN)
		return false;
	/* It may have gone between the two keys that were read. */
	if (err == -ESTALE && xenbus_exists(XBT_NIL, xd->xbdev->nodename, "state"))
		xfl_note_exchange(xd);
	else if (err && xd->has_connection)
		WRITE_ONCE(xd->own_state, XFL_XS_GONE);
	return true;
}

void __init xfl_transact_init(void)
{
	sema_init(&xfl_gate, XFL_TRANSACTIONS);
}
