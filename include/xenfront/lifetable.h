/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * The life of a frontend as a table: from what is known to what is done next.
 */
#ifndef XENFRONT_LIFETABLE_H
#define XENFRONT_LIFETABLE_H

#include "portable.h"

/**
 * DOC: States of a device
 *
 * A pure core (see portable.h): the table decides, lifecycle.c acts. No action waits for a backend.
 * Waiting is a state, and how long it has lasted is one of the inputs. These are the usual ways;
 * Documentation/architecture.rst has all. "(release)" is an action::
 *
 *   NEW ---> OFFERED ---> CONNECTING ---> CONNECTED
 *    ^          ^              |              |      an end: a reconnect, a protocol error,
 *    |          |              v              v      the backend closes or is gone, removal
 *    |          |              +--> DRAINING <+
 *    |          |                      |             nothing new is sent
 *    |          |                      v
 *    |          |                   CLOSING
 *    |          |                      |
 *    |          |                      v
 *    |          |                   CLOSED           the rings' grants are ended
 *    |          |                      |  |
 *    |          |                      |  +--------> PARKED     the backend has a ring mapped
 *    |          |     all rings ended  v                |
 *    |        IDLE <-------------- (release) <----------+       it has unmapped them
 *    |                              |  |  |
 *    +----- the guest was restored -+  |  +--------> BROKEN     after a protocol error
 *                                      |
 *                                      +-----------> GONE, EXCHANGED
 *
 * NEW: nothing was offered to this backend yet
 *
 * OFFERED: our state is Initialising; the backend's InitWait is due
 *
 * CONNECTING: keys are published; the backend's Connected is due
 *
 * CONNECTED: requests and packets flow
 *
 * DRAINING: the connection ends: nothing new is sent, responses to what is under way still count
 *
 * CLOSING: our state is Closing
 *
 * CLOSED: our state is Closed, and the backend has to unmap the rings
 *
 * PARKED: the backend has not done so in time. The machine looks at it now and then, and gives
 * nothing of the connection back. Connections of removed devices (abandoned.c) and single frames
 * (park.c) are parked too, without this state
 *
 * IDLE: there is no connection, and none is offered
 *
 * BROKEN: as IDLE, until somebody asks for a new connection
 *
 * EXCHANGED: our directory belongs to another device
 *
 * GONE: the device was removed
 */
/* In this order: callers compare states, as up to XFL_CONNECTED or from XFL_BROKEN on. */
enum xfl_state {
	XFL_NEW,
	XFL_OFFERED,
	XFL_CONNECTING,
	XFL_CONNECTED,
	XFL_DRAINING,
	XFL_CLOSING,
	XFL_CLOSED,
	XFL_PARKED,
	XFL_IDLE,
	XFL_BROKEN,
	XFL_EXCHANGED,
	XFL_GONE,
	XFL_NR_STATES,
};

/* What a directory in xenstore, the backend's or ours, shows as its state: read once, checked. */
enum xfl_xs_state {
	XFL_XS_UNREADABLE,	/* xenstore gave no reply, or no number of a state */
	XFL_XS_GONE,		/* there is no key */
	XFL_XS_INITIALISING,
	XFL_XS_INITWAIT,
	XFL_XS_INITIALISED,
	XFL_XS_CONNECTED,
	XFL_XS_CLOSING,
	XFL_XS_CLOSED,
	XFL_NR_XS_STATES,
};

/* The close reason: why a connection ends. It decides what becomes of requests under way. */
enum xfl_close_reason {
	XFL_CLOSE_NONE,
	XFL_CLOSE_RECONNECT,	/* a new connection follows: requests are sent again */
	XFL_CLOSE_RESTORED,	/* the guest was restored: no ring is believed, sent again */
	XFL_CLOSE_BY_BACKEND,	/* the backend closes: they are kept as long as it may return */
	XFL_CLOSE_BROKEN,	/* protocol error, or connecting failed for good: they fail */
	XFL_CLOSE_EXCHANGED,	/* the device is not there any more: they fail */
	XFL_CLOSE_REMOVE,	/* unbind, unplug: they fail */
	XFL_NR_CLOSE_REASONS,
};

enum xfl_action {
	XFL_DO_NOTHING,
	XFL_DO_WRITE_MARK,	/* write the key by which our directory is known to be ours */
	XFL_DO_WRITE_INITIALISING, /* write our state: Initialising, the offer of a connection */
	XFL_DO_CONNECT,		/* make rings, publish keys */
	XFL_DO_WRITE_PUBLISHED,	/* write our state: @published of struct xfl_ops */
	XFL_DO_GO_LIVE,		/* let requests and packets flow */
	XFL_DO_WRITE_CONNECTED,	/* write our state: Connected */
	XFL_DO_CALL_CHANGED,	/* the backend wrote its state, or a watched key, once more */
	XFL_DO_QUIESCE,		/* send nothing more */
	XFL_DO_WRITE_CLOSING,	/* write our state: Closing */
	XFL_DO_WRITE_CLOSED,	/* write our state: Closed, and delete the keys */
	XFL_DO_REWRITE_CLOSED,	/* write Closed once more: some backends unmap only then */
	XFL_DO_END,		/* end the rings' grants, whose references are then free */
	XFL_DO_END_EARLY,	/* end them, but keep their references from use */
	XFL_DO_LOG_PARKED,	/* one line in the log */
	XFL_DO_RELEASE,		/* resolve what was under way, free the connection */
	XFL_DO_CALL_FAILED,	/* no connection will come of itself */
	XFL_DO_REPROBE,		/* have the device that is there now probed */
	XFL_DO_ABANDON,		/* leave the connection to abandoned.c */
	XFL_DO_DELETE_KEYS,	/* delete the keys of the last connection */
	XFL_NR_ACTIONS,
};

/* How an action went. */
enum xfl_result {
	XFL_DONE,
	XFL_SHORT,		/* a shortage, or too early: worth another try */
	XFL_FINAL,		/* not worth another try */
};

/**
 * struct xfl_view - all that a decision rests on
 * @state: where the device is in its life
 * @did: the action that was carried out last; XFL_DO_NOTHING if an event, or time, has the table
 *	asked
 * @result: how @did went
 * @backend_state: the backend's state in xenstore. XFL_XS_GONE also if our own directory is gone,
 *	XFL_XS_UNREADABLE also if ours could not be read
 * @own_state: ours: the last that was written or, after a restore, read. XFL_XS_GONE once our
 *	directory was found to be gone
 * @close_reason: why the connection ends, or why the last one has ended
 * @since_ms: milliseconds in this state
 * @tried_ms: milliseconds since the last XFL_DO_END_EARLY or XFL_DO_REWRITE_CLOSED in this state
 * @remove: the driver is being unbound from the device
 * @reconnect: somebody wants a new connection
 * @protocol_error: the backend did what the protocol does not allow
 * @restored: the guest was restored since the table was asked last
 * @exchanged: our directory belongs to another device
 * @changed: the backend wrote something since the table was asked last
 * @marked: the directory has our mark, or cannot have one
 * @has_connection: XFL_DO_CONNECT was done, and XFL_DO_RELEASE not yet
 * @drained: nothing is under way
 * @backend_moved: since our Closed was written, the backend has shown another state than the one
 *	that it had then
 * @last_ended_early: the last connection was ended early, and the backend may be about to map its
 *	rings
 * @mapped: the backend has mapped the rings, and has not begun anew since, as far as its state
 *	could be read
 * @online: the toolstack wants the backend to stay; read only while the backend is Closing or
 *	Closed, and else false
 * @has_waiters: requests wait for a connection
 * @backing_off: an attempt to connect went wrong, and the pause after it is not over
 * @precursor_parked: a connection that this device had under its previous driver is parked
 */
struct xfl_view {
	enum xfl_state state;
	enum xfl_action did;
	enum xfl_result result;
	enum xfl_xs_state backend_state;
	enum xfl_xs_state own_state;
	enum xfl_close_reason close_reason;
	u32 since_ms;
	u32 tried_ms;
	bool remove;
	bool reconnect;
	bool protocol_error;
	bool restored;
	bool exchanged;
	bool changed;
	bool marked;
	bool has_connection;
	bool drained;
	bool backend_moved;
	bool last_ended_early;
	bool mapped;
	bool online;
	bool has_waiters;
	bool backing_off;
	bool precursor_parked;
};

/**
 * struct xfl_step - a decision
 * @next: state from now on
 * @action: what to do now; the table is asked again with its result
 * @close_reason: new reason why the connection ends, XFL_CLOSE_NONE to leave it as it is
 * @look_ms: without an action: milliseconds after which the table is asked again, 0 to wait for an
 *	event
 */
struct xfl_step {
	enum xfl_state next;
	enum xfl_action action;
	enum xfl_close_reason close_reason;
	u32 look_ms;
};

/* Milliseconds that responses may take when a connection ends in good order. */
#define XFL_DRAIN_MS	5000u
/* Milliseconds that a backend may take to follow our Closing. */
#define XFL_CLOSING_MS	5000u
/* Milliseconds that a backend may take to unmap the rings after our Closed, before they park. */
#define XFL_RELEASE_MS	5000u
/* Milliseconds after which held requests have a connection offered to a closed backend again. */
#define XFL_HELD_MS	10000u

struct xfl_step xfl_decide(const struct xfl_view *v);
bool xfl_knows_void(enum xfl_xs_state backend, bool moved, bool mapped);

#endif /* XENFRONT_LIFETABLE_H */
