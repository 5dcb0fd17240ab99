// SPDX-License-Identifier: GPL-2.0
/*
 *	badback MANNER DOMID DEVICE TAP [REFUSALS]
 *
 * Serves interface DEVICE of domain DOMID until the device is taken away or SIGTERM comes. Dom0's
 * kernel must have let go of it. SIGUSR1 prints the counters, SIGUSR2 ends the failures of a
 * manner that has some. From SIGHUP to SIGHUP it does not look at xenstore, and goes on serving
 * its rings, as a backend of a busy domain does. After SIGALRM it stops itself once, when it has
 * read the guest's keys and has mapped nothing yet. Exit status: 0 if the guest kept to the
 * protocol and to what was advertised, 1 if not, 2 if it could not be served. REFUSALS: a file
 * that says what of the control ring is refused, see ctrl.c.
 */
#include "badback.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* How often xenstore is looked at. */
#define STEP_MS		50
/* A signal between looking for it and waiting is seen this much later. */
#define WAIT_MS		50

static volatile sig_atomic_t asked_to_end, asked_for_counts, asked_to_mend, asked_to_turn,
	asked_to_dawdle;

static void on_term(int sig)
{
	(void)sig;
	asked_to_end = 1;
}

static void on_usr1(int sig)
{
	(void)sig;
	asked_for_counts = 1;
}

static void on_usr2(int sig)
{
	(void)sig;
	asked_to_mend = 1;
}

static void on_hup(int sig)
{
	(void)sig;
	asked_to_turn = 1;
}

static void on_alrm(int sig)
{
	(void)sig;
	asked_to_dawdle = 1;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Return: whether the state has to be looked at because of one. */
static bool obey_signals(struct vif *v)
{
	bool leaves = asked_to_end && !v->leaving;

	if (asked_to_end)
		v->leaving = true;
	if (asked_to_mend)
		v->fail_every = 0;
	if (asked_to_turn) {
		asked_to_turn = 0;
		v->deaf = !v->deaf;
		puts(v->deaf ? "deaf" : "hears");
	}
	if (asked_to_dawdle) {
		asked_to_dawdle = 0;
		v->dawdles = true;
	}
	if (asked_for_counts) {
		asked_for_counts = 0;
		counts.rx_posted = linked(v) ? rx_posted(v) : 0;
		count_print();
	}
	return leaves;
}

/* Waits for the guest, and for the TAP interface if the guest has room. */
static void traffic(struct vif *v)
{
	bool room = !linked(v) || rx_room(v);
	struct pollfd fd[2] = {
		{ .fd = xenevtchn_fd(v->guest.evt), .events = POLLIN },
		{ .fd = room ? v->tap : -1, .events = POLLIN },
	};

	if (poll(fd, 2, WAIT_MS) <= 0)
		return;
	if (fd[0].revents & POLLIN)
		guest_event(&v->guest);
	if (linked(v)) {
		ctrl_serve(v);
		tx_serve(v);
		rx_serve(v);
	} else {
		rx_discard(v);
	}
}

static void serve(struct vif *v)
{
	long stepped = 0;
	bool due = true;

	while (!v->ended) {
		due |= obey_signals(v);
		if (!v->deaf && (due || now_ms() - stepped >= STEP_MS)) {
			life_step(v);
			stepped = now_ms();
			due = false;
		}
		if (!v->ended)
			traffic(v);
	}
}

int main(int argc, char **argv)
{
	struct vif v = { 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 5 && argc != 6)
		die("usage: badback MANNER DOMID DEVICE TAP [REFUSALS]");
	v.manner = manner_named(argv[1]);
	if (!v.manner)
		die("no manner is named %s", argv[1]);
	signal(SIGTERM, on_term);
	signal(SIGUSR1, on_usr1);
	signal(SIGUSR2, on_usr2);
	signal(SIGHUP, on_hup);
	signal(SIGALRM, on_alrm);
	v.xs = xs_open(0);
	if (!v.xs)
		die("xenstore: %m");
	guest_open(&v.guest, atoi(argv[2]));
	store_find(&v, atoi(argv[3]));
	v.tap = tap_open(argv[4]);
	v.ctrl.refusals = argv[5];
	v.fail_every = v.manner->fail_every;
	life_begin(&v);
	serve(&v);
	life_end(&v);
	count_print();
	return counts.violations ? 1 : 0;
}
