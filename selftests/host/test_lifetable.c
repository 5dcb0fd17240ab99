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
	u8 state, did, result, own, why;
	bool linked, quiesced, ended, marked;
	bool exchanged, lied, remove, mapped;
};

/* A place for every combination; found[] says which were met. */
#define NR_FACTS (XFL_NR_STATES * XFL_NR_ACTIONS * 3u * XFL_NR_PEERS * XFL_NR_WHYS * 256u)

static u8 *found;
static struct facts *queue;
static size_t head, tail;

static size_t index_of(const struct facts *f)
{
	size_t i = f->state;

	i = i * XFL_NR_ACTIONS + f->did;
	i = i * 3 + f->result;
	i = i * XFL_NR_PEERS + f->own;
	i = i * XFL_NR_WHYS + f->why;
	return i * 256 + (f->linked | f->quiesced << 1 | f->ended << 2 | f->marked << 3 |
			  f->exchanged << 4 | f->lied << 5 | f->remove << 6 | f->mapped << 7);
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
enum { RECONNECT, MOVED, CHANGED, DRAINED, ONLINE, HELD, RESTING, ANSWERED, LATE, NR_CHOICES };

static bool starts_anew(enum xfl_peer backend)
{
	return backend == XFL_PEER_INITIALISING || backend == XFL_PEER_INITWAIT;
}

static struct xfl_view view_of(const struct facts *f, u32 backend, u32 choice)
{
	return (struct xfl_view){
		.state = f->state, .did = f->did, .result = f->result, .backend = backend,
		.own = f->own, .why = f->why, .remove = f->remove, .lied = f->lied,
		.exchanged = f->exchanged, .marked = f->marked, .linked = f->linked,
		.since_ms = choice & 1 << LATE ? 1000000 : 0,
		.tried_ms = choice & 1 << LATE ? 1000000 : 0,
		.reconnect = choice & 1 << RECONNECT, .moved = choice & 1 << MOVED,
		.changed = choice & 1 << CHANGED,
		.drained = !f->linked || choice & 1 << DRAINED,
		.online = choice & 1 << ONLINE, .held = choice & 1 << HELD,
		/* No state looks at both. */
		.resting = choice & 1 << RESTING, .preceded = choice & 1 << RESTING,
		.answered = choice & 1 << ANSWERED,
		/* Nor does a state look at both of these. */
		.wary = choice & 1 << CHANGED,
		.mapped = f->mapped && (f->exchanged || !starts_anew(backend)),
	};
}

static bool writes(enum xfl_action action)
{
	switch (action) {
	case XFL_DO_MARK:
	case XFL_DO_OFFER:
	case XFL_DO_SHOW:
	case XFL_DO_CONFIRM:
	case XFL_DO_CLOSING:
	case XFL_DO_CLOSED:
	case XFL_DO_CLOSED_AGAIN:
	case XFL_DO_RETRACT:
		return true;
	default:
		return false;
	}
}

static bool knows(const struct xfl_view *v)
{
	return (v->backend == XFL_PEER_CLOSED && (v->answered || v->mapped)) ||
	       (v->backend == XFL_PEER_GONE && v->mapped) ||
	       (v->backend == XFL_PEER_INITWAIT && v->answered);
}

static bool serves(enum xfl_peer backend)
{
	return backend == XFL_PEER_CONNECTED || backend == XFL_PEER_CLOSING;
}

/* References are free for others only of a backend that knows of our Closed, or has mapped. */
static bool may_end(const struct xfl_view *v)
{
	bool withdrawn = v->own == XFL_PEER_CLOSED;

	if (v->exchanged || v->own == XFL_PEER_GONE)
		return v->mapped;
	if (v->why == XFL_WHY_MOVED && v->own == XFL_PEER_INITIALISING && !serves(v->backend))
		return true;
	return withdrawn && knows(v);
}

static void must(bool truth, const char *what, const struct xfl_view *v, const struct xfl_step *s)
{
	if (truth)
		return;
	print_error("%s: state %d did %d result %d backend %d own %d why %d since %u "
		    "remove %d reconnect %d lied %d moved %d exchanged %d linked %d: "
		    "next %d action %d why %d look %u\n", what, v->state, v->did, v->result,
		    v->backend, v->own, v->why, v->since_ms, v->remove, v->reconnect, v->lied,
		    v->moved, v->exchanged, v->linked, s->next, s->action, s->why, s->look_ms);
	fail();
}

/* Nothing is done, and nothing has changed that the table could be asked about anew. */
static bool rests(const struct xfl_view *v, const struct xfl_step *s)
{
	return !s->action && s->next == v->state && !v->moved && (!s->why || s->why == v->why);
}

static void check_order(const struct facts *f, const struct xfl_view *v, const struct xfl_step *s)
{
	enum xfl_action a = s->action;

	must(!f->linked || (a != XFL_DO_OFFER && a != XFL_DO_CONNECT && a != XFL_DO_MARK),
	     "nothing is offered over a connection", v, s);
	must(a != XFL_DO_RELEASE || (f->linked && f->ended),
	     "nothing is released before every ring is ended", v, s);
	must((a != XFL_DO_END && a != XFL_DO_END_EARLY) || (f->linked && f->quiesced),
	     "rings are ended of a connection that will not go on", v, s);
	must(a != XFL_DO_END || may_end(v), "references go to others only with proof", v, s);
	must(a != XFL_DO_END_EARLY || v->own == XFL_PEER_CLOSED || v->own == XFL_PEER_GONE ||
	     v->exchanged,
	     "an early end comes after our Closed", v, s);
	must(a != XFL_DO_CLOSED_AGAIN || v->tried_ms,
	     "Closed is written again after a pause", v, s);
	must(a != XFL_DO_OFFER || v->state != XFL_IDLE || !v->wary || v->answered || v->since_ms ||
	     v->backend != XFL_PEER_INITWAIT,
	     "a backend that may be about to map is not offered another at once", v, s);
	must(!f->exchanged || !writes(a), "another device's directory is not written", v, s);
	must(a != XFL_DO_ABANDON || (f->linked && f->remove && s->next == XFL_GONE),
	     "removal alone abandons", v, s);
	must(s->next != XFL_GONE || v->state == XFL_GONE || (f->remove && !f->linked) ||
	     a == XFL_DO_ABANDON, "gone with a connection", v, s);
	must(a != XFL_DO_GO_LIVE || (f->linked && v->backend == XFL_PEER_CONNECTED && !f->lied),
	     "live with a backend that is connected", v, s);
	must(a != XFL_DO_TELL || (v->state == XFL_CONNECTED && v->backend == XFL_PEER_CONNECTED),
	     "told of a backend that is connected", v, s);
	must(a != XFL_DO_CONNECT || (v->backend == XFL_PEER_INITWAIT && !v->resting &&
				     v->own == XFL_PEER_INITIALISING),
	     "connected to a backend that waits for us", v, s);
	must(a != XFL_DO_REPROBE || f->exchanged, "only an exchanged device is probed anew", v, s);
	must(v->state != XFL_NEW || !v->preceded || a == XFL_DO_NOTHING || f->remove || v->moved ||
	     v->exchanged, "nothing is written over a connection that is parked", v, s);
	must(v->state != XFL_GONE || (s->next == XFL_GONE && !a), "gone for good", v, s);
}

static void check_progress(const struct facts *f, const struct xfl_view *v,
			   const struct xfl_step *s)
{
	bool waits = rests(v, s);
	bool ends = v->state >= XFL_DRAINING && v->state <= XFL_CLOSED;

	if (v->state == XFL_GONE)
		return;
	if (f->linked && f->lied && !f->exchanged && !v->moved && v->did != XFL_DO_QUIESCE)
		must(s->next > XFL_CONNECTED, "a backend that lied is parted with", v, s);
	if (f->linked && v->moved && !f->exchanged)
		must(s->action == XFL_DO_QUIESCE && s->next >= XFL_DRAINING,
		     "a restored guest's connection is over", v, s);
	if (f->linked && v->own == XFL_PEER_GONE && v->state <= XFL_CONNECTED && !v->did)
		must(s->next > XFL_CONNECTED || f->exchanged || v->moved,
		     "a connection whose directory is gone ends", v, s);
	if (v->state == XFL_OFFERED && v->backend == XFL_PEER_CLOSING && s->action == XFL_DO_CLOSED)
		must(!v->online || s->why == XFL_WHY_RECONNECT,
		     "a backend late in closing is offered another", v, s);
	if (!waits)
		return;
	if (v->state == XFL_CONNECTED && v->backend == XFL_PEER_UNREADABLE)
		must(s->look_ms, "a state that cannot be read is looked at again", v, s);
	if (v->state < XFL_CONNECTED || ends || v->state == XFL_PARKED ||
	    (v->state == XFL_EXCHANGED && f->linked))
		must(s->look_ms, "looked at by time", v, s);
	if (v->state == XFL_IDLE && v->held && v->backend != XFL_PEER_GONE &&
	    !(v->backend == XFL_PEER_CLOSED && !v->online))
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
	f.why = s->why ? s->why : f.why;
	f.did = s->action;
	f.result = XFL_DONE;
	if (s->action == XFL_DO_QUIESCE)
		f.quiesced = true;
	for (result = XFL_DONE; result <= XFL_FINAL; result++) {
		struct facts g = f;

		g.result = result;
		switch (s->action) {
		case XFL_DO_NOTHING:
		case XFL_DO_TELL:
		case XFL_DO_QUIESCE:
		case XFL_DO_SAY_PARKED:
		case XFL_DO_FAIL:
		case XFL_DO_REPROBE:
		case XFL_DO_ABANDON:
			g.result = XFL_DONE;
			break;
		case XFL_DO_GO_LIVE:
			g.mapped = true;
			break;
		case XFL_DO_CONNECT:
			g.mapped = false;
			g.lied = false;
			g.linked = result == XFL_DONE;
			g.quiesced = false;
			g.ended = false;
			break;
		case XFL_DO_RELEASE:
			g.linked = false;
			g.mapped = false;	/* which was said of a connection */
			g.result = XFL_DONE;
			break;
		case XFL_DO_END:
		case XFL_DO_END_EARLY:
			g.result = result == XFL_DONE ? XFL_DONE : XFL_SHORT;
			g.ended = result == XFL_DONE;
			break;
		case XFL_DO_MARK:
			g.marked = result == XFL_DONE;
			break;
		case XFL_DO_OFFER:
			g.own = result == XFL_DONE ? XFL_PEER_INITIALISING : g.own;
			break;
		case XFL_DO_SHOW:
			g.own = result == XFL_DONE ? XFL_PEER_INITIALISED : g.own;
			break;
		case XFL_DO_CONFIRM:
			g.own = result == XFL_DONE ? XFL_PEER_CONNECTED : g.own;
			break;
		case XFL_DO_CLOSING:
			g.own = result == XFL_DONE ? XFL_PEER_CLOSING : g.own;
			break;
		case XFL_DO_CLOSED:
		case XFL_DO_CLOSED_AGAIN:
			g.own = result == XFL_DONE ? XFL_PEER_CLOSED : g.own;
			break;
		default:
			break;
		}
		meet(&g);
		/* A write finds out that the directory is gone, or another's. */
		if (writes(s->action) || s->action == XFL_DO_CONNECT) {
			g = f;
			g.result = XFL_SHORT;
			g.own = XFL_PEER_GONE;
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

	if (looks_home(f) || f->linked) {
		g.exchanged = true;
		meet(&g);
		g = *f;
	}
	if (f->linked) {
		g.own = XFL_PEER_GONE;
		meet(&g);
		g = *f;
	}

	if (f->did == XFL_DO_NOTHING) {
		g.remove = true;
		meet(&g);
		g = *f;
		g.lied = f->linked;
		meet(&g);
		return;
	}
	g.remove = true;
	meet(&g);
}

static void decide_with(const struct facts *f, u32 backend, u32 choice)
{
	struct xfl_view v = view_of(f, backend, choice);
	struct xfl_step s = xfl_decide(&v);

	assert_true(s.next < XFL_NR_STATES);
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
	g.lied = false;
	decide_with(&g, backend, choice);
	/* With everything else, all at once: every mixture would take minutes. */
	if (choice != 1 << MOVED && choice != ALL_CHOICES)
		return;
	for (g.own = 0; g.own < XFL_NR_PEERS; g.own++)
		decide_with(&g, backend, choice);
}

static void every_situation(void **state)
{
	struct facts start = { .state = XFL_NEW, .own = XFL_PEER_INITIALISING };
	u32 backend, choice;
	size_t decisions = 0;

	(void)state;
	found = calloc(NR_FACTS, 1);
	queue = calloc(NR_FACTS, sizeof(*queue));
	assert_non_null(found);
	assert_non_null(queue);
	head = tail = 0;
	for (start.own = 0; start.own < XFL_NR_PEERS; start.own++)
		meet(&start);
	while (head < tail) {
		struct facts f = queue[head++];

		disturb(&f);
		for (backend = 0; backend < XFL_NR_PEERS; backend++)
			for (choice = 0; choice < 1 << NR_CHOICES; choice++) {
				/* Nothing else is seen of a backend then. */
				if (f.linked && f.own == XFL_PEER_GONE &&
				    !(choice & 1 << MOVED) && backend != XFL_PEER_GONE)
					continue;
				decisions++;
				if (choice & 1 << MOVED)
					decide_moved_with(&f, backend, choice);
				else
					decide_with(&f, backend, choice);
			}
	}
	printf("# %zu situations, %zu decisions\n", tail, decisions);
	assert_true(tail > 1000);
}

/* From every situation that was met. The machine carries out results as they come, the world stands. */
static void settles(void **state)
{
	size_t i;
	u32 backend, choice;

	(void)state;
	for (i = 0; i < tail; i++)
		for (backend = 0; backend < XFL_NR_PEERS; backend++)
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
					v.moved = false;
					v.state = s.next;
					v.why = s.why ? s.why : v.why;
					v.did = s.action;
					v.result = XFL_SHORT;
					if (s.action == XFL_DO_TELL || s.action == XFL_DO_FAIL)
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
		for (backend = 0; backend < XFL_NR_PEERS; backend++)
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
					f.why = s.why ? s.why : f.why;
					f.did = s.action;
					f.result = result;
					if (s.action == XFL_DO_RELEASE)
						f.linked = false;
				}
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_situation),
		cmocka_unit_test(settles),
		cmocka_unit_test(removal_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
