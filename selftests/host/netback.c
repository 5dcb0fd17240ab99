// SPDX-License-Identifier: GPL-2.0
/* A network backend in memory; see netback.h. */
#include <string.h>

#include "netback.h"

#define FIRST_SLOT_MIN	14u	/* an Ethernet header */

static bool complain(struct netback *b, const char *what)
{
	if (!b->complaint)
		b->complaint = what;
	return false;
}

/**
 * netback_attach() - take the other end of both rings
 * @b: the backend
 * @tx_ring: the guest's transmit ring, initialised by the frontend
 * @rx_ring: its receive ring
 */
void netback_attach(struct netback *b, void *tx_ring, void *rx_ring)
{
	BACK_RING_INIT(&b->tx, (netif_tx_sring_t *)tx_ring, RING_FRAME);
	BACK_RING_INIT(&b->rx, (netif_rx_sring_t *)rx_ring, RING_FRAME);
	b->nr_due = 0;
	b->complaint = NULL;
}

/* ---- packets from the guest ---- */

static bool next_tx(struct netback *b, RING_IDX prod, void *copy)
{
	if (b->tx.req_cons == prod)
		return complain(b, "packet is not published as a whole");
	memcpy(copy, RING_GET_REQUEST(&b->tx, b->tx.req_cons), sizeof(netif_tx_request_t));
	b->tx.req_cons++;
	return true;
}

static bool take_extra(struct netback *b, RING_IDX prod, struct packet *p)
{
	netif_extra_info_t extra;
	uint8_t slot[sizeof(netif_tx_request_t)];

	if (!next_tx(b, prod, slot))
		return false;
	memcpy(&extra, slot, sizeof(extra));
	if (extra.type != XEN_NETIF_EXTRA_TYPE_GSO || extra.flags)
		return complain(b, "extra of a type not asked for, or several");
	if (!extra.u.gso.size || extra.u.gso.pad || extra.u.gso.features)
		return complain(b, "GSO of size 0 or with unknown features");
	if (extra.u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 &&
	    extra.u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6)
		return complain(b, "GSO of unknown type");
	p->gso_size = extra.u.gso.size;
	p->gso_type = extra.u.gso.type;
	return true;
}

static bool copy_slot(struct netback *b, struct packet *p, const netif_tx_request_t *req,
		      uint32_t size)
{
	const uint8_t *frame = grant_map(b->grants, req->gref, false);

	if (!size)
		return complain(b, "empty slot");
	if (req->offset + size > RING_FRAME)
		return complain(b, "slot crosses the end of its frame");
	if (!frame)
		return complain(b, "slot's frame is not granted");
	memcpy(p->data + p->len, frame + req->offset, size);
	p->len += size;
	return true;
}

/* Slots after the first: each has its own size, the first has what they leave. */
static bool take_rest(struct netback *b, RING_IDX prod, struct packet *p,
		      netif_tx_request_t *slot, uint32_t *first_size)
{
	while (slot[p->slots - 1].flags & NETTXF_more_data) {
		netif_tx_request_t *next = &slot[p->slots];

		if (p->slots == b->max_slots)
			return complain(b, "more slots than agreed on");
		if (!next_tx(b, prod, next))
			return false;
		p->slots++;
		if (next->flags & ~NETTXF_more_data)
			return complain(b, "flags that only slot 0 may have");
		if (next->size >= *first_size)
			return complain(b, "slots hold more than the packet's length");
		*first_size -= next->size;
		b->due[b->nr_due++] = (struct netback_due){ next->id, 0 };
	}
	return true;
}

/**
 * netback_take() - take one packet off the guest's transmit ring
 * @b: the backend
 * @p: filled in
 *
 * Return: false if there is none, or if the backend complains about it.
 */
bool netback_take(struct netback *b, struct packet *p)
{
	static netif_tx_request_t slot[256];
	RING_IDX prod = b->tx.sring->req_prod;
	uint32_t first_size;

	xen_rmb();
	if (b->tx.req_cons == prod)
		return false;
	if (RING_REQUEST_PROD_OVERFLOW(&b->tx, prod))
		return complain(b, "request index jumps");
	next_tx(b, prod, &slot[0]);
	first_size = slot[0].size;
	p->len = 0;
	p->slots = 1;
	p->gso_size = 0;
	p->gso_type = 0;
	p->csum_blank = slot[0].flags & NETTXF_csum_blank;
	p->validated = slot[0].flags & NETTXF_data_validated;
	b->due[b->nr_due++] = (struct netback_due){
		slot[0].id, slot[0].flags & NETTXF_extra_info ? 1 : 0
	};
	if (slot[0].flags & NETTXF_extra_info && !take_extra(b, prod, p))
		return false;
	if (!take_rest(b, prod, p, slot, &first_size))
		return false;
	if (first_size < FIRST_SLOT_MIN)
		return complain(b, "slot 0 does not hold an Ethernet header");
	for (uint32_t i = 0; i < p->slots; i++)
		if (!copy_slot(b, p, &slot[i], i ? slot[i].size : first_size))
			return false;
	return true;
}

/**
 * netback_put_tx() - put any response on the transmit ring and publish it
 * @b: the backend
 * @id: its id
 * @status: its status
 */
void netback_put_tx(struct netback *b, uint16_t id, int16_t status)
{
	netif_tx_response_t *rsp = RING_GET_RESPONSE(&b->tx, b->tx.rsp_prod_pvt++);

	rsp->id = id;
	rsp->status = status;
	RING_PUSH_RESPONSES(&b->tx);
}

/**
 * netback_answer() - answer all slots taken so far, in random order
 * @b: the backend
 * @r: where the order comes from
 * @status: of each of them
 *
 * A null response has no id: netback leaves there what it found.
 */
void netback_answer(struct netback *b, struct rng *r, int16_t status)
{
	while (b->nr_due) {
		struct netback_due *due = &b->due[rng_below(r, b->nr_due)];
		uint32_t extras = due->extras;

		netback_put_tx(b, due->id, status);
		while (extras--)
			netback_put_tx(b, (uint16_t)rng_u32(r), NETIF_RSP_NULL);
		*due = b->due[--b->nr_due];
	}
}

/* ---- packets to the guest ---- */

struct rx_slot {
	uint16_t offset;
	uint16_t len;
};

/* Linux fills whole frames from their start; others may do as they like. */
static uint32_t cut_packet(struct rng *r, const struct packet *p, bool ragged,
			   struct rx_slot *slot, uint32_t most)
{
	uint32_t left = p->len, n = 0;

	while (left) {
		uint32_t len = left < RING_FRAME ? left : RING_FRAME, offset = 0;

		/* Ragged, but so that what is left fits the slots that are left. */
		if (ragged && (uint64_t)(most - n - 1) * RING_FRAME > left) {
			len = rng_range(r, n ? 1 : FIRST_SLOT_MIN, len);
			offset = rng_below(r, RING_FRAME - len + 1);
		}
		slot[n++] = (struct rx_slot){ (uint16_t)offset, (uint16_t)len };
		left -= len;
	}
	return n;
}

static uint32_t make_extras(const struct packet *p, netif_extra_info_t *extra)
{
	uint32_t n = 0;

	memset(extra, 0, 2 * sizeof(*extra));
	if (p->gso_size) {
		extra[n].type = XEN_NETIF_EXTRA_TYPE_GSO;
		extra[n].u.gso.size = p->gso_size;
		extra[n++].u.gso.type = p->gso_type;
	}
	if (p->hashed) {
		if (n)
			extra[n - 1].flags = XEN_NETIF_EXTRA_FLAG_MORE;
		extra[n].type = XEN_NETIF_EXTRA_TYPE_HASH;
		extra[n].u.hash.type = p->hash_type;
		extra[n].u.hash.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ;
		memcpy(extra[n++].u.hash.value, p->hash, sizeof(p->hash));
	}
	return n;
}

static void give_slot(struct netback *b, const uint8_t *from, const struct rx_slot *slot,
		      uint16_t flags)
{
	netif_rx_request_t req = *RING_GET_REQUEST(&b->rx, b->rx.req_cons++);
	netif_rx_response_t rsp = { req.id, slot->offset, flags, (int16_t)slot->len };
	uint8_t *frame = grant_map(b->grants, req.gref, true);

	if (req.pad)
		complain(b, "padding of a receive request is not zero");
	if (frame)
		memcpy(frame + slot->offset, from, slot->len);
	else
		complain(b, "receive frame is not granted");
	*RING_GET_RESPONSE(&b->rx, b->rx.rsp_prod_pvt++) = rsp;
}

static void give_extra(struct netback *b, const netif_extra_info_t *extra)
{
	b->rx.req_cons++;
	memcpy(RING_GET_RESPONSE(&b->rx, b->rx.rsp_prod_pvt++), extra, sizeof(*extra));
}

/**
 * netback_give() - send a packet to the guest, published as a whole
 * @b: the backend
 * @r: for the way it is cut, if @ragged
 * @p: the packet
 * @ragged: slots begin anywhere and are as long as they like
 *
 * Return: false if the guest has not posted enough slots.
 */
bool netback_give(struct netback *b, struct rng *r, const struct packet *p, bool ragged)
{
	struct rx_slot slot[64];
	netif_extra_info_t extra[2];
	uint32_t n = cut_packet(r, p, ragged, slot, b->max_slots);
	uint32_t extras = make_extras(p, extra), at = 0;

	xen_rmb();
	if (b->rx.sring->req_prod - b->rx.req_cons < n + extras)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint16_t flags = i + 1 < n ? NETRXF_more_data : 0;

		if (!i && p->csum_blank)
			flags |= NETRXF_csum_blank;
		if (!i && p->validated)
			flags |= NETRXF_data_validated;
		if (!i && extras)
			flags |= NETRXF_extra_info;
		give_slot(b, p->data + at, &slot[i], flags);
		for (uint32_t e = 0; !i && e < extras; e++)
			give_extra(b, &extra[e]);
		at += slot[i].len;
	}
	RING_PUSH_RESPONSES(&b->rx);
	return true;
}

/**
 * netback_put_rx() - put anything on the receive ring and publish it
 * @b: the backend
 * @eight_bytes: a response or an extra
 */
void netback_put_rx(struct netback *b, const void *eight_bytes)
{
	b->rx.req_cons++;
	memcpy(RING_GET_RESPONSE(&b->rx, b->rx.rsp_prod_pvt++), eight_bytes, 8);
	RING_PUSH_RESPONSES(&b->rx);
}
