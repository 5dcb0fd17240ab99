// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Receiving on a queue with a zero-copy socket: the XDP program runs on the packet in the socket's
 * chunk. A packet that is not in one chunk, or has no room there, is copied as without a socket.
 */
#include "xdp.h"
#include "xsk.h"

/*
 * What a program may grow a packet to. The stack's copy has a struct xdp_frame in front and a
 * fragment list behind, in one frame.
 */
#define XNF_XSK_GROWN	(XFL_FRAME_SIZE - sizeof(struct xdp_frame))

/* A packet of several pieces, one too long, and one in a fallback frame are copied. */
static bool xnf_xsk_fits_chunk(const struct xnf_rx *rx)
{
	const struct xnf_rx_packet *p = &rx->packet;

	return rx->pending_bufs[0].xdp && p->nr_slots == 1 &&
	       p->slot[0].offset + p->len <= XNF_XSK_GROWN - XNF_XDP_TAILROOM;
}

/**
 * xnf_xsk_rx() - show a packet to the program, in a socket's chunk if it is in one
 * @q: the queue, which has a program
 *
 * Afterwards the chunk is the socket's, or the pool's again. All other pending frames are posted
 * again, see xnf_rx_post(). The packet has only as much headroom as the backend left in the frame.
 *
 * Context: NAPI.
 * Return: a copy for the stack, or NULL if the stack is not to have the packet. Either is counted.
 */
struct sk_buff *xnf_xsk_rx(struct xnf_queue *q)
{
	struct xnf_rx *rx = &q->rx;
	struct xdp_buff *xdp = rx->pending_bufs[0].xdp;
	u32 i;

	if (unlikely(!xnf_xsk_fits_chunk(rx)))
		return xnf_xdp_rx(q);
	xdp->data = xdp->data_hard_start + rx->packet.slot[0].offset;
	xdp->data_meta = xdp->data;
	xdp->data_end = xdp->data + rx->packet.len;
	xdp->frame_sz = XNF_XSK_GROWN;
	xdp_buff_clear_frags_flag(xdp);
	for (i = 1; i < rx->nr_pending_bufs; i++)
		xnf_rx_post(rx, &rx->pending_bufs[i]);
	rx->nr_pending_bufs = 0;
	return xnf_xdp_run(q, xdp);
}
