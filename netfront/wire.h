/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * The netif protocol as this driver speaks it: layouts, encoding of requests, checking of
 * responses, reassembly of received packets. Pure: no kernel call, no lock, no allocation; builds
 * in user space as well.
 *
 * A packet on the transmit ring
 *
 *	slot 0		whole packet's length; at least 14 bytes of it here
 *	extra		if slot 0 has XNF_TXF_EXTRA: takes a ring entry, has no id
 *	slot 1..n	own length each; every slot but the last has XNF_TXF_MORE
 *
 * A packet on the receive ring
 *
 *	slot 0		own length in status; checksum flags
 *	extras		while the flag says so; the buffer posted there is unused
 *	slot 1..n	own length each; every slot but the last has XNF_RXF_MORE
 *
 * Everything the backend wrote comes in here as a private copy, made once.
 */
#ifndef XENFRONT_NETFRONT_WIRE_H
#define XENFRONT_NETFRONT_WIRE_H

#include <xenfront/frame.h>
#include <xenfront/portable.h>

#include "hash.h"

/* Data slots that every backend takes in one packet, extras not counted. */
#define XNF_SLOTS_MIN		18u
/* Most data slots of one received packet that can be remembered. */
#define XNF_RX_SLOTS_MAX	64u
/* Ring entries of the extras that one transmitted packet may have. */
#define XNF_TX_EXTRAS_MAX	1u
/* Bytes of a packet that have to be in slot 0: an Ethernet header. */
#define XNF_FIRST_SLOT_MIN	14u
/* Slot 0 of a request carries the packet's length in 16 bits. */
#define XNF_TX_PACKET_MAX	65535u
/* A 64 KB IP packet behind an Ethernet header with a VLAN tag. */
#define XNF_RX_PACKET_MAX	(65535u + 18u)

#define XNF_TXF_CSUM_BLANK	0x0001u
#define XNF_TXF_VALIDATED	0x0002u
#define XNF_TXF_MORE		0x0004u
#define XNF_TXF_EXTRA		0x0008u

#define XNF_RXF_VALIDATED	0x0001u
#define XNF_RXF_CSUM_BLANK	0x0002u
#define XNF_RXF_MORE		0x0004u
#define XNF_RXF_EXTRA		0x0008u
#define XNF_RXF_GSO_PREFIX	0x0010u

#define XNF_RSP_NULL		1
#define XNF_RSP_OKAY		0
#define XNF_RSP_ERROR		(-1)
#define XNF_RSP_DROPPED		(-2)

enum xnf_extra_type {
	XNF_EXTRA_GSO		= 1,
	XNF_EXTRA_MCAST_ADD	= 2,
	XNF_EXTRA_MCAST_DEL	= 3,
	XNF_EXTRA_HASH		= 4,
	XNF_EXTRA_XDP		= 5,
	XNF_EXTRA_MAX		= XNF_EXTRA_XDP,	/* the last type */
};

#define XNF_EXTRAF_MORE		0x01u

enum xnf_gso_type {
	XNF_GSO_NONE		= 0,
	XNF_GSO_TCPV4		= 1,
	XNF_GSO_TCPV6		= 2,
};

struct xnf_tx_req {
	u32 gref;
	u16 offset;
	u16 flags;
	u16 id;
	u16 size;
};

struct xnf_tx_rsp {
	u16 id;
	s16 status;
};

struct xnf_rx_req {
	u16 id;
	u16 pad;
	u32 gref;
};

struct xnf_rx_rsp {
	u16 id;
	u16 offset;
	u16 flags;
	s16 status;
};

struct xnf_extra {
	u8 type;
	u8 flags;
	union {
		struct {
			u16 size;
			u8 type;
			u8 pad;
			u16 features;
		} gso;
		struct {
			u8 addr[6];
		} mcast;
		struct {
			u8 type;
			u8 algorithm;
			u8 value[4];
		} hash;
		struct {
			u16 headroom;
			u16 pad[2];
		} xdp;
	} u;
};

/* An entry of the receive ring has either. Only the entry before it says which. */
union xnf_rx_any {
	struct xnf_rx_rsp rsp;
	struct xnf_extra extra;
};

/**
 * enum xnf_rsp_err - what is wrong with a response; also the index of its counter
 * @XNF_OK: nothing; counts nothing
 * @XNF_TX_ERROR: the backend could not send a packet's slot
 * @XNF_TX_DROPPED: the backend chose to drop the slot
 * @XNF_TX_BAD_STATUS: a status that the protocol does not know
 * @XNF_RX_BAD_STATUS: negative status: the backend failed to fill the slot
 * @XNF_RX_BAD_RANGE: offset and length leave the frame
 * @XNF_RX_SHORT: empty slot, or slot 0 without a whole Ethernet header
 * @XNF_RX_TOO_MANY: more data slots than were agreed on
 * @XNF_RX_TOO_LONG: more bytes than a packet can have
 * @XNF_RX_BAD_FLAGS: flags where they must not be, or of a GSO dialect not asked for
 * @XNF_RX_BAD_EXTRA: extra of unknown type, of the same type twice, or not agreed on; or an
 *	unknown hash
 * @XNF_RX_BAD_GSO: segment size 0 or 0xffff, or a type not agreed on
 * @XNF_NR_RSP_ERRS: number of errors
 */
enum xnf_rsp_err {
	XNF_OK,
	XNF_TX_ERROR,
	XNF_TX_DROPPED,
	XNF_TX_BAD_STATUS,
	XNF_RX_BAD_STATUS,
	XNF_RX_BAD_RANGE,
	XNF_RX_SHORT,
	XNF_RX_TOO_MANY,
	XNF_RX_TOO_LONG,
	XNF_RX_BAD_FLAGS,
	XNF_RX_BAD_EXTRA,
	XNF_RX_BAD_GSO,
	XNF_NR_RSP_ERRS,
};

/**
 * enum xnf_tx_rsp_kind - what a transmit response is for
 * @XNF_TX_RSP_SLOT: for a data slot, named by its id
 * @XNF_TX_RSP_EXTRA: for an extra; it has no id
 * @XNF_TX_RSP_INVALID: for an extra, though none is due
 */
enum xnf_tx_rsp_kind {
	XNF_TX_RSP_SLOT,
	XNF_TX_RSP_EXTRA,
	XNF_TX_RSP_INVALID,
};

/* ---- transmit: planning ---- */

/**
 * struct xnf_piece - a run of packet bytes that is contiguous in memory
 * @offset: of the first byte from any frame-aligned address
 * @len: bytes, may be 0
 */
struct xnf_piece {
	u32 offset;
	u32 len;
};

/**
 * struct xnf_cut - position in a list of pieces, advanced one slot's worth at a time
 * @piece: current piece
 * @nr: pieces in the list
 * @done: bytes of the current piece already taken
 */
struct xnf_cut {
	const struct xnf_piece *piece;
	u32 nr;
	u32 done;
};

/**
 * struct xnf_chunk - bytes that lie in one frame
 * @index: piece that the bytes are from
 * @offset: of the first byte within the piece
 * @len: bytes, 1..4096
 */
struct xnf_chunk {
	u32 index;
	u32 offset;
	u32 len;
};

/* The threshold of xnf_tx_plan() at which every chunk is copied. */
#define XNF_COPY_ALL		(XFL_FRAME_SIZE + 1)

u32 xnf_tx_count(const struct xnf_piece *piece, u32 nr);
int __must_check xnf_tx_plan(const struct xnf_piece *piece, u32 nr, u32 limit, u32 *copy_below);
bool xnf_cut_next(struct xnf_cut *cut, const struct xnf_piece *first, struct xnf_chunk *chunk);

/**
 * xnf_tx_copies() - whether a gathered packet's chunk is to be copied
 * @len: the chunk's length
 * @emitted: bytes of the packet before it
 * @copy_below: threshold from xnf_tx_plan()
 *
 * The first bytes are copied until slot 0 is sure to hold an Ethernet header.
 */
static inline bool xnf_tx_copies(u32 len, u32 emitted, u32 copy_below)
{
	if (emitted < XNF_FIRST_SLOT_MIN && (emitted || len < XNF_FIRST_SLOT_MIN))
		return true;
	return len < copy_below;
}

/* ---- transmit: encoding and checking ---- */

/**
 * xnf_tx_extra_gso() - build the extra that asks for segmentation
 * @size: payload bytes of a segment, not 0
 * @type: XNF_GSO_TCPV4 or XNF_GSO_TCPV6
 */
static inline struct xnf_extra xnf_tx_extra_gso(u16 size, u8 type)
{
	return (struct xnf_extra) {
		.type = XNF_EXTRA_GSO,
		.u.gso = { .size = size, .type = type },
	};
}

/* Addresses that every backend's multicast list has room for, as far as is known. */
#define XNF_MCAST_MAX		64u

/**
 * struct xnf_filter - a list of multicast addresses, none of them twice
 * @nr: number of addresses
 * @addr: the addresses
 */
struct xnf_filter {
	u32 nr;
	u8 addr[XNF_MCAST_MAX][6];
};

bool xnf_filter_step(const struct xnf_filter *has, const struct xnf_filter *want,
		     struct xnf_extra *extra);
void xnf_filter_done(struct xnf_filter *has, const struct xnf_extra *extra);

enum xnf_tx_rsp_kind __must_check xnf_tx_check_rsp(s16 status, u32 extra_rsps_due,
						   enum xnf_rsp_err *err);

/* ---- receive ---- */

/**
 * struct xnf_rx_slot - where a data slot's bytes are, already checked
 * @offset: in the frame
 * @len: bytes, not 0; @offset + @len is at most 4096
 */
struct xnf_rx_slot {
	u16 offset;
	u16 len;
};

/**
 * struct xnf_rx_rules - what was agreed with the backend
 * @max_slots: most data slots of one packet, at most XNF_RX_SLOTS_MAX
 * @extras: bit N set if extras of type N are expected
 * @gso: bit N set if GSO of type N was advertised
 */
struct xnf_rx_rules {
	u32 max_slots;
	u32 extras;
	u32 gso;
};

/* What comes next on the ring; private to wire.c but for xnf_rx_idle(). */
enum xnf_rx_expect {
	XNF_RX_EXPECT_FIRST,
	XNF_RX_EXPECT_EXTRA,
	XNF_RX_EXPECT_DATA,
	XNF_RX_SKIP_EXTRA,
	XNF_RX_SKIP_DATA,
};

/**
 * struct xnf_rx_packet - a packet being put together
 * @expect: what comes next on the ring
 * @nr_slots: data slots in @slot
 * @nr_extras: extras of the packet; their ring entries follow that of slot 0
 * @len: bytes in all slots
 * @flags: XNF_RXF_* of slot 0
 * @more: slot 0 said that data slots follow the extras
 * @seen: bit N set if there is an extra of type N
 * @gso_size: payload bytes of a segment, 0 if the packet is not to be segmented
 * @gso_type: enum xnf_gso_type
 * @hash_type: enum xnf_hash_type; valid if @seen has XNF_EXTRA_HASH
 * @hash: hash value; valid as @hash_type is
 * @slot: the data slots in order
 */
struct xnf_rx_packet {
	u8 expect;
	u8 nr_slots;
	u8 nr_extras;
	bool more;
	u32 len;
	u16 flags;
	u16 gso_size;
	u8 gso_type;
	u8 hash_type;
	u8 seen;
	u32 hash;
	struct xnf_rx_slot slot[XNF_RX_SLOTS_MAX];
};

static_assert(XNF_EXTRA_MAX < 8 * sizeof(((struct xnf_rx_packet *)0)->seen), "a bit for each type");

/* Entries of the longest packet: its data slots, an extra of each type, and one that is invalid. */
#define XNF_RX_ENTRIES_MAX	(XNF_RX_SLOTS_MAX + XNF_EXTRA_MAX + 1)

/**
 * enum xnf_rx_result - what a receive response makes of the packet
 * @XNF_RX_WHOLE: the packet is whole and valid, and stays so until the next response
 * @XNF_RX_PART: the packet goes on; the caller keeps the buffer of this entry
 * @XNF_RX_INVALID: the packet is invalid; the caller gives back the buffers of this entry and of
 *	the packet
 */
enum xnf_rx_result {
	XNF_RX_WHOLE,
	XNF_RX_PART,
	XNF_RX_INVALID,
};

void xnf_rx_reset(struct xnf_rx_packet *p);
enum xnf_rx_result __must_check
xnf_rx_feed(struct xnf_rx_packet *p, const struct xnf_rx_rules *rules,
	    const union xnf_rx_any *copy, enum xnf_rsp_err *err);

/* Whether no packet is half received. */
static inline bool xnf_rx_idle(const struct xnf_rx_packet *p)
{
	return p->expect == XNF_RX_EXPECT_FIRST;
}

/* Ring entry of data slot @k of a whole packet, counted from that of slot 0. */
static inline u32 xnf_rx_entry(const struct xnf_rx_packet *p, u32 k)
{
	return k ? k + p->nr_extras : 0;
}

#endif /* XENFRONT_NETFRONT_WIRE_H */
