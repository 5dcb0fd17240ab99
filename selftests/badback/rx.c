// SPDX-License-Identifier: GPL-2.0
/* What the guest receives: cut into slots, copied, answered in the order of its requests. */
#include "badback.h"

/* No slot but the last is shorter, lest a ragged packet be all slots and no bytes. */
#define RAGGED_MIN	60u

static unsigned char bytes[PACKET_MAX];

/* ---- room ---- */

/* Return: buffers that the guest has published and that are not used yet. */
unsigned int rx_posted(const struct vif *v)
{
	const struct queue *q = &v->queue[0];
	RING_IDX prod = *(volatile RING_IDX *)&q->rx.sring->req_prod;

	xen_rmb();
	return prod - q->rx.req_cons;
}

/* Return: whether the largest packet has room. If not, an event is asked for. */
bool rx_room(struct vif *v)
{
	struct queue *q = &v->queue[0];
	unsigned int need = v->rx_slots + !!v->rx_gso;

	if (rx_posted(v) > RING_SLOTS) {
		violation("%u buffers on a ring of %u", rx_posted(v), RING_SLOTS);
		v->leaving = true;
		return false;
	}
	if (rx_posted(v) >= need)
		return true;
	q->rx.sring->req_event = q->rx.req_cons + need;
	xen_mb();
	return rx_posted(v) >= need;
}

/* ---- cutting ---- */

/* Return: bytes of each slot but the last, 0 if the packet has no room in as many as agreed. */
static unsigned int slot_length(const struct vif *v, unsigned int len)
{
	unsigned int room = RING_FRAME - v->manner->rx_offset;
	unsigned int even;

	if ((len + room - 1) / room > v->rx_slots)
		return 0;
	if (!v->manner->ragged || counts.rx_packets % 4)
		return room;
	even = (len + v->rx_slots - 1) / v->rx_slots;
	return even < RAGGED_MIN ? RAGGED_MIN : even;
}

static unsigned int checksum_flags(const struct virtio_net_hdr *hdr)
{
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return NETRXF_csum_blank | NETRXF_data_validated;
	return hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID ? NETRXF_data_validated : 0;
}

static unsigned int gso_type(const struct virtio_net_hdr *hdr)
{
	switch (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4: return XEN_NETIF_GSO_TYPE_TCPV4;
	case VIRTIO_NET_HDR_GSO_TCPV6: return XEN_NETIF_GSO_TYPE_TCPV6;
	default:		       return XEN_NETIF_GSO_TYPE_NONE;
	}
}

/* ---- answering ---- */

/* A response lies where its request lay. */
static void rx_respond(struct vif *v, uint16_t flags, int16_t status)
{
	struct queue *q = &v->queue[0];
	netif_rx_request_t req;
	netif_rx_response_t *rsp;

	RING_COPY_REQUEST(&q->rx, q->rx.rsp_prod_pvt, &req);
	rsp = RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++);
	rsp->id = req.id;
	rsp->offset = v->manner->rx_offset;
	rsp->flags = flags;
	rsp->status = status;
}

static void rx_respond_gso(struct vif *v, const struct virtio_net_hdr *hdr)
{
	struct queue *q = &v->queue[0];
	netif_extra_info_t *extra;

	extra = (netif_extra_info_t *)RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++);
	*extra = (netif_extra_info_t) {
		.type = XEN_NETIF_EXTRA_TYPE_GSO,
		.u.gso = { .size = hdr->gso_size, .type = gso_type(hdr) },
	};
	counts.rx_extras++;
	counts.rx_gso++;
}

/* ---- giving ---- */

/* Return: data slots in @piece; a request for an extra is passed over behind slot 0. */
static unsigned int cut(struct vif *v, unsigned int len, unsigned int each, bool extra,
			struct piece *piece)
{
	struct queue *q = &v->queue[0];
	netif_rx_request_t req;
	unsigned int nr, done;

	for (nr = 0, done = 0; done < len; nr++) {
		RING_COPY_REQUEST(&q->rx, q->rx.req_cons, &req);
		piece[nr] = (struct piece) {
			.ref = req.gref,
			.offset = v->manner->rx_offset,
			.len = len - done < each ? len - done : each,
			.local = bytes + done,
		};
		done += piece[nr].len;
		q->rx.req_cons += nr || !extra ? 1 : 2;
	}
	return nr;
}

static void give(struct vif *v, const struct virtio_net_hdr *hdr, unsigned int len,
		 unsigned int each)
{
	bool extra = gso_type(hdr) != XEN_NETIF_GSO_TYPE_NONE;
	struct piece piece[SLOTS_MAX];
	unsigned int i, flags, nr = cut(v, len, each, extra, piece);
	bool good = guest_give(&v->guest, piece, nr, v->manner->maps);
	unsigned int bad = errors_rx(v, nr, extra);

	for (i = 0; i < nr; i++) {
		flags = i ? 0 : checksum_flags(hdr) | (extra ? NETRXF_extra_info : 0);
		flags |= i + 1 < nr ? NETRXF_more_data : 0;
		rx_respond(v, flags, good && i != bad ? piece[i].len : NETIF_RSP_ERROR);
		if (!i && extra)
			rx_respond_gso(v, hdr);
	}
	counts.rx_packets++;
	counts.rx_slots += nr;
	count_most(&counts.rx_most, nr);
}

static void take(struct vif *v, const struct virtio_net_hdr *hdr, unsigned int len)
{
	unsigned int each = slot_length(v, len);

	if (each)
		give(v, hdr, len, each);
	else
		counts.rx_dropped++;
}

/* Packets that are waiting, as long as the guest has room. */
void rx_serve(struct vif *v)
{
	struct queue *q = &v->queue[0];
	struct virtio_net_hdr hdr;
	int len, notify;

	while (rx_room(v)) {
		len = tap_receive(v->tap, &hdr, bytes);
		if (len < 0)
			break;
		if (mcast_hears(v, bytes))
			take(v, &hdr, len);
		else
			counts.rx_filtered++;
	}
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->rx, notify);
	if (notify)
		guest_notify(&v->guest, &q->link);
}

/* Nobody is there to take them. */
void rx_discard(struct vif *v)
{
	struct virtio_net_hdr hdr;

	while (tap_receive(v->tap, &hdr, bytes) >= 0)
		;
}
