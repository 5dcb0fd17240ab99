/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
#ifndef XENFRONT_NETFRONT_TX_SKB_H
#define XENFRONT_NETFRONT_TX_SKB_H

#include <linux/skbuff.h>

/**
 * struct xnf_tx_skb - what the driver keeps in a packet's control buffer
 * @pending: slots of the packet that have no response yet
 */
struct xnf_tx_skb {
	u32 pending;
};

static inline struct xnf_tx_skb *xnf_tx_skb(struct sk_buff *skb)
{
	return (struct xnf_tx_skb *)skb->cb;
}

#endif /* XENFRONT_NETFRONT_TX_SKB_H */
