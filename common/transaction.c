// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Transactions in our own directory, a few at a time and only while it is ours.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xenfront/lifecycle.h>
#include <xenfront/xenstore.h>

#include "internal.h"

/**
 * DOC: Number of transactions
 *
 * xenstored allows a guest about ten transactions at a time. At boot, and after each resume, every
 * device wants one, and xenbus has its own. So at most four of our devices have one at a time. A
 * transaction that cannot be started says nothing about the device. It is always worth another try,
 * with any errno: oxenstored's quota has no errno that Linux knows.
 */

/**
 * DOC: The mark of our directory
 *
 * libxl makes the guest the owner of its frontend directory. When a device is taken away and added
 * anew, the new directory has the same name, and both happen in one transaction. A guest that was
 * paused meanwhile gets no event that says so. So our directory has a key with a random value, the
 * mark. Each transaction checks first that the mark is still there.
 */

#define XFL_TRANSACTIONS	4

/*
 * A transaction fails when others write to the same keys: the next one soon after may be good. It
 * also fails while the guest has too many, and then the pauses grow: all of them take two seconds.
 */
#define XFL_TRANSACT_TRIES	14
#define XFL_TRANSACT_PAUSE_MS	10
#define XFL_TRANSACT_DOUBLINGS	4

static struct semaphore xfl_gate;

/*
 * Return: 0 if our directory is ours; -ENOENT if there is none; -ESTALE if it is another device's;
 * -EAGAIN if that cannot be known now.
 */
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

/*
 * Whether a directory without our mark is no directory at all. It may go between the two reads of
 * xfl_owned(). xenstored reports no conflict to a transaction that is given up.
 */
static bool xfl_gone_meanwhile(const struct xfl_device *xd)
{
	return xfl_owned(XBT_NIL, xd) == -ENOENT;
}

/* Not after a restore: the directory is a new one then, and ours nevertheless. */
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
 * @fn: what to do in the transaction; may be called several times
 * @ctx: argument for @fn
 *
 * The caller need not hold @step of @xd. So the machine may write another mark at the same time,
 * and -ESTALE is no proof that the device was exchanged.
 *
 * Context: process; waits for xenstore, and for other devices' transactions.
 * Return: 0; -EAGAIN if it could not be done now; -ENOENT if there is no directory; -ESTALE if it
 * has not our mark; else what @fn returned. Unless it is 0 nothing was changed.
 */
int xfl_transact_unlocked(struct xfl_device *xd,
		       int (*fn)(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx),
		       void *ctx)
{
	int tries = XFL_TRANSACT_TRIES, pauses = 0;
	bool gate;
	int err;

	do {
		if (tries < XFL_TRANSACT_TRIES)
			msleep(XFL_TRANSACT_PAUSE_MS << min(pauses++, XFL_TRANSACT_DOUBLINGS));
		gate = !READ_ONCE(xd->removing);
		if (gate)
			down(&xfl_gate);
		err = xfl_transact_once(xd, fn, ctx);
		if (gate)
			up(&xfl_gate);
	} while (err == -EAGAIN && --tries && !READ_ONCE(xd->removing));
	return err == -ESTALE && xfl_gone_meanwhile(xd) ? -ENOENT : err;
}

/**
 * xfl_transact() - change our directory, if it is ours
 * @xd: the device
 * @fn: what to do in the transaction; may be called several times
 * @ctx: argument for @fn
 *
 * Context: process, a step of the machine; waits for xenstore.
 * Return: as xfl_transact_unlocked(). After -ESTALE, @exchanged of @xd is set, unless the guest was
 * restored meanwhile.
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
 * xfl_has_directory() - whether a device's directory exists, and is its own
 * @xd: the device
 *
 * Context: process; waits for xenstore. The machine may write another mark at the same time.
 * Return: true also if that could not be read.
 */
bool xfl_has_directory(const struct xfl_device *xd)
{
	int err = xfl_owned(XBT_NIL, xd);

	return err != -ENOENT && err != -ESTALE;
}
EXPORT_SYMBOL_NS_GPL(xfl_has_directory, XEN_FRONTLIB);

/**
 * xfl_check_directory() - check whether our directory is still ours
 * @xd: the device
 *
 * For states in which nothing may be written for long, and for the end of a connection. Sets
 * @exchanged of @xd if the directory is another device's, and @own_state of a device with a
 * connection if the directory is gone. Without a mark it can only be known whether it is gone.
 *
 * Context: process, a step of the machine, or the parking place once the connection is left to it;
 * waits for xenstore.
 * Return: whether the directory could be read.
 */
bool xfl_check_directory(struct xfl_device *xd)
{
	int err = xd->exchanged ? 0 : xfl_owned(XBT_NIL, xd);

	if (err == -EAGAIN)
		return false;
	if (err == -ESTALE && !xfl_gone_meanwhile(xd))
		xfl_note_exchange(xd);
	else if (err && xd->has_connection)
		WRITE_ONCE(xd->own_state, XFL_XS_GONE);
	return true;
}

void __init xfl_transact_init(void)
{
	sema_init(&xfl_gate, XFL_TRANSACTIONS);
}
