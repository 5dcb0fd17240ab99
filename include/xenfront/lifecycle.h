/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a frontend and of its connections, for both drivers.
 *
 * DOC: a connection is what one handshake made: rings, event channels, grant references, frames,
 * requests in flight. It lives and dies as a whole. lifetable.h decides what happens next, on one
 * freezable work queue per device; removal decides in its caller. Probe, watch and resume
 * callbacks post an event and return, since xenwatch is one thread for every device of the guest,
 * and suspend runs on it too. The machine never allocates with I/O allowed: the device may carry
 * swap.
 *
 * DOC: belief. What a ring, or a frame that the backend keeps mapped, says counts only while
 * xfl_believes() says so, asked under the lock that whoever reads the ring holds. It is withheld
 * after a protocol error, and before the guest goes down: a saved or migrated image
 * can hold a response without the data that it speaks of, since the toolstack copies memory while
 * the backend still works. It is given back when the guest did not go down after all, and never
 * after a real restore. A withheld ring is neither read nor written, and its doorbell is not rung:
 * the port may be another's.
 */
#ifndef XENFRONT_LIFECYCLE_H
#define XENFRONT_LIFECYCLE_H

#include <linux/mutex.h>
#include <linux/pm.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "lifetable.h"

/* The longest that anything here or in a driver waits for a backend. */
#define XFL_BACKEND_TIMEOUT	(5 * HZ)

/* Why a connection's rings are not believed. */
#define XFL_WITHHELD_PROTOCOL	BIT(0)
#define XFL_WITHHELD_SUSPEND	BIT(1)
#define XFL_WITHHELD_RESTORED	BIT(2)
#define XFL_WITHHELD_ABANDONED	BIT(3)

/* Hexadecimal digits of a directory's mark. */
#define XFL_MARK_DIGITS		16

struct xfl_device;
struct xfl_ring_mem;

/**
 * struct xfl_ops - what a driver does at each step
 * @published: frontend state that tells the backend to read our keys
 *	(Initialised for blkif, Connected for netif)
 * @keys: what a connection may have written, in the form of xfl_publish(); removed when one ends
 * @connect: the backend is ready: read its keys, build queues, publish. On error undo everything.
 *	-ENOMEM, -ENOSPC and -EAGAIN have it tried again, any other errno is final
 * @failed: no connection will come of itself: none could be made, the backend broke the
 *	protocol, or it is gone for good. May come more than once; optional
 * @go_live: the backend is connected: read the keys it wrote last, let I/O flow. Errors as for
 *	@connect, but the connection is taken down through @quiesce and @disconnect
 * @changed: the backend wrote its Connected state once more, as it does when a
 *	disk was resized; optional
 * @quiesce: send nothing more; does not wait for the backend
 * @idle: whether nothing is under way; optional. Whoever makes it so wakes @state_wq
 * @has_waiters: whether somebody waits for a connection; optional
 * @ring: memory of the connection's ring number @nr, %NULL behind the last
 * @granted: how many frames the grants of the connection name, its rings left out
 * @disconnect: the backend has let go of every ring: take the last answers if xfl_believes(), end
 *	grants, free queues, requeue or fail requests as the reason says
 * @pause: from the guest's suspend on, and until told otherwise, send nothing; does not sleep for
 *	long; optional
 * @withhold: xfl_believes() says no since a moment ago: on return nobody acts on what he was told
 *	before. Runs with interrupts of devices off: makes no xenstore call, takes no lock that is
 *	held over one and allocates nothing
 * @look: it says yes again: look at the rings, events may have been missed
 * @abandon: the driver lets go of the device, but the backend still maps a ring. What @disconnect
 *	needs must stay until @put, the module included. Requests that need not wait for @disconnect
 *	are failed
 * @put: the end of what @abandon began, after @disconnect
 *
 * @connect to @disconnect, and @abandon, run in process context, never two at once, without any
 * lock but that of the life cycle held, in a noio scope. @quiesce and @disconnect come as a pair,
 * once for each @connect that returned 0.
 */
struct xfl_ops {
	enum xenbus_state published;
	const char *const *keys;
	int (*connect)(struct xfl_device *xd);
	void (*failed)(struct xfl_device *xd);
	int (*go_live)(struct xfl_device *xd);
	void (*changed)(struct xfl_device *xd);
	void (*quiesce)(struct xfl_device *xd, enum xfl_close_reason reason);
	bool (*idle)(struct xfl_device *xd);
	bool (*has_waiters)(struct xfl_device *xd);
	struct xfl_ring_mem *(*ring)(struct xfl_device *xd, unsigned int nr);
	u32 (*granted)(struct xfl_device *xd);
	void (*disconnect)(struct xfl_device *xd, enum xfl_close_reason reason);
	void (*pause)(struct xfl_device *xd, bool paused);
	void (*withhold)(struct xfl_device *xd);
	void (*look)(struct xfl_device *xd);
	void (*abandon)(struct xfl_device *xd);
	void (*put)(struct xfl_device *xd);
};

/**
 * struct xfl_device - the part of a frontend device that lives here
 * @withheld: XFL_WITHHELD_* bits; written under @lock, read with xfl_believes()
 * @ops: the driver's operations
 * @xbdev: the xenbus device
 * @lock: protects @withheld and @events; taken in hard interrupts
 * @events: XFL_EV_* bits not handled yet
 * @step: held for a step of the machine; protects all below up to @removing. Not held over a wait
 *	by whoever removes the device
 * @state: written by the machine; read anywhere with xfl_device_state()
 * @own_state: our state in xenstore, as last written, or read after a restore
 * @close_reason: why the connection ends or has ended
 * @has_connection: there is a connection
 * @live: @go_live has succeeded for it
 * @live_since: jiffies of that
 * @backend_moved: since our Closed was written, the backend has shown another state than
 *	@backend_at_closed
 * @backend_at_closed: the state that the backend showed when our Closed was written, or the
 *	first that could be read after that
 * @last_ended_early: the last connection was ended early, and there was none since
 * @mapped: the backend has mapped the rings, and has not begun anew since
 * @conn_restores: value of xfl_nr_restores() at which the connection was made
 * @quiesced: @quiesce was called for it
 * @marked: the directory has our key, or cannot have one
 * @exchanged: the directory belongs to another device
 * @ended_early: the rings' references, and the ports, are not to be used again yet
 * @mark: value of the key, empty if there is none
 * @since: jiffies at which @state began
 * @tried: jiffies of the last early attempt to end rings, or of the last Closed written again
 * @nr_retries: attempts to connect that came short, in a row
 * @shortage_logged: it was said that something is short, and there was no connection since
 * @retry_at: jiffies before which there is no further one
 * @removing: removal decides from now on, nobody else
 * @restores: times that the guest was restored; written while everything stands still
 * @pm_node: on the list of those that a suspend stops
 * @backend: path of the backend, for those who look when @xbdev may have none
 * @abandoned: the connection is to be left to the parking place
 * @parked: on one of the lists of connections that were abandoned
 * @successor: the device under its next driver, if that waits for the parked connection to end
 * @parked_kb: memory of that connection
 * @log_ratelimit: how many lines of the log the device may have, see xfl_may_log()
 * @wq: ordered, freezable, WQ_MEM_RECLAIM
 * @work: the machine
 * @state_wq: woken at every change of @state, and by drivers
 *
 * Read without the lock that their writers hold, and therefore with READ_ONCE() there and
 * WRITE_ONCE() here: @withheld and @events (@lock); @state, @own_state, @exchanged, @conn_restores
 * and @ended_early (@step, or the parking place alone once a connection is left to it); @removing;
 * @restores (suspend.c); @successor (release.c).
 */
struct xfl_device {
	unsigned int withheld;
	const struct xfl_ops *ops;
	struct xenbus_device *xbdev;
	spinlock_t lock;
	unsigned long events;

	struct mutex step;
	enum xfl_state state;
	enum xfl_xs_state own_state;
	enum xfl_close_reason close_reason;
	bool has_connection;
	bool live;
	unsigned long live_since;
	bool backend_moved;
	enum xfl_xs_state backend_at_closed;
	bool last_ended_early;
	bool mapped;
	unsigned int conn_restores;
	bool quiesced;
	bool marked;
	bool exchanged;
	bool ended_early;
	char mark[XFL_MARK_DIGITS + 1];
	unsigned long since;
	unsigned long tried;
	unsigned int nr_retries;
	bool shortage_logged;
	unsigned long retry_at;
	bool removing;
	unsigned int restores;
	struct list_head pm_node;
	char *backend;
	bool abandoned;
	struct list_head parked;
	struct xfl_device *successor;
	unsigned long parked_kb;
	struct ratelimit_state log_ratelimit;

	struct workqueue_struct *wq;
	struct delayed_work work;
	wait_queue_head_t state_wq;
};

int __must_check xfl_device_init(struct xfl_device *xd, struct xenbus_device *xbdev,
				 const struct xfl_ops *ops);
void xfl_device_start(struct xfl_device *xd);
void xfl_device_del(struct xfl_device *xd);
void xfl_device_fini(struct xfl_device *xd);

void xfl_reconnect(struct xfl_device *xd);
void xfl_look(struct xfl_device *xd);
bool xfl_backend_may_return(const struct xfl_device *xd);
bool xfl_has_directory(const struct xfl_device *xd);
__printf(2, 3) void xfl_break(struct xfl_device *xd, const char *fmt, ...);

/* For struct xenbus_driver of a driver whose drvdata is its struct xfl_device. */
void xfl_otherend_changed(struct xenbus_device *xbdev, enum xenbus_state backend_state);
int xfl_suspend(struct xenbus_device *xbdev);
int xfl_resume(struct xenbus_device *xbdev);
extern const struct dev_pm_ops xfl_pm_ops;

/**
 * xfl_device_state() - where a device is in its life, at this moment
 * @xd: the device
 */
static inline enum xfl_state xfl_device_state(const struct xfl_device *xd)
{
	return READ_ONCE(xd->state);
}

/**
 * xfl_believes() - whether what the rings say counts, and they may be written and rung
 * @xd: the device
 *
 * Context: under the lock of the ring that is looked at; see &struct xfl_ops.withhold.
 */
static inline bool xfl_believes(const struct xfl_device *xd)
{
	return likely(!READ_ONCE(xd->withheld));
}

/**
 * xfl_may_log() - whether a device may have another line in the log
 * @xd: the device
 *
 * For every line that a backend can cause, once with each connection or more often. A backend that
 * comes and goes in a loop does not fill the log, and leaves the other devices their lines. The
 * kernel's rate limit says how many lines were left out.
 *
 * Context: any.
 */
static inline bool xfl_may_log(struct xfl_device *xd)
{
	return __ratelimit(&xd->log_ratelimit);
}

/**
 * xfl_is_serving() - whether requests and packets flow, or are about to
 * @xd: the device
 */
static inline bool xfl_is_serving(const struct xfl_device *xd)
{
	return xfl_device_state(xd) <= XFL_CONNECTED;
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
