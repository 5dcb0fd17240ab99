// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Sending: room on the ring, notifying the backend, accounting. tx_put.c puts the packet there.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <net/sock.h>

#include "netfront.h"

/*
 * The timer is started after the push. If it fires in between, its poll sees the packet and starts
 * the timer anew.
 */
static void xnf_tx_push(struct xnf_queue *q)
{
	if (XFL_RING_PUSH(&q->tx.ring))
		xfl_evtchn_notify(&q->tx_ec);
	timer_reduce(&q->timer, jiffies + XNF_TX_LINGER);
	if (unlikely(xnf_tx_within_slack(q->tx.asked, q->tx.ring.rsp_cons)))
		xnf_events_hurry(q);
}

/*
 * Whether the sender may need the response to this packet, or to one shortly before it, to go on.
 * A datagram socket is limited by its packets under way. A program that sends by a ring of
 * AF_PACKET or AF_XDP waits for its buffers, and so does one that lent its memory (zero copy). A
 * stream waits for its peer, whose packet brings a poll.
 */
static bool xnf_tx_is_waited_for(struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (unlikely(skb_zcopy(skb)))
		return true;
	if (!sk || !sk_fullsock(sk) || sk->sk_type == SOCK_STREAM)
		return false;
	return !sock_writeable(sk) || sk->sk_family == PF_PACKET || sk->sk_family == PF_XDP;
}

/* Have an event at the response to the last packet: xnf_tx_push() asks for it. */
static void xnf_tx_ask_event(struct xnf_tx *tx)
{
	WRITE_ONCE(tx->asked, tx->ring.req_prod_pvt);
}

/* Make room for the next packet, or stop the queue; NAPI starts it again. */
static void xnf_tx_look_ahead(struct xnf_queue *q)
{
	struct xnf_tx *tx = &q->tx;

	if (likely(xnf_tx_may_send(tx, xnf_tx_need(tx))))
		return;
	xnf_tx_reap(q, 0);
	if (xnf_tx_may_send(tx, xnf_tx_need(tx)))
		return;
	netif_tx_stop_queue(q->txq);
	u64_stats_update_begin(&q->stats.tx_sync);
	u64_stats_inc(&q->stats.tx_stopped);
	u64_stats_update_end(&q->stats.tx_sync);
}

static void xnf_tx_count_packet(struct xnf_stats *stats, u32 bytes, bool gathered)
{
	u64_stats_update_begin(&stats->tx_sync);
	u64_stats_inc(&stats->tx_packets);
	u64_stats_add(&stats->tx_bytes, bytes);
	if (unlikely(gathered))
		u64_stats_inc(&stats->tx_gathered);
	u64_stats_update_end(&stats->tx_sync);
}

/* Packets before this one may wait to be published, so publish them also if this one is dropped. */
static netdev_tx_t xnf_tx_drop(struct xnf_queue *q, struct sk_buff *skb)
{
	u64_stats_update_begin(&q->stats.tx_sync);
	u64_stats_inc(&q->stats.tx_dropped);
	u64_stats_update_end(&q->stats.tx_sync);
	dev_kfree_skb_any(skb);
	if (q->tx.ring.sring && xfl_believes(&q->xn->xd) && !netdev_xmit_more())
		xnf_tx_push(q);
	return NETDEV_TX_OK;
}

/* There is no ring, or it must not be written; if the guest suspends, perhaps only for a moment. */
static netdev_tx_t xnf_tx_refuse(struct xnf_queue *q, struct sk_buff *skb)
{
	if (!q->tx.ring.sring || READ_ONCE(q->xn->xd.withheld) != XFL_WITHHELD_SUSPEND)
		return xnf_tx_drop(q, skb);
	netif_tx_stop_queue(q->txq);
	return NETDEV_TX_BUSY;
}

static bool xnf_offer_takes_blank_csum(const struct xnf_offer *offer, const struct sk_buff *skb)
{
	return vlan_get_protocol(skb) == htons(ETH_P_IPV6) ? offer->csum_ipv6 : !offer->no_csum;
}

static bool xnf_offer_takes_gso(const struct xnf_offer *offer, const struct sk_buff *skb)
{
	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6)
		return offer->gso_tcpv6;
	return offer->gso_tcpv4;
}

/*
 * A packet that waited in a qdisc was made for an earlier backend, and the stack does not check it
 * again. The number of pieces does not matter: too many are gathered.
 *
 * Return: whether the packet can be sent, perhaps only after its checksum was completed here.
 */
static bool xnf_tx_check(const struct xnf_offer *offer, struct sk_buff *skb)
{
	bool blank = skb->ip_summed == CHECKSUM_PARTIAL && !xnf_offer_takes_blank_csum(offer, skb);

	if (skb_is_gso(skb))
		return !blank && xnf_offer_takes_gso(offer, skb);
	return !blank || !skb_checksum_help(skb);
}

/* ndo_start_xmit */
netdev_tx_t xnf_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct xnf_dev *xn = netdev_priv(dev);
	struct xnf_queue *q = &READ_ONCE(xn->queue)[skb_get_queue_mapping(skb)];
	struct xnf_tx *tx = &q->tx;
	u32 bytes = skb->len;
	bool gathered = false;
	bool push, waited;

	if (unlikely(!tx->ring.sring || !xfl_believes(&xn->xd)))
		return xnf_tx_refuse(q, skb);
	if (unlikely(bytes < ETH_HLEN || bytes > XNF_TX_PACKET_MAX))
		return xnf_tx_drop(q, skb);
	if (unlikely(!xnf_tx_may_send(tx, xnf_tx_need(tx)))) {
		netif_tx_stop_queue(q->txq);
		return NETDEV_TX_BUSY;
	}
	if (unlikely(xn->needs_tx_check) && !xnf_tx_check(&xn->offer, skb))
		return xnf_tx_drop(q, skb);
	skb_tx_timestamp(skb);
	/* A backend may hold a packet for long; the end of a namespace must not wait for it. */
	nf_reset_ct(skb);
	waited = xnf_tx_is_waited_for(skb);
	if (unlikely(xnf_tx_put(tx, skb, &gathered)))
		return xnf_tx_drop(q, skb);
	xnf_tx_count_packet(&q->stats, bytes, gathered);
	/*
	 * Before anything is reaped: a hostile backend may guess the id, and respond to a packet
	 * that it has not seen. BQL would then hear of its end first.
	 */
	push = __netdev_tx_sent_queue(q->txq, bytes, netdev_xmit_more());
	if (waited || netif_xmit_stopped(q->txq))
		xnf_tx_ask_event(tx);
	xnf_tx_look_ahead(q);
	if (push || netif_tx_queue_stopped(q->txq))
		xnf_tx_push(q);
	return NETDEV_TX_OK;
}

/* ---- packets that do not come from the stack ---- */

/* Whether xnf_tx_add() may be called. The transmit lock is held. */
bool xnf_tx_ready(struct xnf_queue *q)
{
	xnf_tx_assert_locked(&q->tx);
	return q->tx.ring.sring && xfl_believes(&q->xn->xd) && !netif_tx_queue_stopped(q->txq) &&
	       xnf_tx_may_send(&q->tx, xnf_tx_need(&q->tx));
}

/**
 * xnf_tx_add() - put a packet on the ring, to be published by xnf_tx_publish()
 * @q: the queue, under its transmit lock; xnf_tx_ready() said yes
 * @skb: the packet; freed when its responses are there, or at once if it cannot be sent
 */
void xnf_tx_add(struct xnf_queue *q, struct sk_buff *skb)
{
	u32 bytes = skb->len;
	bool gathered = false;

	xnf_tx_assert_locked(&q->tx);
	if (unlikely(bytes > XNF_TX_PACKET_MAX || xnf_tx_put(&q->tx, skb, &gathered))) {
		xnf_tx_drop(q, skb);
		return;
	}
	xnf_tx_count_packet(&q->stats, bytes, gathered);
	netdev_tx_sent_queue(q->txq, bytes);
	if (netif_xmit_stopped(q->txq))
		xnf_tx_ask_event(&q->tx);
	xnf_tx_look_ahead(q);
}

/* Let the backend see what xnf_tx_add() put on the ring. The transmit lock is held. */
void xnf_tx_publish(struct xnf_queue *q)
{
	xnf_tx_assert_locked(&q->tx);
	if (q->tx.ring.sring && xfl_believes(&q->xn->xd))
		xnf_tx_push(q);
}

/* xnf_tx_publish() for a softirq that does not hold the transmit lock. */
void xnf_tx_flush(struct xnf_queue *q)
{
	__netif_tx_lock(q->txq, smp_processor_id());
	xnf_tx_publish(q);
	__netif_tx_unlock(q->txq);
}

/* ndo_features_check: slot 0 has 16 bits for the length, so a longer packet must be segmented. */
netdev_features_t xnf_features_check(struct sk_buff *skb, struct net_device *dev,
				     netdev_features_t features)
{
	if (unlikely(skb->len > XNF_TX_PACKET_MAX))
		features &= ~NETIF_F_GSO_MASK;
	return vlan_features_check(skb, features);
}
