// SPDX-License-Identifier: GPL-2.0
/* What the guest sends: gathered from the ring, judged, handed on, answered in order. */
#include "badback.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FLAGS_FIRST	(NETTXF_csum_blank | NETTXF_data_validated | NETTXF_more_data | \
			 NETTXF_extra_info)

/* A place on the ring holds either. */
union place {
	netif_tx_request_t req;
	netif_extra_info_t extra;
};

/**
 * struct packet - a packet as it lies on the ring
 * @slot: its data slots, the first SLOTS_MAX of them
 * @nr: their number
 * @extra: its extras, the first EXTRAS_MAX of them
 * @nr_extras: their number
 * @end: ring index behind it
 */
struct packet {
	netif_tx_request_t slot[SLOTS_MAX];
	unsigned int nr;
	netif_extra_info_t extra[EXTRAS_MAX];
	unsigned int nr_extras;
	RING_IDX end;
};

static unsigned char bytes[PACKET_MAX];

/* ---- gathering ---- */

static bool next_place(struct queue *q, struct packet *p, RING_IDX prod, union place *place)
{
	if (p->end == prod)
		return false;
	RING_COPY_REQUEST(&q->tx, p->end, &place->req);
	p->end++;
	return true;
}

static bool gather_extras(struct queue *q, struct packet *p, RING_IDX prod)
{
	union place place;

	do {
		if (!next_place(q, p, prod, &place))
			return false;
		if (p->nr_extras < EXTRAS_MAX)
			p->extra[p->nr_extras] = place.extra;
		p->nr_extras++;
	} while (place.extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return true;
}

/* Return: whether all of a packet is there. */
static bool gather(struct queue *q, struct packet *p, RING_IDX prod)
{
	union place place;

	p->nr = p->nr_extras = 0;
	p->end = q->tx.req_cons;
	do {
		if (!next_place(q, p, prod, &place))
			return false;
		if (p->nr < SLOTS_MAX)
			p->slot[p->nr] = place.req;
		p->nr++;
		if (p->nr == 1 && place.req.flags & NETTXF_extra_info &&
		    !gather_extras(q, p, prod))
			return false;
	} while (place.req.flags & NETTXF_more_data);
	return true;
}

/* ---- judging; each says what is wrong, or NULL ---- */

static const char *judge_extras(const struct vif *v, const struct packet *p)
{
	const netif_extra_info_t *extra = &p->extra[0];

	if (!p->nr_extras)
		return NULL;
	if (p->nr_extras > 1)
		return "more than one extra";
	if (extra->type != XEN_NETIF_EXTRA_TYPE_GSO)
		return "an extra of a kind that was not advertised";
	if (extra->flags)
		return "an extra with unknown flags";
	if (!extra->u.gso.size)
		return "segments of no bytes";
	if (extra->u.gso.type > 31 || !(v->manner->gso & 1u << extra->u.gso.type))
		return "segmentation of a kind that was not advertised";
	if (!(p->slot[0].flags & NETTXF_csum_blank))
		return "segmentation asked for with the checksum filled in";
	return NULL;
}

static const char *judge_ids(const struct packet *p)
{
	unsigned int i, k;

	for (i = 1; i < p->nr; i++)
		for (k = 0; k < i; k++)
			if (p->slot[i].id == p->slot[k].id)
				return "an id twice in one packet";
	return NULL;
}

static const char *judge_slot(const netif_tx_request_t *slot, unsigned int len, unsigned int flags)
{
	if (!len)
		return "an empty slot";
	if (slot->offset + len > RING_FRAME)
		return "a slot that leaves its frame";
	if (slot->flags & ~flags)
		return "a slot with flags it may not have";
	return NULL;
}

/* Slot 0 tells the length of the whole; what the others leave of it is its own. */
static const char *judge_slots(const struct packet *p)
{
	unsigned int i, left = p->slot[0].size;
	const char *wrong = NULL;

	for (i = 1; i < p->nr && !wrong; i++) {
		if (p->slot[i].size > left)
			return "slots that together are longer than the packet";
		wrong = judge_slot(&p->slot[i], p->slot[i].size, NETTXF_more_data);
		left -= p->slot[i].size;
	}
	if (!wrong && left < FRAME_MIN)
		wrong = "a first slot without an Ethernet header";
	return wrong ? wrong : judge_slot(&p->slot[0], left, FLAGS_FIRST);
}

static const char *judge(const struct vif *v, const struct packet *p)
{
	const char *wrong;

	if (p->nr > v->tx_slots)
		return "more slots than agreed";
	wrong = judge_extras(v, p);
	if (!wrong)
		wrong = judge_slots(p);
	return wrong ? wrong : judge_ids(p);
}

/* ---- handing on ---- */

static bool fetch(struct vif *v, const struct packet *p)
{
	struct piece piece[SLOTS_MAX];
	unsigned int i, done, left = p->slot[0].size;

	for (i = 1; i < p->nr; i++)
		left -= p->slot[i].size;
	for (i = 0, done = 0; i < p->nr; i++) {
		piece[i] = (struct piece) {
			.ref = p->slot[i].gref,
			.offset = p->slot[i].offset,
			.len = i ? p->slot[i].size : left,
			.local = bytes + done,
		};
		done += piece[i].len;
	}
	return guest_take(&v->guest, piece, p->nr, v->manner->maps);
}

static bool describe(const struct vif *v, const struct packet *p, struct virtio_net_hdr *hdr)
{
	memset(hdr, 0, sizeof(*hdr));
	if (p->slot[0].flags & NETTXF_csum_blank &&
	    !headers_find(bytes, p->slot[0].size, v->manner->csum6, hdr)) {
		violation("the checksum of a packet left to us that we cannot fill in");
		return false;
	}
	if (!hdr->flags && p->slot[0].flags & NETTXF_data_validated)
		hdr->flags = VIRTIO_NET_HDR_F_DATA_VALID;
	if (p->nr_extras) {
		hdr->gso_type = p->extra[0].u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4 ?
				VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		hdr->gso_size = p->extra[0].u.gso.size;
	}
	return true;
}

/* Guests here send by no other address: such a frame holds what the guest did not mean to send. */
static void look_at_sender(const struct vif *v, unsigned int len)
{
	if (!memcmp(bytes + ADDR_LEN, v->mac, ADDR_LEN) || counts.tx_strange++)
		return;
	printf("strange: %u bytes from %02x:%02x:%02x:%02x:%02x:%02x\n", len, bytes[6], bytes[7],
	       bytes[8], bytes[9], bytes[10], bytes[11]);
}

static int16_t hand_on(struct vif *v, const struct packet *p)
{
	const char *wrong = judge(v, p);
	struct virtio_net_hdr hdr;
	int16_t status;

	if (wrong) {
		violation("%s (%u slots, %u bytes, %u extras)", wrong, p->nr, p->slot[0].size,
			  p->nr_extras);
		return NETIF_RSP_ERROR;
	}
	if (!fetch(v, p))
		return NETIF_RSP_ERROR;
	look_at_sender(v, p->slot[0].size);
	if (!describe(v, p, &hdr))
		return NETIF_RSP_ERROR;
	status = errors_tx(v);
	if (status != NETIF_RSP_OKAY || tap_send(v->tap, &hdr, bytes, p->slot[0].size))
		return status;
	/* An interface that is down takes nothing, for which nobody is to blame. */
	counts.tx_dropped++;
	if (errno != EINVAL)
		return NETIF_RSP_OKAY;
	violation("a packet of %u bytes that makes no sense to dom0", p->slot[0].size);
	return NETIF_RSP_ERROR;
}

static void count(const struct packet *p)
{
	counts.tx_packets++;
	counts.tx_slots += p->nr;
	counts.tx_extras += p->nr_extras;
	counts.tx_gso += p->nr_extras && p->extra[0].type == XEN_NETIF_EXTRA_TYPE_GSO;
	count_most(&counts.tx_most, p->nr);
}

/* Return: what its slots are answered with. */
static int16_t send(struct vif *v, const struct packet *p)
{
	int16_t status = hand_on(v, p);

	count(p);
	counts.tx_errors += status != NETIF_RSP_OKAY;
	return status;
}

/* Return: whether this is no packet: its slot names no bytes, only who is to be answered. */
static bool request_alone(const struct vif *v, const struct packet *p)
{
	return p->nr == 1 && p->nr_extras == 1 && mcast_is_request(v, &p->extra[0]);
}

/* ---- answering ---- */

static void tx_respond(struct queue *q, uint16_t id, int16_t status)
{
	netif_tx_response_t *rsp = RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt++);

	rsp->id = id;
	rsp->status = status;
	counts.tx_rsp_error += status == NETIF_RSP_ERROR;
	counts.tx_rsp_dropped += status == NETIF_RSP_DROPPED;
}

static void answer(struct queue *q, const struct packet *p, int16_t status)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++) {
		tx_respond(q, p->slot[i < SLOTS_MAX ? i : 0].id, status);
		/* Extras have no id and lie behind slot 0. */
		if (!i)
			for (unsigned int k = 0; k < p->nr_extras; k++)
				tx_respond(q, 0, NETIF_RSP_NULL);
	}
}

static void push(struct vif *v, struct queue *q)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->tx, notify);
	if (notify)
		guest_notify(&v->guest, &q->link);
}

/* ---- the ring ---- */

static RING_IDX published(const struct queue *q)
{
	RING_IDX prod = *(volatile RING_IDX *)&q->tx.sring->req_prod;

	xen_rmb();
	return prod;
}

/* Return: whether a packet was done with. */
static bool serve_one(struct vif *v, struct queue *q, RING_IDX prod)
{
	struct packet p;
	int16_t status;

	if (prod == q->tx.req_cons)
		return false;
	if (prod - q->tx.req_cons > RING_SLOTS) {
		violation("%u requests on a ring of %u", prod - q->tx.req_cons, RING_SLOTS);
		v->leaving = true;
		return false;
	}
	if (!gather(q, &p, prod)) {
		if (!v->manner->waits)
			violation("half a packet was published");
		return false;
	}
	q->tx.req_cons = p.end;
	if (request_alone(v, &p))
		status = mcast_obey(v, &p.slot[0], &p.extra[0]);
	else
		status = send(v, &p);
	answer(q, &p, status);
	return true;
}

/* An event is asked for when more is published than there was, which half a packet may be. */
static void serve_queue(struct vif *v, struct queue *q)
{
	RING_IDX prod;

	do {
		prod = published(q);
		while (serve_one(v, q, prod))
			;
		push(v, q);
		q->tx.sring->req_event = prod + 1;
		xen_mb();
	} while (published(q) != prod && !v->leaving);
}

void tx_serve(struct vif *v)
{
	unsigned int i;

	for (i = 0; i < v->nr_queues; i++)
		serve_queue(v, &v->queue[i]);
}
