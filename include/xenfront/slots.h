/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Slot table: who owns which request id. Pure.
 */
#ifndef XENFRONT_SLOTS_H
#define XENFRONT_SLOTS_H

#include "portable.h"

/**
 * DOC: Slots and generations
 *
 * The id that a backend echoes is the only link between its response and our request. So an id
 * carries a generation beside the index of its slot. A response is valid only if its slot is in
 * flight and its generation is the one that was sent. An id that was invented, used before, or left
 * over from an earlier connection is invalid, and nothing that the backend wrote is needed to say
 * so.
 *
 * A slot is free, and its index is on the free stack; or it is in flight, and then the backend owns
 * the grants, and the driver owns the record.
 *
 * The table takes no lock. Its user serialises xfl_slot_get(), xfl_slot_find() and xfl_slot_put().
 */

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
 * struct xfl_slots - a slot table over memory that its user owns
 * @slot: the entries
 * @nr: number of entries, at most 65535
 * @nr_free: entries that are free
 * @top: index on top of the free stack; valid while @nr_free is not 0
 * @gen_shift: bits of an id that the index takes
 * @gen_mask: bits of a generation that fit the protocol's id
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
 * @slot: room for @nr entries; zeroed the first time, and kept over a reconnect, as its generations
 *	are carried on
 * @nr: number of entries, a power of two, at most 32768
 * @id_bits: width of the protocol's id in bits (16 for netif, 64 for blkif)
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
 * xfl_slot_id() - the id to put on the ring for a slot in flight
 * @t: the table
 * @index: the slot
 *
 * Return: the id, at most @id_bits of xfl_slots_init() wide.
 */
static inline u64 xfl_slot_id(const struct xfl_slots *t, u32 index)
{
	return (u64)(t->slot[index].gen & t->gen_mask) << t->gen_shift | index;
}

/**
 * xfl_slot_get() - take a free slot
 * @t: the table
 *
 * Return: index of the slot, now in flight under a new generation; -ENOSPC if none is free.
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
 * xfl_slot_find() - find the slot that a response belongs to
 * @t: the table
 * @id: id as the backend wrote it, read once
 *
 * Return: index of a slot in flight; -ERANGE for an id that is never used, -ESTALE for an earlier
 * generation, -ENOENT for a slot that is not in flight: its response has come before.
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
 * xfl_slot_put() - free a slot
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
