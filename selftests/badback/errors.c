// SPDX-License-Identifier: GPL-2.0
/*
 * What a backend may fail at: one packet in so many, each way, until SIGUSR2. Towards the guest one
 * slot of it has an error and the others are good; of what the guest sends no slot gets through.
 */
#include "badback.h"

/* Of so many slots one is the first, one the last and one neither. */
#define LONG_SLOTS	3u

static unsigned int slot_in_turn(unsigned int nr)
{
	static unsigned int turn;

	switch (turn++ % 3) {
	case 0:
		counts.rx_failed_first++;
		return 0;
	case 1:
		counts.rx_failed_middle++;
		return nr / 2;
	default:
		counts.rx_failed_last++;
		return nr - 1;
	}
}

/**
 * errors_rx() - which slot of a packet for the guest has an error
 * @v: the interface
 * @nr: data slots it has
 * @extra: there is an extra behind the first
 *
 * Return: the slot, or @nr for none.
 */
unsigned int errors_rx(const struct vif *v, unsigned int nr, bool extra)
{
	/* Short ones are many: counted apart, they do not decide which of the others fails. */
	static unsigned int seen[2];
	unsigned int slot;

	if (!v->fail_every || ++seen[nr >= LONG_SLOTS] % v->fail_every)
		return nr;
	counts.rx_failed++;
	slot = nr >= LONG_SLOTS ? slot_in_turn(nr) : nr - 1;
	counts.rx_failed_extra += !slot && extra;
	return slot;
}

/**
 * errors_tx() - whether a packet that the guest sent is lost, and in which words
 * @v: the interface
 *
 * Return: what its slots are answered with.
 */
int16_t errors_tx(const struct vif *v)
{
	static unsigned int seen, turn;

	if (!v->fail_every || ++seen % v->fail_every)
		return NETIF_RSP_OKAY;
	return turn++ % 2 ? NETIF_RSP_DROPPED : NETIF_RSP_ERROR;
}
