/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The least frontend that uses netfront/wire.h the way the driver does: rings,
 * grants and buffers around the pure core, with every promise of the core
 * checked on the way.
 */
#ifndef HOST_NETGUEST_H
#define HOST_NETGUEST_H

#include "xenring.h"

#include "netfront/wire.h"
#include "xenfront/ringidx.h"
#include "xenfront/slots.h"

#include "grants.h"
#include "netback.h"

DEFINE_RING_TYPES(xnf_tx, struct xnf_tx_req, struct xnf_tx_rsp);
DEFINE_RING_TYPES(xnf_rx, struct xnf_rx_req, union xnf_rx_any);

#define NET_SLOTS	256u
#define NET_HELD	(XNF_RX_SLOTS_MAX + XNF_EXTRA_MAX)
#define NET_BUFS	(NET_SLOTS + NET_HELD + 1)

/**
 * struct netguest_tx_slot - what hangs on a transmit id
 * @gref: the slot's grant
 * @stage: memory of bytes that were copied
 */
struct netguest_tx_slot {
	u32 gref;
	u8 stage[4096];
};

/**
 * struct netguest_buf - a receive frame
 * @gref: while posted
 * @index: in the array, to see that each comes back once
 * @free: on the free stack
 * @frame: the frame
 */
struct netguest_buf {
	u32 gref;
	u32 index;
	bool free;
	u8 frame[4096];
};

/**
 * struct netguest - the frontend
 * @tx: its end of the transmit ring
 * @rx: its end of the receive ring
 * @tx_memory: the transmit ring's frame
 * @rx_memory: the receive ring's frame
 * @grants: grant table
 * @slots: transmit ids in flight
 * @slot_memory: of @slots
 * @tx_slot: what hangs on them
 * @extra_rsps_due: null responses to come
 * @max_slots: data slots a transmitted packet may take
 * @rules: what may be received
 * @packet: the packet being received
 * @held: its frames
 * @nr_held: number of them
 * @posted: frames by ring place
 * @free: free frames
 * @nr_free: number of them
 * @got: the packet received last
 * @nr_got: packets received
 * @rsp_err: counters
 * @broken: errno of the lie that broke it, 0 while it believes the backend
 */
struct netguest {
	xnf_tx_front_ring_t tx;
	xnf_rx_front_ring_t rx;
	_Alignas(8) u8 tx_memory[4096];
	_Alignas(8) u8 rx_memory[4096];
	struct grants grants;
	struct xfl_slots slots;
	struct xfl_slot slot_memory[NET_SLOTS];
	struct netguest_tx_slot tx_slot[NET_SLOTS];
	u32 extra_rsps_due;
	u32 max_slots;
	struct xnf_rx_rules rules;
	struct xnf_rx_packet packet;
	struct netguest_buf *held[NET_HELD];
	u32 nr_held;
	struct netguest_buf *posted[NET_SLOTS];
	struct netguest_buf *free[NET_BUFS];
	u32 nr_free;
	struct netguest_buf buf[NET_BUFS];
	struct packet got;
	u32 nr_got;
	u32 rsp_err[XNF_NR_RSP_ERRS];
	int broken;
};

/**
 * struct netguest_run - contiguous bytes of a packet to send
 * @base: frame-aligned memory
 * @offset: of the bytes from there
 * @len: their number
 */
struct netguest_run {
	u8 *base;
	u32 offset;
	u32 len;
};

/* How a packet is to go out besides its bytes. */
struct netguest_how {
	u16 flags;		/* XNF_TXF_CSUM_BLANK, XNF_TXF_VALIDATED */
	u16 gso_size;
	u8 gso_type;
	bool copy_all;
};

#define NETGUEST_RUNS	64u

void netguest_init(struct netguest *g, u32 tx_slots, u32 rx_slots);
int netguest_send(struct netguest *g, const struct netguest_run *run, u32 nr,
		  const struct netguest_how *how);
u32 netguest_reap(struct netguest *g);
void netguest_refill(struct netguest *g);
u32 netguest_poll(struct netguest *g);

#endif /* HOST_NETGUEST_H */
