// SPDX-License-Identifier: GPL-2.0
/*
 * The backend's side of a connection's life. What a watch says is that states are to be looked at,
 * not what they were: the guest waits for our answer to each of its own, so none is missed that
 * matters.
 */
#include "badback.h"

#include <stdio.h>
#include <time.h>

/* How long a guest may take to let go when it is asked to; the toolstack gives us 10 s. */
#define LEAVE_SECONDS	8

static void life_say(struct vif *v, enum xenbus_state state)
{
	if (v->state == state)
		return;
	v->state = state;
	printf("state %d\n", state);
	store_write(v, v->back, "state", state);
}

void life_begin(struct vif *v)
{
	const struct key *key;

	/* A guest that closed its connection with the backend before us is waited for. */
	store_number(v, v->front, "state", &v->front_state);
	life_say(v, XenbusStateInitialising);
	store_forget(v);
	for (key = v->manner->keys; key->name; key++)
		store_write(v, v->back, key->name, key->value);
	life_say(v, XenbusStateInitWait);
}

static void link_up(struct vif *v)
{
	if (v->state != XenbusStateInitWait || v->leaving)
		return;
	if (!agree(v)) {
		life_say(v, XenbusStateClosing);
		return;
	}
	counts.connects++;
	printf("connected: %u slots from the guest, %u to it, segmentation %x to it\n",
	       v->tx_slots, v->rx_slots, v->rx_gso);
	life_say(v, XenbusStateConnected);
	/* What the guest published before has not told us. */
	tx_serve(v);
}

static void link_down(struct vif *v)
{
	if (linked(v))
		tx_serve(v);
	part(v);
}

static bool asked_to_close(struct vif *v)
{
	unsigned int state = 0, online = 1;

	if (!store_number(v, v->back, "state", &state)) {
		v->ended = true;
		return true;
	}
	store_number(v, v->back, "online", &online);
	return state == XenbusStateClosing && !online;
}

/* The toolstack takes the device away, or we have to go; the guest gets time to let go. */
static void close_in_order(struct vif *v, unsigned int front)
{
	static time_t since;

	if (!since)
		since = time(NULL);
	if (v->leaving)
		life_say(v, XenbusStateClosing);
	if (front != XenbusStateClosed && front != XenbusStateInitialising &&
	    front != XenbusStateUnknown && time(NULL) - since < LEAVE_SECONDS)
		return;
	link_down(v);
	v->state = XenbusStateClosing;
	life_say(v, XenbusStateClosed);
	v->ended = true;
}

static void follow(struct vif *v, unsigned int front)
{
	if (front == v->front_state && front == XenbusStateClosed)
		return;
	v->front_state = front;
	switch (front) {
	case XenbusStateInitialising:
		if (v->state == XenbusStateClosed)
			life_say(v, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		link_up(v);
		break;
	case XenbusStateClosing:
		link_down(v);
		life_say(v, XenbusStateClosing);
		break;
	case XenbusStateClosed:
		link_down(v);
		life_say(v, XenbusStateClosed);
		break;
	default:
		break;
	}
}

/* To be called when something has changed, and once a second: time ends some waiting. */
void life_step(struct vif *v)
{
	unsigned int front = XenbusStateUnknown;
	bool close = asked_to_close(v);

	/* Both directories go in one transaction: writing to ours would make it anew. */
	if (v->ended || !store_number(v, v->front, "state", &front))
		v->ended = true;
	else if (close || v->leaving)
		close_in_order(v, front);
	else
		follow(v, front);
	if (!v->ended)
		mcast_step(v);
}

void life_end(struct vif *v)
{
	part(v);
}
