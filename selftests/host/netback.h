/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network backend in memory, written against Xen's own header and what
 * xen-netback accepts and sends; it knows nothing of netfront/wire.h.
 */
#ifndef HOST_NETBACK_H
#define HOST_NETBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "xenring.h"
#include <xen/io/netif.h>

#include "grants.h"
#include "rng.h"

#define NETBACK_WAITING	512u
#define PACKET_MAX	66000u
/* Not in Xen 4.17's header yet. */
#define EXTRA_TYPE_XDP	5

/**
 * struct packet - a packet as both ends see it
 * @data: its bytes
 * @len: their number
 * @csum_blank: checksum left to the receiver
 * @validated: checksum known to be good
 * @gso_size: payload bytes of a segment, 0 if it is none
 * @gso_type: XEN_NETIF_GSO_TYPE_*
 * @hashed: @hash is valid
 * @hash_type: _XEN_NETIF_CTRL_HASH_TYPE_*
 * @hash: hash value, its lowest byte first
 * @slots: data slots it took; set by the receiving end
 */
struct packet {
	uint8_t data[PACKET_MAX];
	uint32_t len;
	bool csum_blank;
	bool validated;
	uint16_t gso_size;
	uint8_t gso_type;
	bool hashed;
	uint8_t hash_type;
	uint8_t hash[4];
	uint32_t slots;
};

/**
 * struct netback_due - a response owed
 * @id: of the request
 * @extras: null responses that follow it
 */
struct netback_due {
	uint16_t id;
	uint8_t extras;
};

/**
 * struct netback - the backend
 * @tx: its end of the guest's transmit ring
 * @rx: its end of the guest's receive ring
 * @grants: the guest's grant table
 * @max_slots: data slots it takes in one packet
 * @due: transmit responses owed
 * @nr_due: number of them
 * @complaint: what the frontend did wrong, in words; NULL as long as it did nothing
 */
struct netback {
	netif_tx_back_ring_t tx;
	netif_rx_back_ring_t rx;
	const struct grants *grants;
	uint32_t max_slots;
	struct netback_due due[NETBACK_WAITING];
	uint32_t nr_due;
	const char *complaint;
};

void netback_attach(struct netback *b, void *tx_ring, void *rx_ring);
bool netback_take(struct netback *b, struct packet *p);
void netback_put_tx(struct netback *b, uint16_t id, int16_t status);
void netback_answer(struct netback *b, struct rng *r, int16_t status);
bool netback_give(struct netback *b, struct rng *r, const struct packet *p, bool ragged);
void netback_put_rx(struct netback *b, const void *eight_bytes);

#endif /* HOST_NETBACK_H */
