// SPDX-License-Identifier: GPL-2.0
/*
 * The table of a device's life, against a backend, a toolstack and a clock that do as they please.
 *
 * Every situation that can be reached is: from the beginning on, whatever the table decides is
 * carried out with every result that it can have, and between two decisions all that others decide
 * is anything it can be. What must hold is checked at each decision.
 */
#include "test.h"

#include <xenfront/lifetable.h>

/* What the machine knows by itself; everything else of a view is up to others. */
struct facts {
	u8 state, did, result, own_state, close_reason;
	bool has_connection, quiesced, ended, marked;
	bool exchanged, protocol_error, remove, mapped;
};

/* A place for every combination; found[] says which were met. */
#define NR_FACTS (XFL_NR_STATES * XFL_NR_ACTIONS * 3u * XFL_NR_XS_STATES * \
		  XFL_NR_CLOSE_REASONS * 256u)

static u8 *found;
static struct facts *queue;
static size_t head, tail;

static size_t index_of(const struct facts *f)
{
	size_t i = f->state;

	i = i * XFL_NR_ACTIONS + f->did;
	i = i * 3 + f->result;
	i = i * XFL_NR_XS_STATES + f->own_state;
	i = i * XFL_NR_CLOSE_REASONS + f->close_reason;
	return i * 256 + (f->has_connection | f->quiesced << 1 | f->ended << 2 | f->marked << 3 |
			  f->exchanged << 4 | f->protocol_error << 5 | f->remove << 6 |
			  f->mapped << 7);
}

static void meet(const struct facts *f)
{
	size_t i = index_of(f);

	if (found[i])
		return;
	found[i] = 1;
	queue[tail++] = *f;
}

/* Bits of what others decide. */
enum {
	RECONNECT, RESTORED, CHANGED, DRAINED, ONLINE, WAITERS, BACKING_OFF, BACKEND_MOVED, LATE,
	NR_CHOICES,
};

static bool starts_anew(enum xfl_xs_state backend)
{
	return backend == XFL_XS_INITIALISING || backend == XFL_XS_INITWAIT;
}

static struct xfl_view view_of(const struct facts *f, u32 backend, u32 choice)
{
	return (struct xfl_view){
		.state = f->state, .did = f->did, .result = f->result, .backend_state = backend,
		.own_state = f->own_state, .close_reason = f->close_reason, .remove = f->remove,
		.protocol_error = f->protocol_error, .exchanged = f->exchanged, .marked = f->marked,
		.has_connection = f->has_connection,
		.since_ms = choice & 1 << LATE ? 1000000 : 0,
		.tried_ms = choice & 1 << LATE ? 1000000 : 0,
		.reconnect = choice & 1 << RECONNECT, .restored = choice & 1 << RESTORED,
		.changed = choice & 1 << CHANGED,
		.drained = !f->has_connection || choice & 1 << DRAINED,
		.online = choice & 1 << ONLINE, .has_waiters = choice & 1 << WAITERS,
		/* No state looks at both. */
		.backing_off = choice & 1 << BACKING_OFF, .precursor_parked = choice & 1 << BACKING_OFF,
		.backend_moved = choice & 1 << BACKEND_MOVED,
		/* Nor does a state look at both of these. */
		.last_ended_early = choice & 1 << CHANGED,
		.mapped = f->mapped && (f->exchanged || !starts_anew(backend)),
	};
}

static bool writes(enum xfl_action action)
{
	switch (action) {
	case XFL_DO_WRITE_MARK:
	case XFL_DO_WRITE_INITIALISING:
	case XFL_DO_WRITE_PUBLISHED:
	case XFL_DO_WRITE_CONNECTED:
	case XFL_DO_WRITE_CLOSING:
	case XFL_DO_WRITE_CLOSED:
	case XFL_DO_REWRITE_CLOSED:
	case XFL_DO_DELETE_KEYS:
		return true;
	default:
		return false;
	}
}

static bool knows(const struct xfl_view *v)
{
	return (v->backend_state == XFL_XS_CLOSED && (v->backend_moved || v->mapped)) ||
	       (v->backend_state == XFL_XS_GONE && v->mapped) ||
	       (v->backend_state == XFL_XS_INITWAIT && v->backend_moved);
}

static bool serves(enum xfl_xs_state backend)
{
	return backend == XFL_XS_CONNECTED || backend == XFL_XS_CLOSING;
}

/* References are free for others only of a backend that knows of our Closed, or has mapped. */
static bool may_end(const struct xfl_view *v)
{
	bool withdrawn = v->own_state == XFL_XS_CLOSED;

	if (v->exchanged || v->own_state == XFL_XS_GONE)
		return v->mapped;
	if (v->close_reason == XFL_CLOSE_RESTORED && v->own_state == XFL_XS_INITIALISING &&
	    !serves(v->backend_state))
		return true;
	return withdrawn && knows(v);
}

static void must(bool truth, const char *what, const struct xfl_view *v, const struct xfl_step *s)
{
	if (truth)
		return;
	print_error("%s: state %d did %d result %d backend %d own %d reason %d since %u "
		    "remove %d reconnect %d invalid %d restored %d exchanged %d connection %d: "
		    "next %d action %d reason %d look %u\n", what, v->state, v->did, v->result,
		    v->backend_state, v->own_state, v->close_reason, v->since_ms, v->remove,
		    v->reconnect, v->protocol_error, v->restored, v->exchanged, v->has_connection,
		    s->next, s->action, s->close_reason, s->look_ms);
	fail();
}

/* Nothing is done, and nothing has changed that the table could be asked about anew. */
static bool rests(const struct xfl_view *v, const struct xfl_step *s)
{
	return !s->action && s->next == v->state && !v->restored &&
	       (!s->close_reason || s->close_reason == v->close_reason);
}

static void check_order(const struct facts *f, const struct xfl_view *v, const struct xfl_step *s)
{
	enum xfl_action a = s->action;

	must(!f->has_connection || (a != XFL_DO_WRITE_INITIALISING && a != XFL_DO_CONNECT &&
				    a != XFL_DO_WRITE_MARK),
	     "nothing is offered over a connection", v, s);
	must(a != XFL_DO_RELEASE || (f->has_connection && f->ended),
	     "nothing is released before every ring is ended", v, s);
	must((a != XFL_DO_END && a != XFL_DO_END_EARLY) || (f->has_connection && f->quiesced),
	     "rings are ended of a connection that will not go on", v, s);
	must(a != XFL_DO_END || may_end(v), "references go to others only with proof", v, s);
	must(a != XFL_DO_END_EARLY || v->own_state == XFL_XS_CLOSED ||
	     v->own_state == XFL_XS_GONE || v->exchanged,
	     "an early end comes after our Closed", v, s);
	must(a != XFL_DO_REWRITE_CLOSED || v->tried_ms,
	     "Closed is written again after a pause", v, s);
	must(a != XFL_DO_WRITE_INITIALISING || v->state != XFL_IDLE || !v->last_ended_early ||
	     v->backend_moved || v->since_ms || v->backend_state != XFL_XS_INITWAIT,
	     "a backend that may be about to map is not offered another at once", v, s);
	must(!f->exchanged || !writes(a), "another device's directory is not written", v, s);
	must(a != XFL_DO_ABANDON || (f->has_connection && f->remove && s->next == XFL_GONE),
	     "removal alone abandons", v, s);
	must(s->next != XFL_GONE || v->state == XFL_GONE || (f->remove && !f->has_connection) ||
	     a == XFL_DO_ABANDON, "gone with a connection", v, s);
	must(a != XFL_DO_GO_LIVE || (f->has_connection && v->backend_state == XFL_XS_CONNECTED &&
				     !f->protocol_error),
	     "live with a backend that is connected", v, s);
	must(a != XFL_DO_CALL_CHANGED || (v->state == XFL_CONNECTED &&
					  v->backend_state == XFL_XS_CONNECTED),
	     "@changed is called for a backend that is connected", v, s);
	must(a != XFL_DO_CONNECT || (v->backend_state == XFL_XS_INITWAIT && !v->backing_off &&
				     v->own_state == XFL_XS_INITIALISING),
	     "connected to a backend that waits for us", v, s);
	must(a != XFL_DO_REPROBE || f->exchanged, "only an exchanged device is probed anew", v, s);
	must(v->state != XFL_NEW || !v->precursor_parked || a == XFL_DO_NOTHING || f->remove ||
	     v->restored || v->exchanged, "nothing is written over a connection that is parked", v, s);
	must(v->state != XFL_GONE || (s->next == XFL_GONE && !a), "gone for good", v, s);
}

static void check_progress(const struct facts *f, const struct xfl_view *v,
			   const struct xfl_step *s)
{
	bool waits = rests(v, s);
	bool ends = v->state >= XFL_DRAINING && v->state <= XFL_CLOSED;

	if (v->state == XFL_GONE)
		return;
	if (f->has_connection && f->protocol_error && !f->exchanged && !v->restored &&
	    v->did != XFL_DO_QUIESCE)
		must(s->next > XFL_CONNECTED, "a connection with a protocol error ends", v, s);
	if (f->has_connection && v->restored && !f->exchanged)
		must(s->action == XFL_DO_QUIESCE && s->next >= XFL_DRAINING,
		     "a restored guest's connection is over", v, s);
	if (f->has_connection && v->own_state == XFL_XS_GONE && v->state <= XFL_CONNECTED &&
	    !v->did)
		must(s->next > XFL_CONNECTED || f->exchanged || v->restored,
		     "a connection whose directory is gone ends", v, s);
	if (v->state == XFL_OFFERED && v->backend_state == XFL_XS_CLOSING &&
	    s->action == XFL_DO_WRITE_CLOSED)
		must(!v->online || s->close_reason == XFL_CLOSE_RECONNECT,
		     "a backend late in closing is offered another", v, s);
	if (!waits)
		return;
	if (v->state == XFL_CONNECTED && v->backend_state == XFL_XS_UNREADABLE)
		must(s->look_ms, "a state that cannot be read is looked at again", v, s);
	if (v->state < XFL_CONNECTED || ends || v->state == XFL_PARKED ||
	    (v->state == XFL_EXCHANGED && f->has_connection))
		must(s->look_ms, "looked at by time", v, s);
	if (v->state == XFL_IDLE && v->has_waiters && v->backend_state != XFL_XS_GONE &&
	    !(v->backend_state == XFL_XS_CLOSED && !v->online))
		must(s->look_ms, "held requests have the backend looked at", v, s);
	if (v->state == XFL_IDLE || v->state == XFL_BROKEN)
		must(s->look_ms, "a device that was exchanged is found by time", v, s);
	if (ends && v->since_ms > XFL_RELEASE_MS && v->did == XFL_DO_NOTHING)
		must(false, "the ends of a connection are bounded", v, s);
}

/* Carries a decision out, with every result. */
static void carry_out(const struct facts *from, const struct xfl_view *v, const struct xfl_step *s)
{
	struct facts f = *from;
	u8 result;

	f.mapped &= v->mapped;
	f.state = s->next;
	f.close_reason = s->close_reason ? s->close_reason : f.close_reason;
	f.did = s->action;
	f.result = XFL_DONE;
	if (s->action == XFL_DO_QUIESCE)
		f.quiesced = true;
	for (result = XFL_DONE; result <= XFL_FINAL; result++) {
		struct facts g = f;

		g.result = result;
		switch (s->action) {
		case XFL_DO_NOTHING:
		case XFL_DO_CALL_CHANGED:
		case XFL_DO_QUIESCE:
		case XFL_DO_LOG_PARKED:
		case XFL_DO_CALL_FAILED:
		case XFL_DO_REPROBE:
		case XFL_DO_ABANDON:
			g.result = XFL_DONE;
			break;
		case XFL_DO_GO_LIVE:
			g.mapped = true;
			break;
		case XFL_DO_CONNECT:
			g.mapped = false;
			g.protocol_error = false;
			g.has_connection = result == XFL_DONE;
			g.quiesced = false;
			g.ended = false;
			break;
		case XFL_DO_RELEASE:
			g.has_connection = false;
			g.mapped = false;	/* which was said of a connection */
			g.result = XFL_DONE;
			break;
		case XFL_DO_END:
		case XFL_DO_END_EARLY:
			g.result = result == XFL_DONE ? XFL_DONE : XFL_SHORT;
			g.ended = result == XFL_DONE;
			break;
		case XFL_DO_WRITE_MARK:
			g.marked = result == XFL_DONE;
			break;
		case XFL_DO_WRITE_INITIALISING:
			g.own_state = result == XFL_DONE ? XFL_XS_INITIALISING : g.own_state;
			break;
		case XFL_DO_WRITE_PUBLISHED:
			g.own_state = result == XFL_DONE ? XFL_XS_INITIALISED : g.own_state;
			break;
		case XFL_DO_WRITE_CONNECTED:
			g.own_state = result == XFL_DONE ? XFL_XS_CONNECTED : g.own_state;
			break;
		case XFL_DO_WRITE_CLOSING:
			g.own_state = result == XFL_DONE ? XFL_XS_CLOSING : g.own_state;
			break;
		case XFL_DO_WRITE_CLOSED:
		case XFL_DO_REWRITE_CLOSED:
			g.own_state = result == XFL_DONE ? XFL_XS_CLOSED : g.own_state;
			break;
		default:
			break;
		}
		meet(&g);
		/* A write finds out that the directory is gone, or another's. */
		if (writes(s->action) || s->action == XFL_DO_CONNECT) {
			g = f;
			g.result = XFL_SHORT;
			g.own_state = XFL_XS_GONE;
			meet(&g);
			g.exchanged = true;
			meet(&g);
		}
	}
}

/* States in which the machine looks by time whether the directory is still ours. */
static bool looks_home(const struct facts *f)
{
	return f->state == XFL_OFFERED || f->state == XFL_CONNECTING || f->state == XFL_IDLE ||
	       f->state == XFL_BROKEN;
}

/* Others act at any moment: time passes, and what is not asked for the result has no result. */
static void disturb(const struct facts *f)
{
	struct facts g = *f;

	if (looks_home(f) || f->has_connection) {
		g.exchanged = true;
		meet(&g);
		g = *f;
	}
	if (f->has_connection) {
		g.own_state = XFL_XS_GONE;
		meet(&g);
		g = *f;
	}

	if (f->did == XFL_DO_NOTHING) {
		g.remove = true;
		meet(&g);
		g = *f;
		g.protocol_error = f->has_connection;
		meet(&g);
		return;
	}
	g.remove = true;
	meet(&g);
}

#define TO(_state) (1u << XFL_##_state)

/* Every way from one state to another, as Documentation/architecture.rst has them. */
static const u32 ways[XFL_NR_STATES] = {
	[XFL_NEW]	= TO(OFFERED) | TO(CLOSING) | TO(IDLE) | TO(EXCHANGED) | TO(GONE),
	[XFL_OFFERED]	= TO(NEW) | TO(CONNECTING) | TO(DRAINING) | TO(CLOSING) | TO(CLOSED) |
			  TO(IDLE) | TO(EXCHANGED) | TO(GONE),
	[XFL_CONNECTING] = TO(CONNECTED) | TO(DRAINING) | TO(CLOSED),
	[XFL_CONNECTED]	= TO(DRAINING) | TO(CLOSED),
	[XFL_DRAINING]	= TO(CLOSING) | TO(CLOSED),
	[XFL_CLOSING]	= TO(NEW) | TO(DRAINING) | TO(CLOSED) | TO(EXCHANGED),
	[XFL_CLOSED]	= TO(NEW) | TO(DRAINING) | TO(PARKED) | TO(IDLE) | TO(BROKEN) |
			  TO(EXCHANGED) | TO(GONE),
	[XFL_PARKED]	= TO(NEW) | TO(DRAINING) | TO(CLOSED) | TO(IDLE) | TO(BROKEN) | TO(GONE),
	[XFL_IDLE]	= TO(NEW) | TO(OFFERED) | TO(EXCHANGED) | TO(GONE),
	[XFL_BROKEN]	= TO(NEW) | TO(IDLE) | TO(EXCHANGED) | TO(GONE),
	[XFL_EXCHANGED]	= TO(GONE),
};

/* Those that some decision took. */
static u32 taken[XFL_NR_STATES];

static void note_way(const struct xfl_view *v, const struct xfl_step *s)
{
	if (s->next == v->state)
		return;
	must(ways[v->state] & 1u << s->next, "a way that is not documented", v, s);
	taken[v->state] |= 1u << s->next;
}

static void decide_with(const struct facts *f, u32 backend, u32 choice)
{
	struct xfl_view v = view_of(f, backend, choice);
	struct xfl_step s = xfl_decide(&v);

	assert_true(s.next < XFL_NR_STATES);
	note_way(&v, &s);
	check_order(f, &v, &s);
	check_progress(f, &v, &s);
	carry_out(f, &v, &s);
}

#define ALL_CHOICES ((1u << NR_CHOICES) - 1)

/* A restored guest has another directory, in which anything may be written. */
static void decide_moved_with(const struct facts *f, u32 backend, u32 choice)
{
	struct facts g = *f;

	g.marked = false;
	g.protocol_error = false;
	decide_with(&g, backend, choice);
	/* With everything else, all at once: every mixture would take minutes. */
	if (choice != 1 << RESTORED && choice != ALL_CHOICES)
		return;
	for (g.own_state = 0; g.own_state < XFL_NR_XS_STATES; g.own_state++)
		decide_with(&g, backend, choice);
}

static void every_situation(void **state)
{
	struct facts start = { .state = XFL_NEW, .own_state = XFL_XS_INITIALISING };
	u32 backend, choice;
	size_t decisions = 0;

	(void)state;
	found = calloc(NR_FACTS, 1);
	queue = calloc(NR_FACTS, sizeof(*queue));
	assert_non_null(found);
	assert_non_null(queue);
	head = tail = 0;
	for (start.own_state = 0; start.own_state < XFL_NR_XS_STATES; start.own_state++)
		meet(&start);
	while (head < tail) {
		struct facts f = queue[head++];

		disturb(&f);
		for (backend = 0; backend < XFL_NR_XS_STATES; backend++)
			for (choice = 0; choice < 1 << NR_CHOICES; choice++) {
				/* Nothing else is seen of a backend then. */
				if (f.has_connection && f.own_state == XFL_XS_GONE &&
				    !(choice & 1 << RESTORED) && backend != XFL_XS_GONE)
					continue;
				decisions++;
				if (choice & 1 << RESTORED)
					decide_moved_with(&f, backend, choice);
				else
					decide_with(&f, backend, choice);
			}
	}
	printf("# %zu situations, %zu decisions\n", tail, decisions);
	assert_true(tail > 1000);
}

/* After every situation: the documentation has no way that the table does not take. */
static void every_way(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < XFL_NR_STATES; i++)
		assert_int_equal(taken[i], ways[i]);
}

/*
 * From every situation that was met. The machine carries out results as they come, the world
 * stands.
 */
static void settles(void **state)
{
	size_t i;
	u32 backend, choice;

	(void)state;
	for (i = 0; i < tail; i++)
		for (backend = 0; backend < XFL_NR_XS_STATES; backend++)
			for (choice = 0; choice < 1 << NR_CHOICES; choice++) {
				struct facts f = queue[i];
				struct xfl_view v = view_of(&f, backend, choice);
				struct xfl_step s;
				int laps = 0;

				for (;;) {
					s = xfl_decide(&v);
					if (rests(&v, &s))
						break;
					if (++laps > 24)
						must(false, "comes to rest", &v, &s);
					v.restored = false;
					v.state = s.next;
					if (s.close_reason)
						v.close_reason = s.close_reason;
					v.did = s.action;
					v.result = XFL_SHORT;
					if (s.action == XFL_DO_CALL_CHANGED ||
					    s.action == XFL_DO_CALL_FAILED)
						v.changed = false;
				}
			}
}

/* Removal comes to its end whatever the backend does or does not, also if nothing ever succeeds. */
static void removal_ends(void **state)
{
	size_t i;
	u32 backend, result;

	(void)state;
	for (i = 0; i < tail; i++)
		for (backend = 0; backend < XFL_NR_XS_STATES; backend++)
			for (result = XFL_DONE; result <= XFL_SHORT; result++) {
				struct facts f = queue[i];
				int looks = 0;

				f.remove = true;
				while (f.state != XFL_GONE) {
					struct xfl_view v = view_of(&f, backend, 1 << LATE);
					struct xfl_step s = xfl_decide(&v);

					if (++looks > 64)
						must(false, "removal ends", &v, &s);
					f.state = s.next;
					if (s.close_reason)
						f.close_reason = s.close_reason;
					f.did = s.action;
					f.result = result;
					if (s.action == XFL_DO_RELEASE)
						f.has_connection = false;
				}
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_situation),
		cmocka_unit_test(every_way),
		cmocka_unit_test(settles),
		cmocka_unit_test(removal_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
