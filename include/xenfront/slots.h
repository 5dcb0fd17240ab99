/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slot table: who owns which request id. Pure.
 *
 * DOC: the id a backend echoes is the only link between its response and our
 * request, so it carries a generation beside the index. A response is believed
 * only if its slot is in flight and the generation is the one we sent: an id
 * that was invented, answered before, or left over from an earlier connection
 * is told apart from a good one without trusting anything the backend wrote.
 *
 * States of a slot, and who may touch what hangs on it:
 *
 *	free		nobody; the index is on the free stack
 *	in flight	the backend owns the grants, we own the bookkeeping
 *
 * The table takes no lock. Its user serialises get, check and put.
 */
#ifndef XENFRONT_SLOTS_H
#define XENFRONT_SLOTS_H

#include "portable.h"

/**
 * struct xfl_slot - one entry of a slot table
 * @gen: generation, counted up each time the slot is taken
 * @next_free: index below this one on the free stack; valid while free
 * @in_flight: whether a response is due
 */
struct xfl_slot {
	u32 gen;
	u16 next_free;
	bool in_flight;
};

/**
 * struct xfl_slots - a slot table over memory its user owns
 * @slot: the entries
 * @nr: number of entries, at most 65535
 * @nr_free: entries that are free
 * @top: index on top of the free stack; valid while @nr_free is not 0
 * @gen_shift: bits the index takes in an id
 * @gen_mask: generation bits that fit the protocol's id
 */
struct xfl_slots {
	struct xfl_slot *slot;
	u32 nr;
	u32 nr_free;
	u16 top;
	u8 gen_shift;
	u32 gen_mask;
};

/**
 * xfl_slots_init() - set up a table with every slot free
 * @t: the table
 * @slot: room for @nr entries; generations found in it are carried on, so
 *	zero it the first time and keep it over a reconnect
 * @nr: number of entries, a power of two, at most 32768
 * @id_bits: width of the protocol's id (16 for netif, 64 for blkif)
 */
static inline void xfl_slots_init(struct xfl_slots *t, struct xfl_slot *slot, u32 nr, u32 id_bits)
{
	u32 i, gen_bits;

	t->slot = slot;
	t->nr = nr;
	t->nr_free = nr;
	t->top = 0;
	t->gen_shift = 0;
	while ((1u << t->gen_shift) < nr)
		t->gen_shift++;
	gen_bits = min(id_bits - t->gen_shift, 32u);
	t->gen_mask = gen_bits == 32 ? ~0u : (1u << gen_bits) - 1;
	for (i = 0; i < nr; i++) {
		slot[i].next_free = (u16)(i + 1);
		slot[i].in_flight = false;
	}
}

/**
 * xfl_slot_id() - the id to put on the wire for a slot in flight
 * @t: the table
 * @index: the slot
 */
static inline u64 xfl_slot_id(const struct xfl_slots *t, u32 index)
{
	return (u64)(t->slot[index].gen & t->gen_mask) << t->gen_shift | index;
}

/**
 * xfl_slot_get() - take a free slot
 * @t: the table
 *
 * Return: its index, now in flight under a new generation; -ENOSPC if none is free.
 */
static inline int __must_check xfl_slot_get(struct xfl_slots *t)
{
	struct xfl_slot *s;
	u32 index = t->top;

	if (unlikely(!t->nr_free))
		return -ENOSPC;
	s = &t->slot[index];
	t->top = s->next_free;
	t->nr_free--;
	s->gen++;
	s->in_flight = true;
	return (int)index;
}

/**
 * xfl_slot_find() - which slot a response belongs to
 * @t: the table
 * @id: id as the backend wrote it, copied once
 *
 * Return: index of a slot in flight; -ERANGE for an id we never use, -ESTALE for an earlier
 * generation, -ENOENT for a slot that is not in flight (answered twice).
 */
static inline int __must_check xfl_slot_find(const struct xfl_slots *t, u64 id)
{
	u32 index = (u32)(id & ((1u << t->gen_shift) - 1));
	u64 gen = id >> t->gen_shift;

	if (unlikely(index >= t->nr || gen > t->gen_mask))
		return -ERANGE;
	if (unlikely(gen != (t->slot[index].gen & t->gen_mask)))
		return -ESTALE;
	if (unlikely(!t->slot[index].in_flight))
		return -ENOENT;
	return (int)index;
}

/**
 * xfl_slot_put() - give a slot back
 * @t: the table
 * @index: a slot in flight
 */
static inline void xfl_slot_put(struct xfl_slots *t, u32 index)
{
	t->slot[index].in_flight = false;
	t->slot[index].next_free = t->top;
	t->top = (u16)index;
	t->nr_free++;
}

#endif /* XENFRONT_SLOTS_H */
