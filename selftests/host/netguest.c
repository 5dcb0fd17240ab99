// SPDX-License-Identifier: GPL-2.0
/* The least frontend around netfront/wire.h; see netguest.h. */
#include "netguest.h"

#define STALE_BYTE	0xa5	/* what an earlier user left in ring memory */

/**
 * netguest_init() - make a frontend, its rings and its receive frames
 * @g: the frontend; transmit generations of an earlier use are carried on
 * @tx_slots: data slots a transmitted packet may take
 * @rx_slots: data slots a received packet may take
 */
void netguest_init(struct netguest *g, u32 tx_slots, u32 rx_slots)
{
	memset(g->tx_memory, STALE_BYTE, sizeof(g->tx_memory));
	memset(g->rx_memory, STALE_BYTE, sizeof(g->rx_memory));
	XEN_FRONT_RING_INIT(&g->tx, (xnf_tx_sring_t *)g->tx_memory, RING_FRAME);
	XEN_FRONT_RING_INIT(&g->rx, (xnf_rx_sring_t *)g->rx_memory, RING_FRAME);
	CHECK(RING_SIZE(&g->tx) == xfl_ring_slots(1, sizeof(struct xnf_tx_req)));
	CHECK(RING_SIZE(&g->rx) == xfl_ring_slots(1, sizeof(union xnf_rx_any)));
	memset(&g->grants, 0, sizeof(g->grants));
	xfl_slots_init(&g->slots, g->slot_memory, NET_SLOTS, 16);
	g->extra_rsps_due = 0;
	g->max_slots = tx_slots;
	g->rules = (struct xnf_rx_rules){
		.max_slots = rx_slots,
		.extras = 1u << XNF_EXTRA_GSO | 1u << XNF_EXTRA_HASH,
		.gso = 1u << XNF_GSO_TCPV4 | 1u << XNF_GSO_TCPV6,
	};
	xnf_rx_reset(&g->packet);
	g->nr_held = 0;
	g->nr_free = NET_BUFS;
	for (u32 i = 0; i < NET_BUFS; i++) {
		g->buf[i].index = i;
		g->buf[i].free = true;
		g->free[i] = &g->buf[i];
	}
	g->nr_got = 0;
	memset(g->rsp_err, 0, sizeof(g->rsp_err));
	g->broken = 0;
	netguest_refill(g);
}

/* ---- transmit ---- */

/**
 * struct put - a packet on its way to the ring
 * @g: the frontend
 * @how: flags and GSO
 * @total: bytes of the packet
 * @done: bytes in slots so far
 * @left: slots to come
 * @stage: slot whose staging memory is being filled
 * @fill: bytes in it
 */
struct put {
	struct netguest *g;
	const struct netguest_how *how;
	u32 total;
	u32 done;
	u32 left;
	u32 stage;
	u32 fill;
};

static u32 new_id(struct netguest *g)
{
	int index = xfl_slot_get(&g->slots);

	CHECK(index >= 0);
	return (u32)index;
}

static void put_slot(struct put *p, u32 index, u8 *frame, u32 offset, u32 len)
{
	struct netguest *g = p->g;
	bool first = !p->done, gso = p->how->gso_size;
	struct xnf_tx_req *req = RING_GET_REQUEST(&g->tx, g->tx.req_prod_pvt++);

	CHECK(p->left > 0);
	p->left--;
	g->tx_slot[index].gref = grant_frame(&g->grants, frame, true);
	*req = (struct xnf_tx_req){
		.gref = g->tx_slot[index].gref,
		.offset = (u16)offset,
		.flags = p->left ? XNF_TXF_MORE : 0,
		.id = (u16)xfl_slot_id(&g->slots, index),
		.size = (u16)(first ? p->total : len),
	};
	p->done += len;
	if (!first)
		return;
	req->flags |= p->how->flags;
	if (gso) {
		struct xnf_extra extra = xnf_tx_extra_gso(p->how->gso_size, p->how->gso_type);

		req->flags |= XNF_TXF_EXTRA;
		memcpy(RING_GET_REQUEST(&g->tx, g->tx.req_prod_pvt++), &extra, sizeof(extra));
		g->extra_rsps_due++;
	}
}

static void put_in_place(struct put *p, u8 *base, u32 offset, u32 len)
{
	CHECK(len && xfl_frame_chunk(offset, len) == len);
	put_slot(p, new_id(p->g), base + offset - xfl_frame_offset(offset),
		 xfl_frame_offset(offset), len);
}

static void put_staged(struct put *p)
{
	if (p->fill)
		put_slot(p, p->stage, p->g->tx_slot[p->stage].stage, 0, p->fill);
	p->fill = 0;
}

static void stage(struct put *p, const u8 *from, u32 len)
{
	while (len) {
		u32 n = min(len, XFL_FRAME_SIZE - p->fill);

		if (!p->fill)
			p->stage = new_id(p->g);
		memcpy(p->g->tx_slot[p->stage].stage + p->fill, from, n);
		p->fill += n;
		from += n;
		len -= n;
		if (p->fill == XFL_FRAME_SIZE)
			put_staged(p);
	}
}

static void put_packet(struct put *p, const struct netguest_run *run,
		       const struct xnf_piece *piece, u32 nr, u32 copy_below)
{
	struct xnf_cut cut = { .piece = piece, .nr = nr };
	struct xnf_chunk chunk;
	u32 seen = 0;

	while (xnf_cut_next(&cut, piece, &chunk)) {
		const struct netguest_run *from = &run[chunk.index];

		CHECK(chunk.index < nr && chunk.offset + chunk.len <= from->len);
		if (copy_below && xnf_tx_copies(chunk.len, seen, copy_below)) {
			stage(p, from->base + from->offset + chunk.offset, chunk.len);
		} else {
			put_staged(p);
			put_in_place(p, from->base, from->offset + chunk.offset, chunk.len);
		}
		seen += chunk.len;
	}
	put_staged(p);
	CHECK(seen == p->total && p->done == p->total);
	CHECK(!p->left);
}

/**
 * netguest_send() - send a packet, copying together what does not fit the slots
 * @g: the frontend
 * @run: where its bytes are
 * @nr: entries in @run, at most NETGUEST_RUNS
 * @how: the rest
 *
 * Return: data slots it took; -EMSGSIZE if it fits no way, -ENOSPC if it has to wait.
 */
int netguest_send(struct netguest *g, const struct netguest_run *run, u32 nr,
		  const struct netguest_how *how)
{
	struct xnf_piece piece[NETGUEST_RUNS];
	struct put p = { .g = g, .how = how };
	u32 copy_below = how->copy_all ? XNF_COPY_ALL : 0;
	struct xnf_cut cut = { .piece = piece, .nr = nr };
	struct xnf_chunk first;
	int slots;

	for (u32 i = 0; i < nr; i++) {
		piece[i] = (struct xnf_piece){ run[i].offset, run[i].len };
		p.total += run[i].len;
	}
	slots = (int)xnf_tx_count(piece, nr);
	if (!xnf_cut_next(&cut, piece, &first))
		return -EMSGSIZE;
	if ((u32)slots > g->max_slots || how->copy_all || first.len < XNF_FIRST_SLOT_MIN)
		slots = xnf_tx_plan(piece, nr, g->max_slots, &copy_below);
	if (slots < 0)
		return slots;
	CHECK(slots > 0 && (u32)slots <= g->max_slots);
	if (RING_FREE_REQUESTS(&g->tx) < (u32)slots + XNF_TX_EXTRAS_MAX)
		return -ENOSPC;
	p.left = (u32)slots;
	put_packet(&p, run, piece, nr, copy_below);
	RING_PUSH_REQUESTS(&g->tx);
	return slots;
}

static void reap_one(struct netguest *g, const struct xnf_tx_rsp *rsp)
{
	enum xnf_rsp_err err;
	enum xnf_tx_rsp_kind kind = xnf_tx_check_rsp(rsp->status, g->extra_rsps_due, &err);
	int index;

	if (kind == XNF_TX_RSP_INVALID) {
		g->broken = -EPROTO;
		return;
	}
	if (kind == XNF_TX_RSP_EXTRA) {
		CHECK(g->extra_rsps_due > 0);
		g->extra_rsps_due--;
		return;
	}
	index = xfl_slot_find(&g->slots, rsp->id);
	if (index < 0) {
		g->broken = index;
		return;
	}
	g->rsp_err[err]++;
	grant_end(&g->grants, g->tx_slot[index].gref);
	xfl_slot_put(&g->slots, (u32)index);
	CHECK(g->slots.nr_free <= NET_SLOTS);
}

/**
 * netguest_reap() - take all transmit responses; stop for good at the first protocol error
 * @g: the frontend
 *
 * Return: responses believed.
 */
u32 netguest_reap(struct netguest *g)
{
	int pending = xfl_ring_pending(g->tx.sring->rsp_prod, g->tx.rsp_cons,
				       g->tx.req_prod_pvt);
	u32 believed = 0;

	if (g->broken)
		return 0;
	if (pending < 0)
		g->broken = pending;
	for (; pending > 0 && !g->broken; pending--) {
		struct xnf_tx_rsp rsp;

		RING_COPY_RESPONSE(&g->tx, g->tx.rsp_cons, &rsp);
		g->tx.rsp_cons++;
		reap_one(g, &rsp);
		believed += !g->broken;
	}
	return believed;
}

/* ---- receive ---- */

static void give_back(struct netguest *g, struct netguest_buf *buf)
{
	CHECK(!buf->free);
	buf->free = true;
	g->free[g->nr_free++] = buf;
	CHECK(g->nr_free <= NET_BUFS);
}

static void give_back_held(struct netguest *g)
{
	for (u32 i = 0; i < g->nr_held; i++)
		give_back(g, g->held[i]);
	g->nr_held = 0;
}

/**
 * netguest_refill() - post frames until the receive ring is full
 * @g: the frontend
 */
void netguest_refill(struct netguest *g)
{
	while (g->rx.req_prod_pvt - g->rx.rsp_cons < NET_SLOTS && g->nr_free) {
		struct netguest_buf *buf = g->free[--g->nr_free];
		u32 entry = g->rx.req_prod_pvt & (NET_SLOTS - 1);

		buf->free = false;
		buf->gref = grant_frame(&g->grants, buf->frame, false);
		g->posted[entry] = buf;
		*(struct xnf_rx_req *)RING_GET_REQUEST(&g->rx, entry) = (struct xnf_rx_req){
			.id = (u16)entry, .gref = buf->gref,
		};
		g->rx.req_prod_pvt++;
	}
	RING_PUSH_REQUESTS(&g->rx);
	CHECK(g->nr_free + g->nr_held + (g->rx.req_prod_pvt - g->rx.rsp_cons) == NET_BUFS);
}

/* A whole packet: everything that the core promises of it. */
static void receive(struct netguest *g)
{
	const struct xnf_rx_packet *p = &g->packet;
	struct packet *got = &g->got;

	CHECK(p->nr_slots >= 1 && p->nr_slots <= g->rules.max_slots);
	CHECK(p->nr_slots + p->nr_extras == g->nr_held);
	CHECK(p->slot[0].len >= XNF_FIRST_SLOT_MIN);
	CHECK(p->len <= XNF_RX_PACKET_MAX && p->len <= PACKET_MAX);
	got->len = 0;
	for (u32 k = 0; k < p->nr_slots; k++) {
		const struct xnf_rx_slot *s = &p->slot[k];
		u32 entry = xnf_rx_entry(p, k);

		CHECK(entry < g->nr_held && s->len && s->offset + s->len <= 4096);
		memcpy(got->data + got->len, g->held[entry]->frame + s->offset, s->len);
		got->len += s->len;
	}
	CHECK(got->len == p->len);
	CHECK(!p->gso_size == !(p->seen & 1u << XNF_EXTRA_GSO));
	CHECK(!p->gso_size || g->rules.gso & 1u << p->gso_type);
	CHECK(!(p->seen & ~g->rules.extras));
	got->slots = p->nr_slots;
	got->csum_blank = p->flags & XNF_RXF_CSUM_BLANK;
	got->validated = p->flags & XNF_RXF_VALIDATED;
	got->gso_size = p->gso_size;
	got->gso_type = p->gso_type;
	got->hashed = p->seen & 1u << XNF_EXTRA_HASH;
	CHECK(!got->hashed || p->hash_type < XNF_NR_HASH_TYPES);
	got->hash_type = p->hash_type;
	for (u32 i = 0; i < sizeof(got->hash); i++)
		got->hash[i] = (u8)(p->hash >> 8 * i);
	g->nr_got++;
}

static void poll_one(struct netguest *g)
{
	u32 entry = g->rx.rsp_cons & (NET_SLOTS - 1);
	struct netguest_buf *buf = g->posted[entry];
	bool was_idle = xnf_rx_idle(&g->packet);
	enum xnf_rsp_err err;
	enum xnf_rx_result what;
	union xnf_rx_any copy;

	RING_COPY_RESPONSE(&g->rx, entry, &copy);
	g->rx.rsp_cons++;
	grant_end(&g->grants, buf->gref);
	CHECK(!was_idle || !g->nr_held);
	what = xnf_rx_feed(&g->packet, &g->rules, &copy, &err);
	CHECK(what == XNF_RX_WHOLE || what == XNF_RX_PART || what == XNF_RX_INVALID);
	CHECK(err == XNF_OK || what == XNF_RX_INVALID);
	CHECK(err < XNF_NR_RSP_ERRS);
	g->rsp_err[err] += err != XNF_OK;
	if (what == XNF_RX_INVALID) {
		/* Its first error is counted, those after it are not. */
		CHECK(err != XNF_OK || !g->nr_held);
		give_back(g, buf);
		give_back_held(g);
		return;
	}
	CHECK(g->nr_held < NET_HELD);
	g->held[g->nr_held++] = buf;
	CHECK((what == XNF_RX_WHOLE) == xnf_rx_idle(&g->packet));
	if (what == XNF_RX_WHOLE) {
		receive(g);
		give_back_held(g);
	}
}

/**
 * netguest_poll() - take all receive responses, then refill
 * @g: the frontend
 *
 * Return: whole packets received.
 */
u32 netguest_poll(struct netguest *g)
{
	u32 before = g->nr_got;
	int pending = xfl_ring_pending(g->rx.sring->rsp_prod, g->rx.rsp_cons,
				       g->rx.req_prod_pvt);

	if (g->broken)
		return 0;
	if (pending < 0)
		g->broken = pending;
	for (; pending > 0; pending--)
		poll_one(g);
	netguest_refill(g);
	return g->nr_got - before;
}
