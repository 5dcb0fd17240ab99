/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * AF_XDP without copying: what its files share. A queue with a zero-copy socket
 *
 *	memory		the socket's umem, each of its frames granted from the first connection
 *			with it on to the last: see xsk_umem.c
 *	receiving	the queue posts chunks from the socket's fill ring. If these run out
 *			for long, it posts a few fallback frames, and packets in them are
 *			copied: a backend that finds no room gives the interface up. See
 *			xsk_refill.c for posting, and xsk_rx.c for a packet in a chunk
 *	sending		descriptors share the transmit ring with the stack's packets, under the
 *			same lock, from NAPI alone: see xsk_tx.c, and tx_reap.c for responses
 *	coming, going	a new connection each time, because frames that are posted cannot be
 *			taken off a ring: see xsk.c
 */
#ifndef XENFRONT_NETFRONT_XSK_H
#define XENFRONT_NETFRONT_XSK_H

#include <linux/list.h>
#include <linux/rtnetlink.h>
#include <net/xdp_sock_drv.h>

#include "netfront.h"

/**
 * struct xnf_umem_frame - a granted frame
 * @page: page that the frame is in; we have a reference
 * @gref: reference of the frame, while the memory is granted
 */
struct xnf_umem_frame {
	struct page *page;
	grant_ref_t gref;
};

/**
 * struct xnf_umem - memory of sockets, of one or several queues; under RTNL
 * @link: on the device's list
 * @of: whose memory; to be compared only, and not even that once @users is 0
 * @users: pools in the memory; without any, it is freed at the end of the connection
 * @granted: the backend has access
 * @grefs: owner of all references
 * @nr: number of frames
 * @frame: the frames
 */
struct xnf_umem {
	struct list_head link;
	const struct xdp_umem *of;
	u32 users;
	bool granted;
	struct xfl_grefs grefs;
	u32 nr;
	struct xnf_umem_frame frame[];
};

/**
 * struct xnf_xsk - a queue's part in a zero-copy socket; as long as the interface
 * @pool: the core's side of the socket, NULL if there is none; under RTNL, fixed while NAPI is on
 * @umem: the memory
 * @rxq: says where packets come from. A busy poller of any socket of the pool reads it until the
 *	last of them is unbound, which is after @pool was taken from us
 * @slots: ring entries that the longest packet may take, if it can be sent at all
 * @head: oldest packet whose completion the socket was not told; as all below, under the transmit
 *	lock
 * @tail: where the next packet goes
 * @pending: slots of each packet without a response; sockets are told in the order of sending
 */
struct xnf_xsk {
	struct xsk_buff_pool *pool;
	struct xnf_umem *umem;
	struct xdp_rxq_info rxq;
	u32 slots;
	u32 head;
	u32 tail;
	u8 pending[XNF_RING_SLOTS];
};

/* xsk_umem.c */
struct xnf_umem *xnf_umem_get(struct xnf_dev *xn, const struct xdp_umem *of);
void xnf_umem_put(struct xnf_umem *u);
void xnf_umems_grant(struct xnf_dev *xn);
u32 xnf_umems_granted(struct xnf_dev *xn);
void xnf_umems_end(struct xnf_dev *xn);

/* xdp_open.c */
void xnf_xsk_close_rxq(struct xdp_rxq_info *rxq);
void xnf_xsk_open(struct xnf_dev *xn);
void xnf_xsk_close(struct xnf_queue *q);

/* xsk.c */
int xnf_xsk_init(struct xnf_dev *xn, struct device *dev);
int xnf_xsk_setup(struct xnf_dev *xn, struct xsk_buff_pool *pool, u32 index);
int xnf_xsk_wakeup(struct net_device *dev, u32 index, u32 flags);

/* xsk_refill.c */
u32 xnf_xsk_post(struct xnf_queue *q);
void xnf_xsk_rx_forget(struct xnf_queue *q);

/* xsk_rx.c */
struct sk_buff *xnf_xsk_rx(struct xnf_queue *q);

/* xsk_tx.c */
bool xnf_xsk_send(struct xnf_queue *q);

/* tx_reap.c */
void xnf_xsk_complete(struct xnf_queue *q);

/* The frame that byte @offset of the memory is in. */
static inline const struct xnf_umem_frame *xnf_umem_frame(const struct xnf_umem *u, u64 offset)
{
	return &u->frame[offset >> XFL_FRAME_SHIFT];
}

/**
 * xnf_xsk_of() - the socket that a queue is to serve
 * @q: the queue
 *
 * Context: RTNL.
 * Return: NULL if there is none, or its memory is not granted.
 */
static inline struct xnf_xsk *xnf_xsk_of(const struct xnf_queue *q)
{
	struct xnf_xsk *x = &q->xn->xsk[q->index];

	ASSERT_RTNL();
	return x->pool && x->umem->granted ? x : NULL;
}

#endif /* XENFRONT_NETFRONT_XSK_H */
