/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Front rings: memory, and what xen/interface/io/ring.h leaves to its user.
 */
#ifndef XENFRONT_RING_H
#define XENFRONT_RING_H

#include <asm/barrier.h>
#include <xen/interface/io/ring.h>
#include <xen/xenbus.h>

#include "ringidx.h"

/**
 * DOC: Ring indices and barriers
 *
 * A missed pair shows as a queue that stops for ever. So the macros below are the only places that
 * touch these indices.
 *
 * req_prod, written by the frontend: a write barrier before it, so that requests are there first. A
 * full barrier after it, before req_event is read; it pairs with the one after the backend sets
 * req_event.
 *
 * rsp_prod, written by the backend: a read barrier after it was read, so that responses are read
 * later. It pairs with the backend's write barrier before it sets rsp_prod.
 *
 * rsp_event, written by the frontend: a full barrier after it, before rsp_prod is read once more.
 * It pairs with the one after the backend sets rsp_prod.
 */

/**
 * struct xfl_ring_mem - the shared memory of one ring
 * @vaddr: first byte, frame-aligned; NULL if there is none
 * @nr_frames: 4 KB frames, at most XFL_RING_MAX_FRAMES
 * @ended: bit mask of frames whose grant has ended
 * @quarantined: bit mask of frames in @ended whose reference is still ours, because it must not be
 *	used again yet
 * @gref: the reference of each frame, to be published in xenstore
 *
 * Its user serialises all calls.
 */
struct xfl_ring_mem {
	void *vaddr;
	unsigned int nr_frames;
	u32 ended;
	u32 quarantined;
	grant_ref_t gref[XFL_RING_MAX_FRAMES];
};

int xfl_ring_mem_alloc(struct xenbus_device *xbdev, struct xfl_ring_mem *mem,
		       unsigned int nr_frames);
void xfl_ring_mem_free(struct xfl_ring_mem *mem);
bool xfl_ring_mem_end(struct xfl_ring_mem *mem);
bool xfl_ring_mem_end_early(struct xfl_ring_mem *mem);

/**
 * XFL_RING_PENDING() - responses that wait on a ring
 * @_r: any front ring
 *
 * The producer index is read once, and the request index after it: a request is pushed before its
 * response can appear.
 *
 * Context: any, while xfl_believes() is true; one caller at a time.
 * Return: the number of responses, or -EPROTO if the backend's index is impossible.
 */
#define XFL_RING_PENDING(_r) ({						\
	u32 __prod = READ_ONCE((_r)->sring->rsp_prod);			\
									\
	virt_rmb(); /* the index before what it announces */		\
	xfl_ring_pending(__prod, (_r)->rsp_cons,			\
			 READ_ONCE((_r)->req_prod_pvt));		\
})

/**
 * XFL_RING_PUSH() - let the backend see the requests that were put on a ring
 * @_r: any front ring
 *
 * Context: any, while xfl_believes() is true; one caller at a time.
 * Return: true if the backend asked for an event, see xfl_evtchn_notify().
 */
#define XFL_RING_PUSH(_r) ({						\
	int __notify;							\
									\
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(_r, __notify);		\
	(bool)__notify;							\
})

/**
 * XFL_RING_ARM_AT() - ask for an event at a certain response
 * @_r: any front ring
 * @_cons: index of its first response not yet consumed; read once, if others may consume
 * @_at: index one past the response in question; beyond @_cons, and of a request that was pushed,
 *	or the next one
 *
 * Unless it is the next response, the user must also look by a timer: a backend may hold its last
 * responses back for as long as it likes.
 *
 * Context: any, while xfl_believes() is true.
 * Return: true if the response came meanwhile, so that no event will come.
 */
#define XFL_RING_ARM_AT(_r, _cons, _at) ({				\
	u32 __from = (_cons), __when = (_at);				\
									\
	WRITE_ONCE((_r)->sring->rsp_event, __when);			\
	virt_mb(); /* the event before the last look */			\
	READ_ONCE((_r)->sring->rsp_prod) - __from >= __when - __from;	\
})

/**
 * XFL_RING_ARM() - ask for an event, after all responses were consumed
 * @_r: any front ring
 * @_batch: most responses to wait for before the event, 1 for the next one
 *
 * With a batch over 1 the user must also look by a timer, see XFL_RING_ARM_AT().
 *
 * Context: any, while xfl_believes() is true.
 * Return: true if as many responses came meanwhile, so that no event will come.
 */
#define XFL_RING_ARM(_r, _batch) ({					\
	u32 __cons = READ_ONCE((_r)->rsp_cons);				\
	u32 __due = READ_ONCE((_r)->req_prod_pvt) - __cons;		\
									\
	XFL_RING_ARM_AT(_r, __cons,					\
			xfl_ring_event_after(__cons, __due, _batch));	\
})

#endif /* XENFRONT_RING_H */
