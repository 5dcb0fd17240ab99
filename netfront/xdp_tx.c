// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Sending XDP frames, those that a program sends back and those that are redirected here.
 *
 * A frame is sent as an skb around its memory. So the transmit ring knows one kind of packet, and
 * the memory goes back to its owner when the responses are there.
 */
#include <linux/etherdevice.h>

#include "xdp.h"

/* Return: whether the frame was taken: it is on the ring, or was dropped. */
static bool xnf_xdp_send_one(struct xnf_queue *q, struct xdp_frame *frame)
{
	struct net_device *dev = q->xn->netdev;
	struct sk_buff *skb;

	if (frame->len < ETH_HLEN || !xnf_tx_ready(q))
		return false;
	skb = xdp_build_skb_from_frame(frame, dev);
	if (!skb)
		return false;
	skb_push(skb, ETH_HLEN);	/* undo eth_type_trans() */
	xnf_tx_add(q, skb);
	return true;
}

/* Put a frame on the transmit ring, unpublished, in NAPI. Return: whether it was taken. */
bool xnf_xdp_send(struct xnf_queue *q, struct xdp_frame *frame)
{
	bool sent;

	__netif_tx_lock(q->txq, smp_processor_id());
	sent = xnf_xdp_send_one(q, frame);
	__netif_tx_unlock(q->txq);
	return sent;
}

/**
 * xnf_xdp_xmit() - ndo_xdp_xmit: frames redirected to this interface
 * @dev: the interface
 * @n: number of frames
 * @frames: the frames
 * @flags: XDP_XMIT_FLUSH at the last of them
 *
 * Context: softirq.
 * Return: how many were taken; the others stay the caller's.
 */
int xnf_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames, u32 flags)
{
	struct xnf_dev *xn = netdev_priv(dev);
	u32 nr_queues = READ_ONCE(xn->nr_queues);
	struct xnf_queue *q;
	int i;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	if (unlikely(!netif_running(dev)))
		return -ENETDOWN;
	q = &READ_ONCE(xn->queue)[smp_processor_id() % nr_queues];
	__netif_tx_lock(q->txq, smp_processor_id());
	for (i = 0; i < n; i++)
		if (!xnf_xdp_send_one(q, frames[i]))
			break;
	if (flags & XDP_XMIT_FLUSH)
		xnf_tx_publish(q);
	__netif_tx_unlock(q->txq);
	return i;
}
