// SPDX-License-Identifier: GPL-2.0
/*
 * The multicast filter: a list of groups that the guest keeps by requests among its packets, and
 * the guest's word, in xenstore, whether it is to be used. What does not fit the list is refused.
 */
#include "badback.h"

#include <string.h>

/* ---- the list ---- */

/* Return: its place in the list, or that behind the last. */
static unsigned int find(const struct mcast *m, const uint8_t *addr)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		if (!memcmp(m->addr[i], addr, ADDR_LEN))
			break;
	return i;
}

static int16_t add(struct vif *v, const uint8_t *addr)
{
	struct mcast *m = &v->mcast;

	if (find(m, addr) < m->nr)
		violation("a group that is in the list");
	if (m->nr == v->manner->groups) {
		counts.mcast_refused++;
		return NETIF_RSP_ERROR;
	}
	memcpy(m->addr[m->nr++], addr, ADDR_LEN);
	return NETIF_RSP_OKAY;
}

/* One that was refused may be taken back before that is known. */
static int16_t del(struct vif *v, const uint8_t *addr)
{
	struct mcast *m = &v->mcast;
	unsigned int at = find(m, addr);

	if (at < m->nr)
		memmove(m->addr[at], m->addr[--m->nr], ADDR_LEN);
	return NETIF_RSP_OKAY;
}

/* ---- what others ask ---- */

/* Return: whether this extra is a request to us. */
bool mcast_is_request(const struct vif *v, const netif_extra_info_t *extra)
{
	return v->manner->groups && (extra->type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD ||
				     extra->type == XEN_NETIF_EXTRA_TYPE_MCAST_DEL);
}

/* Return: what the request is answered with. Bytes of its slot would be a packet lost. */
int16_t mcast_obey(struct vif *v, const netif_tx_request_t *slot, const netif_extra_info_t *extra)
{
	const uint8_t *addr = extra->u.mcast.addr;

	counts.mcast_requests++;
	if (slot->size || slot->flags != NETTXF_extra_info)
		violation("a multicast request that is a packet, too");
	if (!(addr[0] & 1))
		violation("a group that is no group's address");
	return extra->type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD ? add(v, addr) : del(v, addr);
}

/* Return: whether the guest wants this frame. */
bool mcast_hears(const struct vif *v, const uint8_t *frame)
{
	static const uint8_t everybody[ADDR_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	return !v->mcast.on || !(frame[0] & 1) || !memcmp(frame, everybody, ADDR_LEN) ||
	       find(&v->mcast, frame) < v->mcast.nr;
}

/* ---- xenstore ---- */

static void read_request(struct vif *v)
{
	unsigned int on = 0;

	store_number(v, v->front, "request-multicast-control", &on);
	if (on && !v->manner->groups)
		violation("request-multicast-control without the feature");
	v->mcast.on = on && v->manner->groups;
}

/* A connection begins. */
void mcast_agree(struct vif *v)
{
	v->mcast.nr = 0;
	read_request(v);
}

/* It goes on. */
void mcast_step(struct vif *v)
{
	if (v->manner->groups_dynamic && linked(v))
		read_request(v);
}
