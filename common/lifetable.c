// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The table of lifetable.h: what comes next, state by state.
 */
#include <xenfront/lifetable.h>

/**
 * DOC: Release of a connection
 *
 * A state in xenstore alone never releases anything, since the backend may act on any request in a
 * ring that it maps. So the grants of the rings are ended first. Everything else of the connection
 * follows (XFL_DO_RELEASE) when all of these have ended. Until then nothing is given back, sent
 * again, failed or offered.
 *
 * To end a grant is no query: it revokes the access. It is tried when three things are so: the
 * connection will not go on, our Closed is written, and the keys are deleted. Nothing is written
 * where the directory is gone, is another device's, or is new after a restore. What the backend
 * shows then decides what becomes of the references.
 *
 * A backend that shows Closed or InitWait, and has shown another state when our Closed was written
 * or since, knows that the keys are void. So does a backend that had mapped the rings and shows
 * Closed, since it has no more to map. The references are free for others then. If it shows
 * anything else for too long, the rings are ended nevertheless, provided that it does not map
 * them. Their references then stay in quarantine (XFL_DO_END_EARLY).
 *
 * A directory that is gone, or another device's, says what the toolstack did, and nothing of what
 * the backend knows. A backend that had mapped the rings has nothing left to map when they can be
 * ended. A backend that had not may have read the keys, and be about to map what they name.
 */

/* Milliseconds between two looks. */
#define XFL_LOOK_FAST_MS	10u	/* most backends take no time */
#define XFL_LOOK_SLOW_MS	200u
#define XFL_LOOK_IDLE_MS	1000u
#define XFL_LOOK_DIRECTORY_MS	5000u	/* whether our directory is still ours */
#define XFL_LOOK_AGAIN_MS	10000u	/* the first early attempts to end parked rings */
#define XFL_LOOK_LONG_MS	60000u	/* the later ones */

/* Milliseconds before the first early attempt, and before Closed is written once more. */
#define XFL_RETRY_MS		1000u
/* Milliseconds that an exchanged device's rings may stay mapped before it is given up. */
#define XFL_EXCHANGE_MS		1000u
/* Milliseconds without an offer to a backend that may be about to map what was ended early. */
#define XFL_NO_OFFER_MS		60000u

static struct xfl_step xfl_lt_go(enum xfl_state next, enum xfl_action action)
{
	return (struct xfl_step){ .next = next, .action = action };
}

static struct xfl_step xfl_lt_close(enum xfl_state next, enum xfl_action action,
				    enum xfl_close_reason reason)
{
	return (struct xfl_step){ .next = next, .action = action, .close_reason = reason };
}

static struct xfl_step xfl_lt_stay(const struct xfl_view *v, u32 look_ms)
{
	return (struct xfl_step){ .next = v->state, .look_ms = look_ms };
}

/* Looks often at first, and seldom later. */
static struct xfl_step xfl_lt_stay_awhile(const struct xfl_view *v)
{
	return xfl_lt_stay(v, v->since_ms < XFL_LOOK_IDLE_MS ? XFL_LOOK_FAST_MS : XFL_LOOK_SLOW_MS);
}

/* An action that was XFL_SHORT is tried again after a pause. */
static struct xfl_step xfl_lt_again(const struct xfl_view *v, enum xfl_action action)
{
	if (v->did == action && v->result != XFL_DONE)
		return xfl_lt_stay(v, XFL_LOOK_SLOW_MS);
	return xfl_lt_go(v->state, action);
}

static struct xfl_step xfl_lt_drain(enum xfl_close_reason reason)
{
	return xfl_lt_close(XFL_DRAINING, XFL_DO_QUIESCE, reason);
}

/* Whether the backend serves somebody, us or an earlier owner of the device. */
static bool xfl_lt_serves(enum xfl_xs_state backend)
{
	return backend == XFL_XS_CONNECTED || backend == XFL_XS_CLOSING;
}

/* The device has no connection, and goes. */
static struct xfl_step xfl_lt_leave(const struct xfl_view *v)
{
	return xfl_lt_go(XFL_GONE, v->exchanged ? XFL_DO_NOTHING : XFL_DO_DELETE_KEYS);
}

static struct xfl_step xfl_decide_new(const struct xfl_view *v)
{
	if (v->remove)
		return xfl_lt_leave(v);
	/*
	 * The connection of this device's previous driver is parked. The directory still has its
	 * Closed and its mark, and an offer would overwrite them.
	 */
	if (v->precursor_parked)
		return xfl_lt_stay(v, XFL_LOOK_SLOW_MS);
	if (!v->marked)
		return xfl_lt_again(v, XFL_DO_WRITE_MARK);
	if (xfl_lt_serves(v->backend_state))
		return xfl_lt_close(XFL_CLOSING, XFL_DO_WRITE_CLOSING, XFL_CLOSE_RECONNECT);
	if (v->backend_state == XFL_XS_UNREADABLE)
		return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
	if (v->backend_state == XFL_XS_GONE)
		return xfl_lt_close(XFL_IDLE, XFL_DO_CALL_FAILED, XFL_CLOSE_BY_BACKEND);
	return xfl_lt_go(XFL_OFFERED, XFL_DO_NOTHING);
}

static struct xfl_step xfl_decide_after_connect(const struct xfl_view *v)
{
	switch (v->result) {
	case XFL_DONE:
		return xfl_lt_go(XFL_CONNECTING, XFL_DO_WRITE_PUBLISHED);
	case XFL_SHORT:
		return xfl_lt_stay(v, XFL_LOOK_SLOW_MS);
	default:
		return xfl_lt_close(XFL_CLOSING, XFL_DO_WRITE_CLOSING, XFL_CLOSE_BROKEN);
	}
}

static struct xfl_step xfl_decide_offered(const struct xfl_view *v)
{
	if (v->did == XFL_DO_CONNECT)
		return xfl_decide_after_connect(v);
	if (v->remove)
		return xfl_lt_leave(v);
	if (v->own_state != XFL_XS_INITIALISING)
		return xfl_lt_again(v, XFL_DO_WRITE_INITIALISING);
	switch (v->backend_state) {
	case XFL_XS_INITWAIT:
		return v->backing_off ? xfl_lt_stay(v, XFL_LOOK_SLOW_MS) :
				    xfl_lt_go(XFL_OFFERED, XFL_DO_CONNECT);
	case XFL_XS_CLOSING:		/* it may still be closing the last connection */
		return xfl_lt_close(XFL_CLOSED, XFL_DO_WRITE_CLOSED,
				     v->online ? XFL_CLOSE_RECONNECT : XFL_CLOSE_BY_BACKEND);
	case XFL_XS_CLOSED:
		if (v->online)
			return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
		return xfl_lt_close(XFL_IDLE, XFL_DO_CALL_FAILED, XFL_CLOSE_BY_BACKEND);
	case XFL_XS_GONE:
		return xfl_lt_close(XFL_IDLE, XFL_DO_CALL_FAILED, XFL_CLOSE_BY_BACKEND);
	default:
		return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
	}
}

/* A backend that refuses but stays is asked again: it may still close the last connection. */
static struct xfl_step xfl_lt_refused(const struct xfl_view *v)
{
	return xfl_lt_drain(v->online ? XFL_CLOSE_RECONNECT : XFL_CLOSE_BY_BACKEND);
}

static struct xfl_step xfl_decide_after_go_live(const struct xfl_view *v)
{
	switch (v->result) {
	case XFL_DONE:
		return xfl_lt_go(XFL_CONNECTED, v->own_state == XFL_XS_CONNECTED ?
					XFL_DO_NOTHING : XFL_DO_WRITE_CONNECTED);
	case XFL_SHORT:
		return xfl_lt_drain(XFL_CLOSE_RECONNECT);
	default:
		return xfl_lt_drain(XFL_CLOSE_BROKEN);
	}
}

static struct xfl_step xfl_decide_connecting(const struct xfl_view *v)
{
	if (v->did == XFL_DO_GO_LIVE)
		return xfl_decide_after_go_live(v);
	if (v->remove)
		return xfl_lt_drain(XFL_CLOSE_REMOVE);
	if (v->reconnect)
		return xfl_lt_drain(XFL_CLOSE_RECONNECT);
	if (v->own_state == XFL_XS_GONE)
		return xfl_lt_drain(XFL_CLOSE_BY_BACKEND);
	if (v->own_state != XFL_XS_INITIALISED && v->own_state != XFL_XS_CONNECTED)
		return xfl_lt_again(v, XFL_DO_WRITE_PUBLISHED);
	switch (v->backend_state) {
	case XFL_XS_CONNECTED:
		return xfl_lt_go(XFL_CONNECTING, XFL_DO_GO_LIVE);
	case XFL_XS_CLOSING:
	case XFL_XS_CLOSED:
		return xfl_lt_refused(v);
	case XFL_XS_GONE:
		return xfl_lt_drain(XFL_CLOSE_BY_BACKEND);
	default:	/* it has not read our keys yet */
		return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
	}
}

static struct xfl_step xfl_decide_connected(const struct xfl_view *v)
{
	if (v->remove)
		return xfl_lt_drain(XFL_CLOSE_REMOVE);
	if (v->reconnect)
		return xfl_lt_drain(XFL_CLOSE_RECONNECT);
	if (v->own_state == XFL_XS_GONE)
		return xfl_lt_drain(XFL_CLOSE_BY_BACKEND);
	if (v->own_state != XFL_XS_CONNECTED)
		return xfl_lt_again(v, XFL_DO_WRITE_CONNECTED);
	switch (v->backend_state) {
	case XFL_XS_INITWAIT:		/* it was restarted */
		return xfl_lt_drain(XFL_CLOSE_RECONNECT);
	case XFL_XS_CLOSING:
	case XFL_XS_CLOSED:
	case XFL_XS_GONE:
		return xfl_lt_drain(XFL_CLOSE_BY_BACKEND);
	case XFL_XS_CONNECTED:
		return v->changed ? xfl_lt_go(XFL_CONNECTED, XFL_DO_CALL_CHANGED) :
				    xfl_lt_stay(v, 0);
	case XFL_XS_UNREADABLE:	/* the event that is handled now may have been its Closing */
		return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
	default:
		return xfl_lt_stay(v, 0);
	}
}

static struct xfl_step xfl_decide_draining(const struct xfl_view *v)
{
	bool responds = xfl_lt_serves(v->backend_state) || v->backend_state == XFL_XS_UNREADABLE;

	if (v->drained || v->protocol_error || v->close_reason == XFL_CLOSE_RESTORED || !responds ||
	    v->since_ms >= XFL_DRAIN_MS)
		return xfl_lt_go(XFL_CLOSING, XFL_DO_WRITE_CLOSING);
	return xfl_lt_stay_awhile(v);
}

/* Some backends unmap our grants when we are Closing, some when we are Closed. */
static struct xfl_step xfl_decide_closing(const struct xfl_view *v)
{
	bool follows = v->backend_state != XFL_XS_CONNECTED &&
		       v->backend_state != XFL_XS_INITIALISED &&
		       v->backend_state != XFL_XS_UNREADABLE;

	if (follows || v->since_ms >= XFL_CLOSING_MS)
		return xfl_lt_go(XFL_CLOSED, XFL_DO_WRITE_CLOSED);
	return xfl_lt_stay_awhile(v);
}

/* The connection was released, or there was none. */
static struct xfl_step xfl_lt_over(const struct xfl_view *v)
{
	if (v->remove)
		return xfl_lt_leave(v);
	if (v->close_reason == XFL_CLOSE_BROKEN || v->protocol_error)
		return xfl_lt_go(XFL_BROKEN, XFL_DO_CALL_FAILED);
	if (v->close_reason == XFL_CLOSE_RESTORED)
		return xfl_lt_go(XFL_NEW, XFL_DO_NOTHING);
	return xfl_lt_go(XFL_IDLE, XFL_DO_NOTHING);
}

/*
 * Whether a toolstack has just made our directory, for a restored guest. No keys of the connection
 * were ever written into it, and a backend that does not serve has not read any either.
 */
static bool xfl_lt_fresh_directory(const struct xfl_view *v)
{
	return v->close_reason == XFL_CLOSE_RESTORED && v->own_state == XFL_XS_INITIALISING &&
	       !xfl_lt_serves(v->backend_state) && v->backend_state != XFL_XS_UNREADABLE;
}

/* Whether our Closed is written and the keys are deleted, or the whole directory is gone. */
static bool xfl_lt_withdrawn(const struct xfl_view *v)
{
	return v->own_state == XFL_XS_CLOSED || v->own_state == XFL_XS_GONE;
}

/**
 * xfl_knows_void() - whether the backend shows that it will not map what the keys name
 * @backend: its state, which is not another backend's
 * @moved: it has shown another state since our Closed was written
 * @mapped: it had mapped the rings
 *
 * It knows the keys to be void, or needs them no more. An InitWait or Closed that it has shown
 * since before our Closed was written proves nothing: it may have read the keys, and be slow to
 * map the rings. A backend that had mapped them has no more to map.
 *
 * Context: any; a pure function.
 */
bool xfl_knows_void(enum xfl_xs_state backend, bool moved, bool mapped)
{
	return (backend == XFL_XS_CLOSED && (moved || mapped)) ||
	       (backend == XFL_XS_INITWAIT && moved);
}

/* Whether the references of the rings are free for others when these have ended. */
static bool xfl_lt_proof(const struct xfl_view *v)
{
	if (xfl_lt_fresh_directory(v))
		return true;
	if (!xfl_lt_withdrawn(v))
		return false;
	return (v->backend_state == XFL_XS_GONE && v->mapped) ||
	       xfl_knows_void(v->backend_state, v->backend_moved, v->mapped);
}

static bool xfl_lt_rings_ended(const struct xfl_view *v)
{
	return (v->did == XFL_DO_END || v->did == XFL_DO_END_EARLY) && v->result == XFL_DONE;
}

/* Closed is always written, as a backend that does not see it may stay where it is for good. */
static struct xfl_step xfl_decide_closed_no_connection(const struct xfl_view *v)
{
	bool late = v->since_ms >= XFL_RELEASE_MS;

	if (!xfl_lt_withdrawn(v) && !(v->remove && late))
		return xfl_lt_again(v, XFL_DO_WRITE_CLOSED);
	/* Nothing was granted, so this needs no proof. */
	if (v->backend_state == XFL_XS_CLOSED || v->backend_state == XFL_XS_GONE ||
	    xfl_lt_proof(v) || late)
		return xfl_lt_over(v);
	return xfl_lt_stay_awhile(v);
}

/* Time is up: a ring is still mapped, or Closed could not be written. */
static struct xfl_step xfl_lt_overdue(const struct xfl_view *v)
{
	return v->remove ? xfl_lt_go(XFL_GONE, XFL_DO_ABANDON) :
			   xfl_lt_go(XFL_PARKED, XFL_DO_LOG_PARKED);
}

/* The rings were tried. An attempt before there is proof may be logged, so the next is not soon. */
static struct xfl_step xfl_decide_after_end(const struct xfl_view *v, bool late)
{
	if (v->result == XFL_DONE)
		return xfl_lt_go(XFL_CLOSED, XFL_DO_RELEASE);
	if (late)
		return xfl_lt_overdue(v);
	return v->did == XFL_DO_END ? xfl_lt_stay_awhile(v) : xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
}

static struct xfl_step xfl_decide_closed(const struct xfl_view *v)
{
	bool late = v->since_ms >= XFL_RELEASE_MS;

	if (!v->has_connection)
		return v->did == XFL_DO_RELEASE ? xfl_lt_over(v) :
						  xfl_decide_closed_no_connection(v);
	if (v->did == XFL_DO_END || v->did == XFL_DO_END_EARLY)
		return xfl_decide_after_end(v, late);
	if (xfl_lt_proof(v))
		return xfl_lt_go(XFL_CLOSED, XFL_DO_END);
	if (!xfl_lt_withdrawn(v))
		return late && v->did == XFL_DO_WRITE_CLOSED ?
			       xfl_lt_overdue(v) : xfl_lt_again(v, XFL_DO_WRITE_CLOSED);
	/* Not at once: the kernel logs each attempt that finds a mapped frame. */
	if (late || ((v->backend_state == XFL_XS_GONE || v->backend_state == XFL_XS_CLOSED) &&
		     v->tried_ms >= XFL_RETRY_MS))
		return xfl_lt_go(XFL_CLOSED, XFL_DO_END_EARLY);
	return xfl_lt_stay_awhile(v);
}

/* The kernel logs each early attempt that fails, so they are few. */
static bool xfl_lt_may_end_early(const struct xfl_view *v)
{
	return v->tried_ms >= clamp(v->since_ms / 2, XFL_LOOK_AGAIN_MS, XFL_LOOK_LONG_MS);
}

static struct xfl_step xfl_decide_parked(const struct xfl_view *v)
{
	if (!v->has_connection)
		return xfl_lt_over(v);
	if (xfl_lt_rings_ended(v))
		return xfl_lt_go(XFL_PARKED, XFL_DO_RELEASE);
	if (v->remove)
		return xfl_lt_go(XFL_GONE, XFL_DO_ABANDON);
	switch (v->did) {
	case XFL_DO_END:
		/* At most once in a second, even if the backend reacts to each. */
		if (xfl_lt_withdrawn(v) && v->backend_state != XFL_XS_GONE &&
		    v->tried_ms >= XFL_RETRY_MS)
			return xfl_lt_go(XFL_PARKED, XFL_DO_REWRITE_CLOSED);
		return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
	case XFL_DO_NOTHING:
		break;
	default:
		return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
	}
	if (xfl_lt_proof(v))
		return xfl_lt_go(XFL_PARKED, XFL_DO_END);
	if (!xfl_lt_withdrawn(v))
		return xfl_lt_go(XFL_PARKED, XFL_DO_WRITE_CLOSED);
	if (!xfl_lt_may_end_early(v))
		return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
	return xfl_lt_go(XFL_PARKED, XFL_DO_END_EARLY);
}

/* After a connection that we ended to make a new one: the backend must see our Closed first. */
static struct xfl_step xfl_decide_idle_for_new(const struct xfl_view *v)
{
	if (xfl_lt_serves(v->backend_state) || v->backend_state == XFL_XS_UNREADABLE ||
	    v->backing_off)
		return xfl_lt_stay(v, v->has_waiters ? XFL_LOOK_SLOW_MS : XFL_LOOK_IDLE_MS);
	return xfl_lt_go(XFL_OFFERED, XFL_DO_WRITE_INITIALISING);
}

/* After a connection that the backend has ended. */
static struct xfl_step xfl_decide_idle_for_backend(const struct xfl_view *v)
{
	bool waits = v->backend_state == XFL_XS_INITWAIT || v->backend_state == XFL_XS_INITIALISING;
	bool stuck = v->has_waiters && v->backend_state == XFL_XS_CLOSED &&
		     v->since_ms >= XFL_HELD_MS;

	if ((waits || stuck) && v->backing_off)
		return xfl_lt_stay(v, XFL_LOOK_SLOW_MS);
	if (waits || stuck)
		return xfl_lt_go(XFL_OFFERED, XFL_DO_WRITE_INITIALISING);
	/*
	 * The watch is not enough: xenwatch may be waiting for the held requests, and a device that
	 * was exchanged for ours may have another backend.
	 */
	return xfl_lt_stay(v, v->has_waiters ? XFL_LOOK_IDLE_MS : XFL_LOOK_DIRECTORY_MS);
}

static struct xfl_step xfl_decide_idle(const struct xfl_view *v)
{
	bool lost = v->backend_state == XFL_XS_GONE ||
		    (v->backend_state == XFL_XS_CLOSED && !v->online);

	if (v->remove)
		return xfl_lt_leave(v);
	if (v->reconnect && v->close_reason != XFL_CLOSE_RECONNECT)
		return xfl_lt_close(XFL_IDLE, XFL_DO_NOTHING, XFL_CLOSE_RECONNECT);
	if (lost)
		return v->did == XFL_DO_CALL_FAILED || !(v->changed || v->has_waiters) ?
			       xfl_lt_stay(v, XFL_LOOK_DIRECTORY_MS) :
			       xfl_lt_go(XFL_IDLE, XFL_DO_CALL_FAILED);
	/*
	 * A backend that shows InitWait since before an early end may yet map the old references.
	 * These are ended, so netback would fail, and show Connected nevertheless. So nothing is
	 * offered for a while.
	 */
	if (v->last_ended_early && v->backend_state == XFL_XS_INITWAIT && !v->backend_moved &&
	    v->since_ms < XFL_NO_OFFER_MS)
		return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
	return v->close_reason == XFL_CLOSE_BY_BACKEND ?
		       xfl_decide_idle_for_backend(v) : xfl_decide_idle_for_new(v);
}

static struct xfl_step xfl_decide_broken(const struct xfl_view *v)
{
	if (v->remove)
		return xfl_lt_leave(v);
	if (v->reconnect)
		return xfl_lt_close(XFL_IDLE, XFL_DO_NOTHING, XFL_CLOSE_RECONNECT);
	return xfl_lt_stay(v, XFL_LOOK_DIRECTORY_MS);
}

/*
 * The old device is dead, and its rings are still mapped. They are tried by time, and not only when
 * the driver is unbound: whoever unbinds it may wait for the requests on these rings.
 */
static struct xfl_step xfl_decide_left_over(const struct xfl_view *v)
{
	if (xfl_lt_rings_ended(v))
		return xfl_lt_go(XFL_EXCHANGED, XFL_DO_RELEASE);
	if (v->did != XFL_DO_NOTHING || !(v->mapped || xfl_lt_may_end_early(v)))
		return xfl_lt_stay(v, XFL_LOOK_IDLE_MS);
	return xfl_lt_go(XFL_EXCHANGED, v->mapped ? XFL_DO_END : XFL_DO_END_EARLY);
}

/*
 * Nothing is written any more, since the directory is another device's. Rings that the old backend
 * still maps are abandoned when the driver is unbound.
 */
static struct xfl_step xfl_decide_exchanged(const struct xfl_view *v)
{
	if (v->state != XFL_EXCHANGED) {
		if (!v->has_connection)
			return xfl_lt_close(XFL_EXCHANGED, XFL_DO_CALL_FAILED, XFL_CLOSE_EXCHANGED);
		if (v->close_reason != XFL_CLOSE_EXCHANGED)
			return xfl_lt_close(XFL_CLOSED, XFL_DO_QUIESCE, XFL_CLOSE_EXCHANGED);
		if (v->did != XFL_DO_END && v->did != XFL_DO_END_EARLY)
			return xfl_lt_go(v->state, v->mapped ? XFL_DO_END : XFL_DO_END_EARLY);
		if (v->result == XFL_DONE)
			return xfl_lt_go(XFL_CLOSED, XFL_DO_RELEASE);
		if (v->mapped && v->since_ms < XFL_EXCHANGE_MS)
			return xfl_lt_stay_awhile(v);
		return xfl_lt_go(XFL_EXCHANGED, XFL_DO_CALL_FAILED);
	}
	if (v->remove)
		return v->has_connection ? xfl_lt_go(XFL_GONE, XFL_DO_ABANDON) : xfl_lt_leave(v);
	if (v->did == XFL_DO_CALL_FAILED)
		return xfl_lt_go(XFL_EXCHANGED, XFL_DO_REPROBE);
	return v->has_connection ? xfl_decide_left_over(v) : xfl_lt_stay(v, 0);
}

/* A backend that still serves us after a restore goes through the close handshake first. */
static struct xfl_step xfl_decide_restored(const struct xfl_view *v)
{
	enum xfl_state next = xfl_lt_serves(v->backend_state) ? XFL_DRAINING : XFL_CLOSED;

	if (!v->has_connection)
		return xfl_lt_go(XFL_NEW, XFL_DO_NOTHING);
	return xfl_lt_close(next, XFL_DO_QUIESCE,
			    v->remove ? XFL_CLOSE_REMOVE : XFL_CLOSE_RESTORED);
}

/* Whether a connection is being made or used. */
static bool xfl_lt_in_use(const struct xfl_view *v)
{
	return v->has_connection && v->state < XFL_DRAINING;
}

static struct xfl_step xfl_decide_by_state(const struct xfl_view *v)
{
	switch (v->state) {
	case XFL_NEW:
		return xfl_decide_new(v);
	case XFL_OFFERED:
		return xfl_decide_offered(v);
	case XFL_CONNECTING:
		return xfl_decide_connecting(v);
	case XFL_CONNECTED:
		return xfl_decide_connected(v);
	case XFL_DRAINING:
		return xfl_decide_draining(v);
	case XFL_CLOSING:
		return xfl_decide_closing(v);
	case XFL_CLOSED:
		return xfl_decide_closed(v);
	case XFL_PARKED:
		return xfl_decide_parked(v);
	case XFL_IDLE:
		return xfl_decide_idle(v);
	case XFL_BROKEN:
		return xfl_decide_broken(v);
	default:
		return xfl_lt_stay(v, 0);
	}
}

/**
 * xfl_decide() - decide what comes next in a device's life
 * @v: all that is known
 *
 * Context: any; a pure function.
 * Return: the next state, and what to do. After each action the caller asks again, with the result
 * in @v, until there is no action.
 */
struct xfl_step xfl_decide(const struct xfl_view *v)
{
	struct xfl_step step;

	if (v->state == XFL_GONE)
		return xfl_lt_stay(v, 0);
	if (v->exchanged)
		return xfl_decide_exchanged(v);
	if (v->restored)
		return xfl_decide_restored(v);
	if (v->protocol_error && xfl_lt_in_use(v) && v->did != XFL_DO_QUIESCE)
		return xfl_lt_drain(v->remove ? XFL_CLOSE_REMOVE : XFL_CLOSE_BROKEN);
	step = xfl_decide_by_state(v);
	/* A backend that breaks the protocol while it closes is not waited for any more. */
	if (v->protocol_error && v->has_connection && !step.close_reason &&
	    v->close_reason != XFL_CLOSE_REMOVE)
		step.close_reason = XFL_CLOSE_BROKEN;
	return step;
}
