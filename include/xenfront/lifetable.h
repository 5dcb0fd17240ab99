/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a frontend as a table: from what is known to what is done next.
 *
 * DOC: a pure core (see portable.h). The table decides, lifecycle.c acts. No action waits for a
 * backend: waiting is a state, and how long it has lasted is one of the inputs.
 *
 *	NEW		nothing was offered to this backend yet
 *	OFFERED		our state says Initialising; the backend's InitWait is due
 *	CONNECTING	keys are published; the backend's Connected is due
 *	CONNECTED	requests and packets flow
 *	DRAINING	the connection ends: nothing new is sent, what is under way may be answered
 *	CLOSING		our state says Closing
 *	CLOSED		our state says Closed, and the backend is to let go of the rings
 *	PARKED		it has not, and is looked at by time: nothing is given back
 *	IDLE		no connection, and none offered
 *	BROKEN		the same, for good, unless somebody asks for a new one
 *	EXCHANGED	our directory belongs to another device by now
 *	GONE		removed
 */
#ifndef XENFRONT_LIFETABLE_H
#define XENFRONT_LIFETABLE_H

#include "portable.h"

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

/* A state in xenstore, the backend's or ours, read once and range-checked. */
enum xfl_peer {
	XFL_PEER_UNREADABLE,	/* xenstore did not answer, or there is no such state */
	XFL_PEER_GONE,		/* there is no key */
	XFL_PEER_INITIALISING,
	XFL_PEER_INITWAIT,
	XFL_PEER_INITIALISED,
	XFL_PEER_CONNECTED,
	XFL_PEER_CLOSING,
	XFL_PEER_CLOSED,
	XFL_NR_PEERS,
};

/* Why a connection ends. It decides what becomes of requests in flight. */
enum xfl_why {
	XFL_WHY_NONE,
	XFL_WHY_RECONNECT,	/* a new one follows: requests are sent again */
	XFL_WHY_MOVED,		/* the guest was restored: the rings are not believed, sent again */
	XFL_WHY_CLOSING,	/* the backend closes: kept for its return, if it may return */
	XFL_WHY_BROKEN,		/* it lied: nothing it says is believed any more */
	XFL_WHY_EXCHANGED,	/* the device is not there any more: requests fail */
	XFL_WHY_REMOVE,		/* unbind, unplug: requests fail */
	XFL_NR_WHYS,
};

enum xfl_action {
	XFL_DO_NOTHING,
	XFL_DO_MARK,		/* write the key by which our directory is known to be ours */
	XFL_DO_OFFER,		/* write our state: Initialising */
	XFL_DO_CONNECT,		/* make rings, publish keys */
	XFL_DO_SHOW,		/* write our state: the one that has the backend read the keys */
	XFL_DO_GO_LIVE,		/* let requests and packets flow */
	XFL_DO_CONFIRM,		/* write our state: Connected */
	XFL_DO_TELL,		/* the backend wrote its state, or a watched key, once more */
	XFL_DO_QUIESCE,		/* send nothing more */
	XFL_DO_CLOSING,		/* write our state: Closing */
	XFL_DO_CLOSED,		/* write our state: Closed, and delete the keys */
	XFL_DO_CLOSED_AGAIN,	/* the same state: some backends only then try again to let go */
	XFL_DO_END,		/* end the rings' grants, whose references are then free */
	XFL_DO_END_EARLY,	/* end them, but keep their references from use */
	XFL_DO_SAY_PARKED,	/* one line */
	XFL_DO_RELEASE,		/* settle what was in flight, free the connection */
	XFL_DO_FAIL,		/* what waits for a connection waits in vain */
	XFL_DO_REPROBE,		/* have the device that is there now probed */
	XFL_DO_ABANDON,		/* leave the connection to the parking place */
	XFL_DO_RETRACT,		/* delete the keys */
	XFL_NR_ACTIONS,
};

enum xfl_result {
	XFL_DONE,
	XFL_SHORT,		/* of something, or not yet: worth another try */
	XFL_FINAL,		/* not worth one */
};

/**
 * struct xfl_view - all that a decision rests on
 * @state: where the device is in its life
 * @did: the action that was carried out last, XFL_DO_NOTHING if it is time or an event that
 *	has the table asked
 * @result: of @did
 * @backend: the backend's state
 * @own: ours, as last written or, after a restore, read
 * @why: why the connection ends or has ended
 * @since_ms: milliseconds in this state
 * @tried_ms: milliseconds since the last XFL_DO_END_EARLY or XFL_DO_CLOSED_AGAIN in this state
 * @remove: the driver is to let go of the device
 * @reconnect: somebody wants a new connection
 * @lied: the backend did what no honest backend does
 * @moved: the guest was restored since the table was asked last
 * @exchanged: our directory is not the one that was ours
 * @changed: the backend wrote something since the table was asked last
 * @marked: the directory has our key, or cannot have one
 * @linked: there is a connection: XFL_DO_CONNECT was done, and XFL_DO_RELEASE not yet
 * @drained: nothing is under way
 * @answered: the backend has shown, since our Closed was written, another state than it had then
 * @wary: the last connection was ended early, and the backend may be about to map its rings
 * @mapped: the backend has mapped the rings, and has not begun anew since, as far as its state
 *	could be seen
 * @online: the toolstack wants the backend to stay
 * @held: requests wait for a connection
 * @resting: a try went wrong and the pause behind it is not over
 * @preceded: a connection that the device had under its driver before is parked
 */
struct xfl_view {
	enum xfl_state state;
	enum xfl_action did;
	enum xfl_result result;
	enum xfl_peer backend;
	enum xfl_peer own;
	enum xfl_why why;
	u32 since_ms;
	u32 tried_ms;
	bool remove;
	bool reconnect;
	bool lied;
	bool moved;
	bool exchanged;
	bool changed;
	bool marked;
	bool linked;
	bool drained;
	bool answered;
	bool wary;
	bool mapped;
	bool online;
	bool held;
	bool resting;
	bool preceded;
};

/**
 * struct xfl_step - a decision
 * @next: state from now on
 * @action: to be carried out now; the table is asked again with its result
 * @why: new reason why the connection ends, XFL_WHY_NONE to leave it as it is
 * @look_ms: without an action: look again after so many milliseconds; 0 to wait for an event
 */
struct xfl_step {
	enum xfl_state next;
	enum xfl_action action;
	enum xfl_why why;
	u32 look_ms;
};

/* How long what is under way may take to be answered, when a connection ends in good order. */
#define XFL_DRAIN_MS	5000u
/* How long a backend may take to follow our Closing. */
#define XFL_CLOSING_MS	5000u
/* How long it may take to let go of the rings after our Closed, before that is said. */
#define XFL_RELEASE_MS	5000u
/* After so long a closed backend that is to stay is offered a connection that requests wait for. */
#define XFL_HELD_MS	10000u

struct xfl_step xfl_decide(const struct xfl_view *v);

#endif /* XENFRONT_LIFETABLE_H */
