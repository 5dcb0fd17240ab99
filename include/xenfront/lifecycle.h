/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * The life of a frontend and of its connections, for both drivers.
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

/**
 * DOC: Connections
 *
 * A connection is what one handshake made: rings, event channels, grant references, frames, and
 * requests under way. It lives and dies as a whole.
 *
 * lifetable.h decides what happens next. lifecycle.c, the machine, carries it out on one freezable
 * work queue per device. Removal takes the same steps in its caller. Probe, watch and resume
 * callbacks post an event and return: xenwatch is one thread for every device of the guest, and
 * suspend runs on it too. The machine never allocates with I/O allowed, since the device may carry
 * swap.
 */

/**
 * DOC: Belief
 *
 * What the backend writes into a ring, or into a frame that it keeps mapped, counts only while
 * xfl_believes() says so. A reader of a ring asks it where a suspend can wait for the reader:
 * under a lock that @withhold of &struct xfl_ops takes, or in a softirq (NAPI's poll, a timer).
 *
 * Belief is withheld after a protocol error, and before the guest goes down. The toolstack copies a
 * guest's memory while the backend still works. So a saved or migrated image can hold a response
 * without the data that the response announces.
 *
 * XFL_WITHHELD_SUSPEND goes when the guest did not go down after all. XFL_WITHHELD_RESTORED and
 * XFL_WITHHELD_PROTOCOL stay as long as the connection, and go when the next one is made.
 * While it is withheld the driver neither reads nor writes the ring, and does not notify the
 * backend: the port may be another device's by then.
 */

/* Jiffies that one wait for a backend takes at most. Waits of the table are states. */
#define XFL_BACKEND_TIMEOUT	(5 * HZ)

/* Why a connection's rings are not believed: any bit withholds belief. */
#define XFL_WITHHELD_PROTOCOL	BIT(0)	/* protocol error */
#define XFL_WITHHELD_SUSPEND	BIT(1)	/* the guest may be about to go down */
#define XFL_WITHHELD_RESTORED	BIT(2)	/* the guest was restored */
#define XFL_WITHHELD_ABANDONED	BIT(3)	/* the connection is left to abandoned.c */

/* Hexadecimal digits of a directory's mark. */
#define XFL_MARK_DIGITS		16

struct xfl_device;
struct xfl_ring_mem;

/**
 * struct xfl_ops - what a driver does at each step
 * @published: frontend state that has the backend read our keys: Initialised for blkif, Connected
 *	for netif
 * @keys: what a connection may have written, in the form of xfl_keys_delete(); the machine deletes
 *	these keys when a connection ends
 * @connect: the backend is ready: read its keys, build queues, call xfl_publish(). Return 0 or a
 *	negative errno, and then undo everything. -ENOMEM, -ENOSPC and -EAGAIN are a shortage: the
 *	machine tries again. -ENOENT and -ESTALE of xfl_publish() are passed on. Any other errno is
 *	final
 * @failed: no connection will come of itself: none could be made, the backend broke the protocol,
 *	or it is gone for good. May be called more than once; optional
 * @go_live: the backend is connected: read the keys that it wrote last, let I/O flow. Errors as for
 *	@connect, but the machine takes the connection down through @quiesce and @disconnect
 * @changed: the backend wrote its Connected state, or a watched key, once more, as it does when a
 *	disk was resized; optional
 * @quiesce: send nothing more, for the given close reason; does not wait for the backend
 * @idle: whether nothing is under way; optional. Whoever makes it true wakes @state_wq
 * @has_waiters: whether requests wait for a connection; optional
 * @ring: memory of the connection's ring number nr, %NULL behind the last
 * @granted: how many 4 KB frames the connection's grants name, its rings left out
 * @disconnect: the backend cannot reach any ring more: take the last responses if xfl_believes(),
 *	end grants, free queues, and requeue or fail requests as the close reason says
 * @pause: with true, at the beginning of a suspend, send nothing more; with false, at its end, go
 *	on. Does not sleep for long; optional, and needs @idle
 * @withhold: in a suspend xfl_believes() has become false: on return, nobody acts on an earlier
 *	true. Runs while interrupts of devices are off: makes no xenstore call, takes no lock that
 *	is held over one, and allocates nothing; optional
 * @look: the suspend is over, and xfl_believes() is true again: look at the rings, since events may
 *	have been missed; optional
 * @abandon: the driver is being unbound while the backend still maps a ring. What @disconnect needs
 *	must stay until @put, the driver's module included. Requests that need not wait for
 *	@disconnect are failed
 * @put: ends what @abandon began; called after @disconnect
 *
 * @connect, @failed, @go_live, @changed, @quiesce, @disconnect and @abandon run in process context,
 * in a noio scope, never two of them at once. The caller holds @step of &struct xfl_device, for a
 * removal the device lock too, and none at all for the @disconnect and @put of an abandoned
 * connection. @quiesce and @disconnect come as a pair, once for each @connect that returned 0.
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
 * struct xfl_device - the part of a frontend device that the shared layer keeps
 * @withheld: XFL_WITHHELD_* bits; written under @lock, read with xfl_believes()
 * @ops: the driver's operations
 * @xbdev: the xenbus device
 * @lock: protects @withheld and @events; taken in hard interrupts
 * @events: XFL_EV_* bits that the machine has not taken yet
 * @step: held for each step of the machine; protects the members below down to @waiting_logged. A
 *	remover does not hold it while it sleeps
 * @state: where the device is in its life; read anywhere with xfl_device_state()
 * @own_state: our state in xenstore: the last that was written or, after a restore, read
 * @close_reason: why the connection ends or has ended
 * @has_connection: @connect of &struct xfl_ops has succeeded, and @disconnect was not called yet
 * @live: @go_live has succeeded for this connection
 * @live_since: jiffies at which @live became true
 * @backend_moved: since our Closed was written, the backend has shown another state than
 *	@backend_at_closed
 * @backend_at_closed: the state that the backend showed when our Closed was written, or the
 *	first that could be read after that
 * @last_ended_early: the rings of the last connection were ended early, and there was no connection
 *	since
 * @mapped: the backend has mapped the rings, and has not begun anew since
 * @conn_restores: value of xfl_nr_restores() at which the connection was made
 * @quiesced: @quiesce was called for this connection
 * @marked: the directory has our mark, or cannot have one
 * @exchanged: the directory belongs to another device
 * @ended_early: the rings were ended while the backend may still believe the keys, so their
 *	references, and the ports, must not be used again yet
 * @mark: value of the key XFL_MARK_KEY, empty if there is none
 * @since: jiffies at which @state began
 * @tried: jiffies of the last early attempt to end rings, or of the last time that Closed was
 *	written again
 * @nr_retries: attempts to connect in a row that met a shortage or a refusal
 * @shortages_logged: XFL_SHORT_OF_* bits of the shortages that a line in the log has named
 *	since the last connection
 * @retry_at: jiffies before which there is no further attempt
 * @waiting: requests waited for a connection when the machine looked last
 * @waiting_since: jiffies when @waiting became what it is
 * @waiting_logged: a line in the log has said that these requests wait
 * @removing: a remover takes the steps from now on, and nobody else; written under @lock
 * @restores: value of xfl_nr_restores() after the last restore of this device
 * @pm_node: on the list of devices that a suspend stops
 * @backend: path of the backend, also while @xbdev has none; written under @step
 * @abandoned: the connection is to be left to abandoned.c
 * @parked: on one of the lists of abandoned connections
 * @successor: the device under its next driver, if that waits for the parked connection to end
 * @parked_kb: memory of the parked connection, in KB
 * @log_ratelimit: how many lines of the log the device may have, see xfl_may_log()
 * @wq: ordered, freezable, WQ_MEM_RECLAIM
 * @work: the machine
 * @state_wq: woken at every change of @state, and by drivers
 *
 * A driver embeds it and reads @xbdev, @backend, @restores, @withheld and @removing. It waits on
 * @state_wq. All else is private.
 *
 * Some members are read without the lock that their writers hold, and therefore with READ_ONCE()
 * there and WRITE_ONCE() here: @withheld and @events (@lock); @state, @own_state, @exchanged,
 * @conn_restores and @ended_early (@step, or the work of abandoned.c once a connection is left to
 * it); @removing; @restores (suspend.c); @successor (abandoned.c). @mark is read without @step by
 * xfl_has_directory() and xfl_transact_unlocked(), whose callers take no mismatch for proof.
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
	unsigned int shortages_logged;
	unsigned long retry_at;
	bool waiting;
	unsigned long waiting_since;
	bool waiting_logged;
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

/* lifecycle.c */
int __must_check xfl_device_init(struct xfl_device *xd, struct xenbus_device *xbdev,
				 const struct xfl_ops *ops);
void xfl_device_start(struct xfl_device *xd);
void xfl_device_del(struct xfl_device *xd);
void xfl_device_fini(struct xfl_device *xd);
bool xfl_backend_may_return(const struct xfl_device *xd);

/* post.c */
void xfl_reconnect(struct xfl_device *xd);
void xfl_look(struct xfl_device *xd);
__printf(2, 3) void xfl_break(struct xfl_device *xd, const char *fmt, ...);

/* identity.c */
bool xfl_has_directory(const struct xfl_device *xd);

/* For struct xenbus_driver of a driver whose drvdata is its struct xfl_device: post.c, suspend.c */
void xfl_otherend_changed(struct xenbus_device *xbdev, enum xenbus_state backend_state);
int xfl_suspend(struct xenbus_device *xbdev);
int xfl_resume(struct xenbus_device *xbdev);
extern const struct dev_pm_ops xfl_pm_ops;

/**
 * xfl_device_state() - where a device is in its life
 * @xd: the device
 *
 * Context: any. The machine may change the state at any moment, so this is a snapshot.
 */
static inline enum xfl_state xfl_device_state(const struct xfl_device *xd)
{
	return READ_ONCE(xd->state);
}

/**
 * xfl_believes() - whether what the rings say counts
 * @xd: the device
 *
 * If not, nobody reads or writes a ring, or notifies the backend.
 *
 * Context: any, under a lock that @withhold of &struct xfl_ops takes, or in a softirq, so that a
 * suspend can wait for whoever has asked.
 */
static inline bool xfl_believes(const struct xfl_device *xd)
{
	return likely(!READ_ONCE(xd->withheld));
}

/**
 * xfl_may_log() - whether a device may write another line into the log
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
 * xfl_is_serving() - whether there is a connection in use, or one is being made
 * @xd: the device
 *
 * Context: any; a snapshot.
 */
static inline bool xfl_is_serving(const struct xfl_device *xd)
{
	return xfl_device_state(xd) <= XFL_CONNECTED;
}

#endif /* XENFRONT_LIFECYCLE_H */
