// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Identity: whether our directory is still ours, or that of another device under the same name.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xenfront/lifecycle.h>
#include <xenfront/xenstore.h>

#include "internal.h"

/**
 * DOC: The mark of our directory
 *
 * libxl makes the guest the owner of its frontend directory. When a device is taken away and added
 * anew, the new directory has the same name, and both happen in one transaction. A guest that was
 * paused meanwhile gets no event that says so. So our directory has a key with a random value, the
 * mark. Each transaction checks first that the mark is still there.
 */

/*
 * Return: 0 if our directory is ours; -ENOENT if there is none; -ESTALE if it is another device's;
 * -EAGAIN if that cannot be known now.
 */
int xfl_owned(struct xenbus_transaction xbt, const struct xfl_device *xd)
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
bool xfl_gone_meanwhile(const struct xfl_device *xd)
{
	return xfl_owned(XBT_NIL, xd) == -ENOENT;
}

/* Not after a restore: the directory is a new one then, and ours nevertheless. */
void xfl_note_exchange(struct xfl_device *xd)
{
	if (!(READ_ONCE(xd->events) & XFL_EV_RESTORED))
		WRITE_ONCE(xd->exchanged, true);
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
 * Context: process, a step of the machine, or abandoned.c once the connection is left to it;
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

/*
 * Return: 0 if our directory names the backend that xenbus found; -ENOENT if xenbus has found none
 * yet; -ESTALE if the directory names another one; -EAGAIN if that cannot be known now.
 */
static int xfl_check_backend_key(struct xenbus_transaction xbt, struct xfl_device *xd)
{
	const char *known = xd->xbdev->otherend;
	char *text;
	int err;

	/* After a restore xenbus may have found no other end. */
	if (!known || strcmp(known, xd->backend))
		return -ENOENT;
	text = xenbus_read(xbt, xd->xbdev->nodename, "backend", NULL);
	if (IS_ERR(text))
		return -EAGAIN;
	err = strcmp(text, known) ? -ESTALE : 0;
	kfree(text);
	return err;
}

/* xfl_write_mark() - write a mark; for xfl_transact() of a device that has none yet */
int xfl_write_mark(struct xenbus_transaction xbt, struct xfl_device *xd, void *mark)
{
	int err;

	err = xfl_check_backend_key(xbt, xd);
	if (err)
		return err;
	err = xenbus_printf(xbt, xd->xbdev->nodename, XFL_MARK_KEY, "%s", (const char *)mark);
	return err == -EAGAIN || err == -ENOMEM ? -EAGAIN : err;
}
