// SPDX-License-Identifier: GPL-2.0
/*
 * Sending: room, doorbell, accounting. The packet itself is tx_put.c's.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <net/sock.h>

#include "netfront.h"

/* The timer after the ring: one that fires before is followed by a poll that sees the packet. */
static void xnf_tx_push(struct xnf_queue *q)
{
	if (XFL_RING_PUSH(&q->tx.ring))
		xfl_evtchn_notify(&q->tx_ec);
	timer_reduce(&q->timer, jiffies + XNF_TX_LINGER);
	if (unlikely(xnf_tx_spared(q->tx.asked, q->tx.ring.rsp_cons)))
		xnf_events_hurry(q);
}

/*
 * Whether the sender can go on only when this packet, or one of the last before it, is answered:
 * datagrams are limited by what their socket has under way, a program that sends by a ring of
 * AF_PACKET or AF_XDP waits for its own end of that, one that lent its memory wants it back. A
 * stream waits for what its peer says, which brings a poll.
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

/* The answer to the last packet is to have its event: it will be asked for when it is published. */
static void xnf_tx_ask_event(struct xnf_tx *tx)
{
	WRITE_ONCE(tx->asked, tx->ring.req_prod_pvt);
}

/* Make room for the next packet, or stop; NAPI starts the queue again. */
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

/* A packet that cannot go must not keep those before it from being published. */
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

/* No ring, or none to be written; when the guest suspends, perhaps only for a moment. */
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
 * A packet that waited in a qdisc was made for the backend there was before, and is not looked at
 * again by the stack. Pieces are no matter: too many are gathered.
 *
 * Return: whether it can go, now at least.
 */
static bool xnf_tx_check(const struct xnf_offer *offer, struct sk_buff *skb)
{
	bool blank = skb->ip_summed == CHECKSUM_PARTIAL && !xnf_offer_takes_blank_csum(offer, skb);

	if (skb_is_gso(skb))
		return !blank && xnf_offer_takes_gso(offer, skb);
	return !blank || !skb_checksum_help(skb);
}

/**
 * xnf_xmit() - ndo_start_xmit
 * @skb: the packet
 * @dev: the interface
 */
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
	/* A backend may keep a packet for long, a namespace's end must not wait for it. */
	nf_reset_ct(skb);
	waited = xnf_tx_is_waited_for(skb);
	if (unlikely(xnf_tx_put(tx, skb, &gathered)))
		return xnf_tx_drop(q, skb);
	xnf_tx_count_packet(&q->stats, bytes, gathered);
	/* Counted before anything is reaped: a backend may answer what it only guesses. */
	push = __netdev_tx_sent_queue(q->txq, bytes, netdev_xmit_more());
	if (waited || netif_xmit_stopped(q->txq))
		xnf_tx_ask_event(tx);
	xnf_tx_look_ahead(q);
	if (push || netif_tx_queue_stopped(q->txq))
		xnf_tx_push(q);
	return NETDEV_TX_OK;
}

/* ---- packets that do not come from the stack ---- */

/**
 * xnf_tx_ready() - whether xnf_tx_add() may be called
 * @q: the queue, under its transmit lock
 */
bool xnf_tx_ready(struct xnf_queue *q)
{
	xnf_tx_assert_locked(&q->tx);
	return q->tx.ring.sring && xfl_believes(&q->xn->xd) && !netif_tx_queue_stopped(q->txq) &&
	       xnf_tx_may_send(&q->tx, xnf_tx_need(&q->tx));
}

/**
 * xnf_tx_add() - put a packet on the ring, to be published by xnf_tx_publish()
 * @q: the queue, under its transmit lock; it is ready
 * @skb: the packet, of a length that may be sent; freed when answered, or now, if it fits no way
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

/**
 * xnf_tx_publish() - let the backend see what was added
 * @q: the queue, under its transmit lock
 */
void xnf_tx_publish(struct xnf_queue *q)
{
	xnf_tx_assert_locked(&q->tx);
	if (q->tx.ring.sring && xfl_believes(&q->xn->xd))
		xnf_tx_push(q);
}

/**
 * xnf_tx_flush() - xnf_tx_publish() for a caller without the lock
 * @q: the queue
 *
 * Context: softirq.
 */
void xnf_tx_flush(struct xnf_queue *q)
{
	__netif_tx_lock(q->txq, smp_processor_id());
	xnf_tx_publish(q);
	__netif_tx_unlock(q->txq);
}

/**
 * xnf_features_check() - ndo_features_check: slot 0 has 16 bits for a length
 * @skb: the packet
 * @dev: the interface
 * @features: what the stack would leave to us
 */
netdev_features_t xnf_features_check(struct sk_buff *skb, struct net_device *dev,
				     netdev_features_t features)
{
	if (unlikely(skb->len > XNF_TX_PACKET_MAX))
		features &= ~NETIF_F_GSO_MASK;
	return vlan_features_check(skb, features);
}
