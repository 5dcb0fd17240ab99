// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Transactions in our own directory, a few at a time and only while it is ours.
 */
#include <linux/delay.h>
#include <linux/semaphore.h>

#include <xenfront/lifecycle.h>

#include "internal.h"

/**
 * DOC: Number of transactions
 *
 * xenstored allows a guest about ten transactions at a time. At boot, and after each resume, every
 * device wants one, and xenbus has its own. So at most four of our devices have one at a time, and
 * those that are being removed on top of them. Whoever removes a device holds its lock, and
 * xenwatch may be waiting for that lock.
 *
 * A transaction that cannot be started says nothing about the device. It is always worth another
 * try, with any errno: oxenstored's quota has no errno that Linux knows.
 */

#define XFL_TRANSACTIONS	4

/*
 * A transaction fails when others write to the same keys: the next one soon after may be good. It
 * also fails while the guest has too many, and then the pauses grow: all of them take two seconds.
 */
#define XFL_TRANSACT_TRIES	28
#define XFL_TRANSACT_PAUSE_MS	10
#define XFL_TRANSACT_DOUBLINGS	3

/* Jiffies between two looks whether a device that waits at the gate is being removed. */
#define XFL_GATE_LOOK		(HZ / 10)

static struct semaphore xfl_gate;

/*
 * Each transaction of the others ends by itself. Return: false if the device is being removed: then
 * nothing waits for other devices.
 */
static bool xfl_pass_gate(struct xfl_device *xd)
{
	while (!READ_ONCE(xd->removing))
		if (!down_timeout(&xfl_gate, XFL_GATE_LOOK))
			return true;
	return false;
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
		gate = xfl_pass_gate(xd);
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

void __init xfl_transact_init(void)
{
	sema_init(&xfl_gate, XFL_TRANSACTIONS);
}
