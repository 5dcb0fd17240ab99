/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Front rings: memory, and what xen/interface/io/ring.h leaves to its user.
 *
 * DOC: who writes what, and which barrier pairs with which
 *
 *	index		written by	barrier
 *	req_prod	frontend	wmb before it: requests are there first;
 *					mb after it, before req_event is read; pairs
 *					with the backend's mb after it sets req_event
 *	rsp_prod	backend		rmb after it is read: responses are read later;
 *					pairs with the backend's wmb before it
 *	rsp_event	frontend	mb after it, before rsp_prod is read once more;
 *					pairs with the backend's mb after it sets rsp_prod
 *
 * A missed pair shows as a queue that stops for ever, so the macros below are
 * the only places that touch these indices.
 */
#ifndef XENFRONT_RING_H
#define XENFRONT_RING_H

#include <asm/barrier.h>
#include <xen/interface/io/ring.h>
#include <xen/xenbus.h>

#include "ringidx.h"

/**
 * struct xfl_ring_mem - the shared memory of one ring
 * @vaddr: first byte, frame-aligned; NULL if there is none
 * @nr_frames: 4 KB frames, at most XFL_RING_MAX_FRAMES
 * @ended: bit mask of frames whose grant has ended
 * @quarantined: those of them whose reference is still ours, as it must not be used again yet
 * @gref: the reference of each frame, to be published in xenstore
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
 * The producer index is read once, and the request index after it: a request
 * that was answered was pushed before its answer appeared.
 *
 * Return: their number, or -EPROTO if the backend's index is impossible.
 */
#define XFL_RING_PENDING(_r) ({						\
	u32 __prod = READ_ONCE((_r)->sring->rsp_prod);			\
									\
	virt_rmb(); /* the index before what it announces */		\
	xfl_ring_pending(__prod, (_r)->rsp_cons,			\
			 READ_ONCE((_r)->req_prod_pvt));		\
})

/**
 * XFL_RING_PUSH() - publish what was put on a ring
 * @_r: any front ring
 *
 * Return: true if the backend asked for an event.
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
 * @_cons: its first response not yet consumed; read once, if others may go on
 * @_at: one past the response to be told of; beyond @_cons, and answering a
 *	request that was pushed, or the next one to come
 *
 * Unless that is the next response, the user must also look by a timer: a backend
 * may sit on its last responses for as long as it likes.
 *
 * Return: true if it came meanwhile, so that no event will.
 */
#define XFL_RING_ARM_AT(_r, _cons, _at) ({				\
	u32 __from = (_cons), __when = (_at);				\
									\
	WRITE_ONCE((_r)->sring->rsp_event, __when);			\
	virt_mb(); /* the event before the last look */			\
	READ_ONCE((_r)->sring->rsp_prod) - __from >= __when - __from;	\
})

/**
 * XFL_RING_ARM() - ask for an event, having consumed all there was
 * @_r: any front ring
 * @_batch: most responses to wait for before the event, 1 for the next one
 *
 * With a batch over 1 the user must also look by a timer, see XFL_RING_ARM_AT().
 *
 * Return: true if as many responses came meanwhile, so that no event will.
 */
#define XFL_RING_ARM(_r, _batch) ({					\
	u32 __cons = READ_ONCE((_r)->rsp_cons);				\
	u32 __due = READ_ONCE((_r)->req_prod_pvt) - __cons;		\
									\
	XFL_RING_ARM_AT(_r, __cons,					\
			xfl_ring_event_after(__cons, __due, _batch));	\
})

#endif /* XENFRONT_RING_H */
