// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * What others leave for the machine to find: events, reasons not to believe the rings, the count of
 * restores. And the calls by which drivers and xenbus leave it. Nothing here waits or takes a step.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <xenfront/lifecycle.h>

#include "internal.h"

/* ---- events ---- */

/**
 * xfl_post() - post an event to the machine
 * @xd: the device
 * @event: an XFL_EV_* bit
 *
 * Context: any, hard interrupts included. While a device is being removed the remover finds it.
 */
void xfl_post(struct xfl_device *xd, unsigned long event)
{
	unsigned long flags;

	spin_lock_irqsave(&xd->lock, flags);
	WRITE_ONCE(xd->events, xd->events | event);
	if (!xd->removing)
		mod_delayed_work(xd->wq, &xd->work, 0);
	spin_unlock_irqrestore(&xd->lock, flags);
}

/* xfl_take_event() - whether an event was posted; it counts as seen from now on */
bool xfl_take_event(struct xfl_device *xd, unsigned long event)
{
	unsigned long flags;
	bool was;

	spin_lock_irqsave(&xd->lock, flags);
	was = xd->events & event;
	WRITE_ONCE(xd->events, xd->events & ~event);
	spin_unlock_irqrestore(&xd->lock, flags);
	return was;
}

/* ---- belief ---- */

/**
 * xfl_withhold() - withhold belief
 * @xd: the device
 * @bit: the reason, an XFL_WITHHELD_* bit
 *
 * Whoever asked xfl_believes() before may still be acting on it.
 *
 * Context: any, hard interrupts included.
 */
void xfl_withhold(struct xfl_device *xd, unsigned int bit)
{
	unsigned long flags;

	spin_lock_irqsave(&xd->lock, flags);
	WRITE_ONCE(xd->withheld, xd->withheld | bit);
	spin_unlock_irqrestore(&xd->lock, flags);
}

/* xfl_unwithhold() - take back reasons of xfl_withhold(), XFL_WITHHELD_* bits */
void xfl_unwithhold(struct xfl_device *xd, unsigned int bits)
{
	unsigned long flags;

	spin_lock_irqsave(&xd->lock, flags);
	WRITE_ONCE(xd->withheld, xd->withheld & ~bits);
	spin_unlock_irqrestore(&xd->lock, flags);
}

/* ---- restores ---- */

/*
 * Written under xfl_pm_lock (suspend.c), read anywhere. It counts once for each device that was
 * restored, so only a change of it has a meaning.
 */
static unsigned int xfl_restores;

/**
 * xfl_nr_restores() - a number that changes whenever the guest is restored
 *
 * Context: any.
 */
unsigned int xfl_nr_restores(void)
{
	return READ_ONCE(xfl_restores);
}

/* xfl_restored() - count a restore; under xfl_pm_lock */
void xfl_restored(void)
{
	WRITE_ONCE(xfl_restores, xfl_restores + 1);
}

/* ---- for drivers and xenbus ---- */

/**
 * xfl_otherend_changed() - for xenbus_driver.otherend_changed
 * @xbdev: the device
 * @backend_state: ignored, since states come in any number and order. The machine reads the state
 *	that the backend has when it takes its next step
 *
 * Context: process, xenwatch; does not wait.
 */
void xfl_otherend_changed(struct xenbus_device *xbdev, enum xenbus_state backend_state)
{
	struct xfl_device *xd = dev_get_drvdata(&xbdev->dev);

	if (xd)
		xfl_post(xd, XFL_EV_BACKEND);
}
EXPORT_SYMBOL_NS_GPL(xfl_otherend_changed, XEN_FRONTLIB);

/**
 * xfl_reconnect() - end the connection in good order and make a new one
 * @xd: the device; a broken one tries again
 *
 * The machine does it later; @state_wq of &struct xfl_device is woken at each change of state.
 *
 * Context: any, hard interrupts included.
 */
void xfl_reconnect(struct xfl_device *xd)
{
	xfl_post(xd, XFL_EV_RECONNECT);
}
EXPORT_SYMBOL_NS_GPL(xfl_reconnect, XEN_FRONTLIB);

/**
 * xfl_look() - have the machine look whether something that it waits for has come
 * @xd: the device
 *
 * Wakes @state_wq of &struct xfl_device as well.
 *
 * Context: any, hard interrupts included.
 */
void xfl_look(struct xfl_device *xd)
{
	xfl_post(xd, XFL_EV_LOOK);
	wake_up_all(&xd->state_wq);
}
EXPORT_SYMBOL_NS_GPL(xfl_look, XEN_FRONTLIB);

/**
 * xfl_break() - the backend did what the protocol does not allow
 * @xd: the device
 * @fmt: what it did, without a newline
 *
 * The first call of a connection withholds belief, which stops all I/O, and writes one line into
 * the log. Later calls do nothing. The machine takes the connection down.
 *
 * Context: any, hard interrupts included.
 */
void xfl_break(struct xfl_device *xd, const char *fmt, ...)
{
	struct va_format vaf;
	unsigned long flags;
	va_list args;
	bool first;

	spin_lock_irqsave(&xd->lock, flags);
	/* The rings of a connection whose life has ended need not make sense. */
	first = !(xd->withheld & ~XFL_WITHHELD_SUSPEND) &&
		READ_ONCE(xd->state) != XFL_GONE;
	if (first)
		WRITE_ONCE(xd->withheld, xd->withheld | XFL_WITHHELD_PROTOCOL);
	spin_unlock_irqrestore(&xd->lock, flags);
	if (!first)
		return;
	xfl_look(xd);

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	dev_err(&xd->xbdev->dev, "backend broke the protocol: %pV; device disabled\n", &vaf);
	va_end(args);
}
EXPORT_SYMBOL_NS_GPL(xfl_break, XEN_FRONTLIB);
