/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a frontend: one state machine for both drivers.
 *
 * DOC: xenwatch is one thread for every device of the guest, and suspend runs
 * on it too. A callback that waited there for a backend would stall them all,
 * so probe, watch and resume callbacks post an event and return. The machine
 * runs on a work queue of the device's own, ordered, so that no two steps of
 * one device ever overlap and the driver's operations need no lock against
 * each other. It never allocates with I/O allowed: the device may carry swap.
 *
 *	             start                backend: InitWait
 *	(probe) ------------> INITIALISING ------------> CONNECTING
 *	                        ^   ^                        | backend: Connected
 *	  reconnect, resume,    |   |                        v
 *	  backend restarted     |   +------------------- CONNECTED
 *	                        |                            |
 *	                      CLOSED <-----------------------+ backend: Closing
 *	                                                     |
 *	                      BROKEN <-----------------------+ xfl_break()
 *
 * xfl_device_del() leads from every state to the end.
 */
#ifndef XENFRONT_LIFECYCLE_H
#define XENFRONT_LIFECYCLE_H

#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

/* The longest that anything here or in a driver waits for a backend. */
#define XFL_BACKEND_TIMEOUT	(5 * HZ)

enum xfl_state {
	XFL_INITIALISING,	/* waits for the backend's InitWait */
	XFL_CONNECTING,		/* keys are published */
	XFL_CONNECTED,		/* I/O flows */
	XFL_CLOSED,		/* let go at the backend's wish; it may come back */
	XFL_BROKEN,		/* the backend lied, or setup failed: no I/O until told */
	XFL_GONE,		/* removed; the machine runs no more */
};

/* Why a connection ends. It decides what becomes of requests in flight. */
enum xfl_why {
	XFL_WHY_RECONNECT,	/* the driver asked: requeue what is in flight */
	XFL_WHY_RESUME,		/* the domain moved; grants and channels are void: requeue */
	XFL_WHY_CLOSING,	/* the backend closes: drain, then fail or keep for its return */
	XFL_WHY_BROKEN,		/* protocol violation: nothing it says is believed any more */
	XFL_WHY_REMOVE,		/* unbind, unplug: drain, then fail what is left */
};

struct xfl_device;

/**
 * struct xfl_ops - what a driver does at each step
 * @published: frontend state that tells the backend to read our keys
 *	(Initialised for blkif, Connected for netif)
 * @keys: what a connection may have written, in the form of xfl_publish(); removed
 *	when one has ended and no other follows at once
 * @connect: the backend is ready: read its keys, build queues, publish. On error
 *	undo everything; after a few tries the device then counts as broken
 * @failed: no connection will come of itself: none could be made, the backend broke the
 *	protocol, or it is gone for good. May come more than once; optional
 * @go_live: the backend is connected: read the keys it wrote last, let I/O flow.
 *	On error the connection is taken down through @quiesce and @disconnect
 * @changed: the backend wrote its Connected state once more, as it does when a
 *	disk was resized; optional
 * @quiesce: submit nothing more. Where the backend still serves (CLOSING, REMOVE,
 *	RECONNECT) wait, no longer than XFL_BACKEND_TIMEOUT, for what is in flight
 * @disconnect: the backend has closed, or will not: end grants, free queues,
 *	requeue or fail requests as the reason says
 *
 * All run in process context on the device's own work queue, never two at once,
 * without any lock held, in a noio scope. @quiesce and @disconnect come as a
 * pair, once for each @connect that returned 0.
 */
struct xfl_ops {
	enum xenbus_state published;
	const char *const *keys;
	int (*connect)(struct xfl_device *xd);
	void (*failed)(struct xfl_device *xd);
	int (*go_live)(struct xfl_device *xd);
	void (*changed)(struct xfl_device *xd);
	void (*quiesce)(struct xfl_device *xd, enum xfl_why why);
	void (*disconnect)(struct xfl_device *xd, enum xfl_why why);
};

/**
 * struct xfl_device - the part of a frontend device that lives here
 * @xbdev: the xenbus device
 * @ops: the driver's operations
 * @state: written by the machine and by xfl_break(), under @lock; read anywhere
 *	with xfl_device_state()
 * @lock: protects @events and writes of @state; taken in hard interrupts
 * @events: XFL_EV_* bits not handled yet
 * @linked: a @connect succeeded and was not undone; machine only
 * @wq: ordered, WQ_MEM_RECLAIM
 * @work: the machine
 * @settled: woken at every change of @state
 */
struct xfl_device {
	struct xenbus_device *xbdev;
	const struct xfl_ops *ops;
	enum xfl_state state;
	spinlock_t lock;
	unsigned long events;
	bool linked;
	struct workqueue_struct *wq;
	struct work_struct work;
	wait_queue_head_t settled;
};

int __must_check xfl_device_init(struct xfl_device *xd, struct xenbus_device *xbdev,
		    const struct xfl_ops *ops);
void xfl_device_start(struct xfl_device *xd);
void xfl_device_del(struct xfl_device *xd);
void xfl_device_fini(struct xfl_device *xd);

void xfl_backend_changed(struct xfl_device *xd, enum xenbus_state backend_state);
void xfl_resume(struct xfl_device *xd);
void xfl_reconnect(struct xfl_device *xd);
bool xfl_backend_may_return(const struct xfl_device *xd);
__printf(2, 3) void xfl_break(struct xfl_device *xd, const char *fmt, ...);

/**
 * xfl_device_state() - where a device is in its life, at this moment
 * @xd: the device
 */
static inline enum xfl_state xfl_device_state(const struct xfl_device *xd)
{
	return READ_ONCE(xd->state);
}

/**
 * xfl_broken() - whether the backend was caught lying
 * @xd: the device
 */
static inline bool xfl_broken(const struct xfl_device *xd)
{
	return unlikely(xfl_device_state(xd) == XFL_BROKEN);
}

/**
 * xfl_is_ready() - for xenbus_driver.is_ready: nothing more to wait for at boot
 * @xd: the device
 */
static inline bool xfl_is_ready(const struct xfl_device *xd)
{
	return xfl_device_state(xd) >= XFL_CONNECTED;
}

#endif /* XENFRONT_LIFECYCLE_H */
