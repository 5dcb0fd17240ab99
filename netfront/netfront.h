/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* What the files of the network frontend share. */
#ifndef XENFRONT_NETFRONT_H
#define XENFRONT_NETFRONT_H

/**
 * DOC: The way of a packet out
 *
 *	tx.c		xnf_xmit() checks the packet, and that the ring has room. It takes slots,
 *			copies or grants the bytes, and writes the requests. At the end it counts
 *			the packet. Unless more packets follow, it publishes the requests and
 *			notifies the backend
 *	event.c		polls when the event comes
 *	tx_reap.c	checks the responses, ends the grants, frees the packets and wakes the
 *			queue. At the end of the poll it asks for an event at a later response
 *
 * XDP frames (xdp_run.c) take the same way, as an skb each. Zero-copy sockets (xsk_tx.c) put their
 * requests on the same ring themselves. So does mcast.c, whose requests have no packet.
 */

/**
 * DOC: The way of a packet in
 *
 *	rx_refill.c	posts granted frames, which pages.h hands out, or has xsk_refill.c post
 *			chunks of a zero-copy socket
 *	event.c		the backend's event starts the poll
 *	rx.c		takes the responses off the ring. Finds the headers of a whole packet
 *			(headers.c), makes an skb of it, and gives that to the stack. Has
 *			rx_refill.c post frames again
 *	xdp_run.c	with an XDP program, instead of the skb: runs the program on a private
 *			copy. For a zero-copy socket, xsk_rx.c has it run on the packet in the chunk
 *
 * On either way, wire.c has what the protocol says of requests and responses.
 */

/**
 * DOC: Who runs when
 *
 *	ndo_start_xmit	under the transmit lock of its queue (the core's)
 *	NAPI		one per queue, for both rings: receive polls then reap transmit
 *			responses without an event, and a shared event channel is no special
 *			case. NAPI takes the transmit lock to reap
 *	interrupts	only schedule NAPI
 *	timers		only schedule NAPI. That of the queue also notifies a backend that stalls
 *	life cycle	connect, go_live, quiesce, disconnect: on the device's work queue, or in
 *			its remover, one step at a time. Takes RTNL where it changes what the
 *			stack sees
 *	suspend		withhold, look: under xfl_pm_lock, see suspend.c
 *
 * So a transmit ring belongs to the transmit lock, a receive ring to NAPI, and both
 * to the life cycle while the queue is not live.
 */

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/refcount.h>
#include <linux/timer.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>

#include <xenfront/evtchn.h>
#include <xenfront/frame.h>
#include <xenfront/framepool.h>
#include <xenfront/gframe.h>
#include <xenfront/grant.h>
#include <xenfront/lifecycle.h>
#include <xenfront/ring.h>
#include <xenfront/slots.h>

#include "coalesce.h"
#include "copybreak.h"
#include "ctrl.h"
#include "rss.h"
#include "stats.h"
#include "wire.h"

DEFINE_RING_TYPES(xnf_tx, struct xnf_tx_req, struct xnf_tx_rsp);
DEFINE_RING_TYPES(xnf_rx, struct xnf_rx_req, union xnf_rx_any);

/* Slots of a one-frame ring; both protocols' rings have as many. */
#define XNF_RING_SLOTS		256u
/* The Ethernet header and a tag count in the 16 bits that a packet's length has. */
#define XNF_MAX_MTU		(XNF_TX_PACKET_MAX - VLAN_ETH_HLEN)
/* Slots that the largest packet can use, however many the backend takes. */
#define XNF_TX_SLOTS_MAX \
	(XNF_SLOTS_MIN > 2 * (MAX_SKB_FRAGS + 1) ? XNF_SLOTS_MIN : 2 * (MAX_SKB_FRAGS + 1))
/* Least bytes of a slot's own buffer, for bytes that are copied rather than granted. */
#define XNF_SLOT_BUF_MIN	256u
/* A queue can gather this many packets of the most slots at a time. */
#define XNF_GATHER_PACKETS	2u
#define XNF_NO_BOUNCE		0xffffu
/* First bytes of a larger packet that are copied to look for its headers. */
#define XNF_RX_HEAD		128u
/* Receive entries are given back to the backend this many at a time. */
#define XNF_RX_BATCH		32u
/* Fallback frames of a queue whose receive ring is a zero-copy socket's. */
#define XNF_RX_FALLBACK_BUFS	32u
/*
 * The next event is asked for this many transmit responses ahead, or more, unless a sender waits.
 * One or two packets have as many, and TCP lets each socket have those under way whatever its
 * limits, see tcp_small_queue_check(). The next poll or the timer takes their responses.
 */
#define XNF_TX_SLACK		3u
/* A stopped queue starts again when this much ring room is there. */
#define XNF_TX_WAKE_ROOM	64u
/* How long transmit responses wait at most if no event was asked for at them. */
#define XNF_TX_LINGER		msecs_to_jiffies(4)
/* How often the timer looks at a queue whose backend sends no responses, and notifies it again. */
#define XNF_TX_LOOK		HZ

/**
 * struct xnf_tx_slot - the driver's record of a transmit request
 * @skb: packet that the response to this slot helps to free, NULL if there is none
 * @buf: the slot's buffer, part of a bounce frame
 * @gref: reference for granting packet memory, the slot's own while connected
 * @buf_gref: reference of the bounce frame that @buf is in
 * @buf_offset: of @buf in its bounce frame
 * @len: bytes of the packet in this slot
 * @bounce: whole bounce frame in use, XNF_NO_BOUNCE if none
 * @granted: @gref covers memory of @skb
 * @count_in_cb: the slots that hold @skb are counted in its control buffer, see tx_skb.h
 * @first: slot 0 of a packet
 * @xsk: the packet is a zero-copy socket's
 * @seq: if @xsk, the number of the packet, an index of &struct xnf_xsk.pending
 */
struct xnf_tx_slot {
	struct sk_buff *skb;
	void *buf;
	grant_ref_t gref;
	grant_ref_t buf_gref;
	u16 buf_offset;
	u16 len;
	u16 bounce;
	bool granted;
	bool count_in_cb;
	bool first;
	bool xsk;
	u8 seq;
};

/**
 * struct xnf_tx - the transmit side of a queue; everything under the transmit lock
 * @ring: shared ring; its sring is NULL while there is none
 * @slots: which ids are in flight
 * @slot: the record of each id
 * @bounce: bounce frames; the first are cut into slot buffers
 * @bounce_free: stack of whole bounce frames that are free
 * @nr_bounce_free: frames on @bounce_free
 * @max_slots: data slots that a packet may take
 * @asked: one past the last request whose sender waits for the response; NAPI reads it unlocked
 * @armed: response that an event was last asked for; NAPI reads and writes it unlocked
 * @extra_rsps_due: extras on the ring that have no response yet
 * @copy_max: packets and heads up to this length are copied to a slot buffer; written under RTNL
 * @slot_buf_size: bytes of a slot buffer, a power of two
 * @copy_all: the backend sees no memory but bounce frames
 * @nr_bounce: frames in @bounce
 * @slot_memory: memory of @slots; its generations live as long as the device
 * @grefs: owner of all references
 * @pool: owner of all bounce frames
 * @mem: memory of the ring
 */
struct xnf_tx {
	struct xnf_tx_front_ring ring;
	struct xfl_slots slots;
	struct xnf_tx_slot *slot;
	struct xfl_gframe *bounce;
	u16 *bounce_free;
	u32 nr_bounce_free;
	u32 max_slots;
	u32 asked;
	u32 armed;
	u32 extra_rsps_due;
	u32 copy_max;
	u32 slot_buf_size;
	bool copy_all;

	u32 nr_bounce;
	struct xfl_slot slot_memory[XNF_RING_SLOTS];
	struct xfl_grefs grefs;
	struct xfl_framepool pool;
	struct xfl_ring_mem mem;
};

/**
 * struct xnf_rx_buf - a frame posted for receiving
 * @page: page that the frame is in; NULL if a socket's memory is gone
 * @xdp: chunk of a zero-copy socket whose first frame this is, NULL if the frame is the queue's
 * @offset: of the frame in @page
 * @gref: grant of the frame
 */
struct xnf_rx_buf {
	struct page *page;
	struct xdp_buff *xdp;
	u32 offset;
	grant_ref_t gref;
};

/**
 * struct xnf_pages - where frames come from; one of the two
 * @pool: if a page is a frame
 * @subpages: if a page is more than a frame
 */
struct xnf_pages {
	struct page_pool *pool;
	struct xnf_subpages *subpages;
};

/**
 * struct xnf_rx - the receive side of a queue; NAPI's while live
 * @ring: shared ring
 * @pushed: request index last published
 * @buf: frames by ring entry
 * @rules: what may arrive
 * @nr_pending_bufs: frames in @pending_bufs
 * @copy_max: a packet up to this length is copied, and its frame posted again with its grant;
 *	written under RTNL at any time
 * @copy_all: no memory that the backend can write to leaves the driver
 * @xsk_mode: ring entries are for the chunks of a zero-copy socket. The queue's own frames are
 *	fallback frames: posted only if no chunk came for long, see xsk_refill.c
 * @xdp: what it takes to run a program, NULL if there is none; changes while NAPI is off
 * @pages: where frames come from
 * @grefs: references that no frame uses just now
 * @packet: the packet being received
 * @pending_bufs: frames of @packet, in ring order, those of extras among them
 * @nr_fallback: if @xsk_mode, fallback frames on the ring or in @fallback
 * @nr_fallback_idle: frames in @fallback
 * @starved_since: since when the fill ring is empty and the ring nearly so, 0 if it is not
 * @fallback: granted frames that are not on the ring
 * @mem: memory of the ring
 */
struct xnf_rx {
	struct xnf_rx_front_ring ring;
	u32 pushed;
	struct xnf_rx_buf *buf;
	struct xnf_rx_rules rules;
	u32 nr_pending_bufs;
	u32 copy_max;
	bool copy_all;
	bool xsk_mode;
	struct xnf_xdp *xdp;
	struct xnf_pages pages;
	struct xfl_grefs grefs;
	struct xnf_rx_packet packet;
	struct xnf_rx_buf pending_bufs[XNF_RX_ENTRIES_MAX];
	u32 nr_fallback;
	u32 nr_fallback_idle;
	unsigned long starved_since;
	struct xnf_rx_buf fallback[XNF_RX_FALLBACK_BUFS];
	struct xfl_ring_mem mem;
};

static_assert(XNF_RX_ENTRIES_MAX <= XNF_RING_SLOTS, "the longest packet fits the ring");

/**
 * struct xnf_queue - a pair of rings
 * @napi: polls both rings
 * @xn: device of the queue
 * @index: of the queue
 * @txq: the stack's side of the queue
 * @xsk: zero-copy socket of the queue, NULL if there is none; changes while NAPI is off
 * @rx: receive side
 * @tx: transmit side
 * @tx_ec: channel of the transmit ring
 * @rx_ec: channel of the receive ring; unbound if @tx_ec serves both
 * @timer: polls where no event will come
 * @rx_delay: bounds how long received packets wait for an event
 * @stats: counters; they outlive a connection
 * @due_at: response index of the transmit ring when @due_since was set. A poll that has completed
 *	and the next one may both write @due, @due_at and @due_since, so these are only a hint
 * @due_since: since when no response came, in jiffies
 * @due: transmit responses are due
 * @tx_name: of the interrupt
 * @rx_name: of the interrupt
 */
struct xnf_queue {
	struct napi_struct napi;
	struct xnf_dev *xn;
	u32 index;
	struct netdev_queue *txq;
	struct xnf_xsk *xsk;
	struct xnf_rx rx ____cacheline_aligned_in_smp;
	struct xnf_tx tx ____cacheline_aligned_in_smp;
	struct xfl_evtchn tx_ec;
	struct xfl_evtchn rx_ec;
	struct timer_list timer;
	struct xnf_rx_delay rx_delay;
	struct xnf_stats stats;
	u32 due_at;
	unsigned long due_since;
	bool due;
	char tx_name[IFNAMSIZ + 16];
	char rx_name[IFNAMSIZ + 16];
};

/**
 * struct xnf_offer - what the backend says it can do
 * @rx_copy: it copies into our frames, which every connection needs
 * @sg: it takes packets of several slots
 * @gso_tcpv4: it segments TCP over IPv4
 * @gso_tcpv6: it segments TCP over IPv6
 * @no_csum: it takes no blank checksums over IPv4
 * @csum_ipv6: it takes blank checksums over IPv6
 * @split_evtchn: it takes two event channels a queue
 * @mcast: it has a multicast filter
 * @mcast_dynamic: it reads at any time whether the filter is to be used
 * @ctrl_ring: it takes requests on a control ring
 * @max_queues: queues that it serves
 * @max_tx_slots: data slots that it takes in one packet
 */
struct xnf_offer {
	bool rx_copy;
	bool sg;
	bool gso_tcpv4;
	bool gso_tcpv6;
	bool no_csum;
	bool csum_ipv6;
	bool split_evtchn;
	bool mcast;
	bool mcast_dynamic;
	bool ctrl_ring;
	u32 max_queues;
	u32 max_tx_slots;
};

/**
 * struct xnf_mcast - the backend's multicast filter
 * @offered: the backend has a filter; written by the life cycle, read at any time
 * @has: addresses that the backend lets through; the work's, and the life cycle's while not live
 * @work: brings the backend's list in line with the stack's
 * @on: the backend was asked to filter; as @has
 * @refused: the backend rejected an address. Cleared by a connect, unless that is made to turn the
 *	filter off (@filter_off_pending)
 * @filter_off_pending: a reconnect is to turn the filter off, as the backend reads its key only
 *	once; cleared when the connection is live
 */
struct xnf_mcast {
	bool offered;
	struct xnf_filter has;
	struct delayed_work work;
	bool on;
	bool refused;
	bool filter_off_pending;
};

/**
 * struct xnf_queue_cfg - what queues were made for
 * @restores_seen: value of &struct xfl_device.restores; a restore makes grants and channels void
 * @max_tx_slots: data slots of a packet
 * @backend: domain that is given access
 * @copybreak: bytes that the slot buffers were to hold
 * @split: two event channels each
 * @trusted: the backend may see our memory
 */
struct xnf_queue_cfg {
	u32 restores_seen;
	u32 max_tx_slots;
	u32 copybreak;
	domid_t backend;
	bool split;
	bool trusted;
};

/**
 * struct xnf_reconfig - a change of the number of queues; under RTNL but for @busy
 * @new_queues: the new queues, all made before the old ones stop; NULL if there are none
 * @nr_new: how many of @new_queues are ready
 * @cfg: what @new_queues were made for
 * @fallback: number of queues to go back to if the change fails
 * @busy: a change is under way; cleared by @work
 * @work: carries the change out
 */
struct xnf_reconfig {
	struct xnf_queue *new_queues;
	u32 nr_new;
	struct xnf_queue_cfg cfg;
	u32 fallback;
	bool busy;
	struct work_struct work;
};

/**
 * struct xnf_dev - a network interface
 *
 * Grouped by who writes the fields. A reader without the lock of a group uses READ_ONCE(), and then
 * every writer of the field uses WRITE_ONCE().
 */
struct xnf_dev {
	/* data path, read mostly; written by the life cycle, under RTNL, while not live */

	/**
	 * @queue: all queues that the interface can ever have, @nr_queues of them in use. An array
	 * that was replaced is freed after an RCU grace period
	 */
	struct xnf_queue *queue;
	/** @netdev: the stack's side of the interface */
	struct net_device *netdev;
	/** @nr_queues: queues in use */
	u32 nr_queues;
	/** @live: queues may be polled and sent on; written under RTNL */
	bool live;
	/** @needs_tx_check: the backend lacks something that packets may ask of it */
	bool needs_tx_check;
	/** @trusted: the backend may see our memory */
	bool trusted;
	/** @split: each queue has two event channels */
	bool split;
	/**
	 * @offer: what the backend can do, since the last connect. @offer.rx_copy says whether
	 * there has been a connect at all. Senders read it under their transmit lock, with a ring
	 */
	struct xnf_offer offer;
	/** @coalesce: how many responses bring an event; written under RTNL at any time */
	struct xnf_coalesce coalesce;

	/* life cycle */

	/** @xd: the shared layer's part of the device */
	struct xfl_device xd;
	/** @refs: one of the bus, and one of a connection that was abandoned; atomic */
	refcount_t refs;
	/** @registered: @netdev is known to the stack */
	bool registered;
	/** @advertised_gso: GSO was advertised, so the backend may send packets to be segmented */
	bool advertised_gso;
	/** @toolstack_mac: the address that the toolstack gave the interface */
	u8 toolstack_mac[ETH_ALEN];
	/** @restores_seen: value of @xd.restores when @toolstack_mac was read */
	unsigned int restores_seen;
	/** @advertised_xsk_gen: value of @xsk_gen when the queues were made */
	u32 advertised_xsk_gen;
	/** @connects: connections that came to carry packets; read by a change of queues */
	u32 connects;
	/** @steered: queues that XPS was set up for */
	u32 steered;

	/* RTNL */

	/** @max_queues: length of @queue; constant */
	u32 max_queues;
	/** @want_queues: as many queues as the administrator wants */
	u32 want_queues;
	/** @reconfig: a change of the number of queues */
	struct xnf_reconfig reconfig;
	/** @copybreak: up to which length packets are copied */
	struct xnf_copybreak copybreak;
	/** @xdp_prog: program that received packets are shown to, NULL if none */
	struct bpf_prog *xdp_prog;
	/** @xdp_single_buf: @xdp_prog, or a zero-copy socket, takes packets of one piece only */
	bool xdp_single_buf;
	/**
	 * @xdp_used: there is a program or a zero-copy socket, so packets are to come as they are
	 * on the wire; read by the life cycle
	 */
	bool xdp_used;
	/** @duplex: as the administrator says, see @speed */
	u8 duplex;
	/** @speed: in Mbit/s, as the administrator says: there is no wire that had one */
	u32 speed;
	/** @admin_mtu: MTU that the administrator wants, valid if @limited_mtu is not 0 */
	u32 admin_mtu;
	/** @limited_mtu: MTU that the driver set for lack of a better backend, 0 if it set none */
	u32 limited_mtu;
	/** @xsk: zero-copy sockets by queue */
	struct xnf_xsk *xsk;
	/** @umems: memory of the sockets */
	struct list_head umems;
	/** @nr_xsk: number of sockets */
	u32 nr_xsk;
	/** @xsk_gen: times that a socket came or went; read by the life cycle */
	u32 xsk_gen;

	/* with locks of their own */

	/** @mcast: multicast filter */
	struct xnf_mcast mcast;
	/** @ctrl: control ring */
	struct xnf_ctrl ctrl;
	/** @rss: receive hashing */
	struct xnf_rss rss;
};

/* params.c */
extern struct workqueue_struct *xnf_wq;
u32 xnf_param_max_queues(void);
bool xnf_param_trusted(void);
int xnf_param_tx_copybreak(void);
int xnf_param_rx_copybreak(void);
void xnf_params_check(void);

/* connect.c */
extern const struct xfl_ops xnf_lifecycle_ops;
int xnf_show(struct xnf_dev *xn);
void xnf_dev_put(struct xnf_dev *xn);

/* negotiate.c */
extern const char *const xnf_stale_keys[];
int xnf_offer_read(struct xnf_dev *xn);
int xnf_publish(struct xenbus_transaction xbt, const char *dir, void *ctx);

/* netdev.c */
struct xnf_dev *xnf_netdev_alloc(struct xenbus_device *xbdev, u32 max_queues);
void xnf_netdev_free(struct xnf_dev *xn);
int xnf_netdev_register(struct xnf_dev *xn);
int xnf_netdev_adapt(struct xnf_dev *xn);
void xnf_netdev_unregister(struct xnf_dev *xn);

/* updown.c */
void xnf_netdev_detach(struct xnf_dev *xn);
void xnf_netdev_attach(struct xnf_dev *xn);
void xnf_netdev_open(struct xnf_dev *xn);
void xnf_netdev_close(struct xnf_dev *xn);
void xnf_netdev_disable(struct xnf_dev *xn);
int xnf_open(struct net_device *dev);
int xnf_stop(struct net_device *dev);
u32 xnf_mtu_offered(const struct xnf_dev *xn);
void xnf_netdev_limit_mtu(struct xnf_dev *xn);

/* queue.c */
struct xnf_queue *xnf_queues_new(struct xnf_dev *xn);
int xnf_queue_alloc(struct xnf_queue *q);
void xnf_queue_free(struct xnf_queue *q);
void xnf_queue_inherit(struct xnf_queue *q, const struct xnf_queue *old);

/* queues.c */
int xnf_queues_alloc(struct xnf_dev *xn);
void xnf_queues_free(struct xnf_dev *xn, u32 nr);

/* affinity.c */
void xnf_affinity_hint(struct xnf_queue *q);
void xnf_affinity_steer(struct xnf_dev *xn);

/* mcast.c */
void xnf_mcast_update(struct net_device *dev);
void xnf_mcast_refused(struct xnf_dev *xn);
void xnf_mcast_connect(struct xnf_dev *xn);
int xnf_mcast_publish(const struct xnf_dev *xn, struct xenbus_transaction xbt, const char *dir);
void xnf_mcast_init(struct xnf_dev *xn);
void xnf_mcast_quiet(struct xnf_dev *xn);

/* event.c */
int xnf_events_bind(struct xnf_queue *q);
void xnf_events_unbind(struct xnf_queue *q);
int xnf_poll(struct napi_struct *napi, int budget);

/* tx.c */
netdev_tx_t xnf_xmit(struct sk_buff *skb, struct net_device *dev);
netdev_features_t xnf_features_check(struct sk_buff *skb, struct net_device *dev,
				     netdev_features_t features);
bool xnf_tx_ready(struct xnf_queue *q);
void xnf_tx_add(struct xnf_queue *q, struct sk_buff *skb);
void xnf_tx_publish(struct xnf_queue *q);
void xnf_tx_flush(struct xnf_queue *q);

/* tx_reap.c */
bool xnf_tx_arm(struct xnf_queue *q);
void xnf_tx_arm_asked(struct xnf_queue *q);
void xnf_queue_timer(struct timer_list *t);
void xnf_tx_reap(struct xnf_queue *q, int budget);
void xnf_tx_poll(struct xnf_queue *q, int budget);
bool xnf_tx_try_drain(struct xnf_queue *q);
void xnf_tx_drop_all(struct xnf_queue *q);

/* rx.c */
int xnf_rx_poll(struct xnf_queue *q, int budget);

/* rx_refill.c */
void xnf_rx_refill(struct xnf_queue *q);
void xnf_rx_prepare(struct xnf_queue *q);
void xnf_rx_put_fallback(struct xnf_rx *rx, const struct xnf_rx_buf *buf);
void xnf_rx_park(struct xnf_queue *q, struct xnf_rx_buf *buf);
void xnf_rx_drop_all(struct xnf_queue *q);

/* xdp_run.c */
struct sk_buff *xnf_xdp_rx(struct xnf_queue *q);
void xnf_xdp_flush(struct xnf_queue *q);

/* ethtool.c */
extern const struct ethtool_ops xnf_ethtool_ops;

/* sysfs.c */
extern const struct attribute_group xnf_attribute_group;

/* The transmit lock of a queue is held. */
static inline void xnf_tx_assert_locked(const struct xnf_tx *tx)
{
	lockdep_assert_held(&container_of(tx, struct xnf_queue, tx)->txq->_xmit_lock);
}

/**
 * xnf_features_stale() - what was advertised at the connect does not hold any more
 * @xn: the device
 *
 * Context: life cycle, or RTNL while the life cycle cannot connect.
 */
static inline bool xnf_features_stale(const struct xnf_dev *xn)
{
	bool want_gso = !READ_ONCE(xn->xdp_used);

	return xn->advertised_gso != want_gso || xn->advertised_xsk_gen != READ_ONCE(xn->xsk_gen);
}

/* Most data slots of a received packet. Fragments are chained, so an skb sets no limit. */
static inline u32 xnf_rx_max_slots(void)
{
	return clamp_t(u32, MAX_SKB_FRAGS + 1, XNF_SLOTS_MIN, XNF_RX_SLOTS_MAX);
}

/* Bounce frames that are cut into slot buffers. */
static inline u32 xnf_tx_slot_buf_frames(const struct xnf_tx *tx)
{
	return XNF_RING_SLOTS * tx->slot_buf_size / XFL_FRAME_SIZE;
}

/* Ring entries that are free; at least as many ids are. The transmit lock is held. */
static inline u32 xnf_tx_room(const struct xnf_tx *tx)
{
	return XNF_RING_SLOTS - (tx->ring.req_prod_pvt - tx->ring.rsp_cons);
}

/*
 * Whether a packet has its slots, asked before anything of it is on the ring. There are as many
 * slots as ring entries, so they run short only if the driver lost some.
 */
static inline bool xnf_tx_has_slots(const struct xnf_tx *tx, u32 nr)
{
	xnf_tx_assert_locked(tx);
	return !WARN_ON_ONCE(tx->slots.nr_free < nr);
}

/* A slot of those that xnf_tx_has_slots() has found free; it is in flight now. */
static inline u32 xnf_tx_slot_get(struct xnf_tx *tx)
{
	return (u32)xfl_slot_get(&tx->slots);
}

/*
 * The next entry of the transmit ring, for a request or an extra. The transmit lock is held, and
 * there is room. NAPI reads this index without the lock, when it asks for an event.
 */
static inline struct xnf_tx_req *xnf_tx_next(struct xnf_tx *tx)
{
	u32 at = tx->ring.req_prod_pvt;

	WRITE_ONCE(tx->ring.req_prod_pvt, at + 1);
	return RING_GET_REQUEST(&tx->ring, at);
}

/**
 * xnf_tx_has_responses() - whether responses wait on the ring
 * @tx: transmit side, connected
 *
 * A hint: the index is the backend's, and somebody with the transmit lock may be at the ring.
 */
static inline bool xnf_tx_has_responses(const struct xnf_tx *tx)
{
	return READ_ONCE(tx->ring.sring->rsp_prod) != READ_ONCE(tx->ring.rsp_cons);
}

/**
 * xnf_tx_within_slack() - whether a response is so near that no event is asked for at it
 * @at: response index, one past the response
 * @cons: first response not yet consumed
 *
 * A sender that waits has the event all the same, see xnf_tx_arm_asked().
 */
static inline bool xnf_tx_within_slack(u32 at, u32 cons)
{
	return at - cons - 1 < XNF_TX_SLACK;
}

/* Whether a packet of @room entries can be put on the ring. The transmit lock is held. */
static inline bool xnf_tx_may_send(const struct xnf_tx *tx, u32 room)
{
	return xnf_tx_room(tx) >= room && tx->nr_bounce_free >= tx->max_slots;
}

/* Ring entries of the largest packet. */
static inline u32 xnf_tx_need(const struct xnf_tx *tx)
{
	return tx->max_slots + XNF_TX_EXTRAS_MAX;
}

/**
 * xnf_rx_put() - put a frame on the receive ring
 * @rx: receive side, its owner only; xnf_rx_push() publishes the frame
 * @buf: the frame, granted
 */
static inline void xnf_rx_put(struct xnf_rx *rx, const struct xnf_rx_buf *buf)
{
	u32 at = rx->ring.req_prod_pvt, entry = at & (XNF_RING_SLOTS - 1);
	struct xnf_rx_req *req = RING_GET_REQUEST(&rx->ring, entry);

	WRITE_ONCE(rx->ring.req_prod_pvt, at + 1);
	rx->buf[entry] = *buf;
	req->id = entry;
	req->pad = 0;
	req->gref = buf->gref;
}

/**
 * xnf_rx_post() - put a frame on the receive ring, or into the store of fallback frames
 * @rx: receive side, its owner only
 * @buf: the frame, granted
 *
 * While a zero-copy socket has the ring, its chunks alone go there. A frame that finds the store
 * full is given back, or parked if the backend still maps it.
 */
static inline void xnf_rx_post(struct xnf_rx *rx, const struct xnf_rx_buf *buf)
{
	if (unlikely(rx->xsk_mode && !buf->xdp))
		xnf_rx_put_fallback(rx, buf);
	else
		xnf_rx_put(rx, buf);
}

/* Post all frames of the packet being received again. */
static inline void xnf_rx_repost(struct xnf_rx *rx)
{
	u32 i;

	for (i = 0; i < rx->nr_pending_bufs; i++)
		xnf_rx_post(rx, &rx->pending_bufs[i]);
	rx->nr_pending_bufs = 0;
}

/* Memory of a receive frame. */
static inline void *xnf_rx_va(const struct xnf_rx_buf *buf)
{
	return page_address(buf->page) + buf->offset;
}

/**
 * xnf_rx_set_hash() - give an skb the hash that came with its packet
 * @q: the queue; its packet has a hash
 * @skb: the packet
 *
 * Only if the backend was asked for hashes. The value is not checked: the stack uses it only to
 * keep packets of a connection together.
 *
 * Context: NAPI.
 */
static inline void xnf_rx_set_hash(struct xnf_queue *q, struct sk_buff *skb)
{
	const struct xnf_rx_packet *p = &q->rx.packet;

	if (!READ_ONCE(q->xn->rss.used))
		return;
	skb_set_hash(skb, p->hash, xnf_hash_has_ports(p->hash_type) ?
		     PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);
	u64_stats_update_begin(&q->stats.rx_sync);
	u64_stats_inc(&q->stats.rx_hashed);
	u64_stats_update_end(&q->stats.rx_sync);
}

#endif /* XENFRONT_NETFRONT_H */
