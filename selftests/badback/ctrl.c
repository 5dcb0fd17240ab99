// SPDX-License-Identifier: GPL-2.0
/*
 * The control ring: what the guest wants packets hashed by. It is kept, told by the counters, and
 * not used. The file of refusals is read anew for each request: each of its lines "TYPE STATUS"
 * has requests of that type answered with that status, and with nothing done.
 */
#include "badback.h"

#include <stdio.h>
#include <string.h>

#define TYPES_ALL	(XEN_NETIF_CTRL_HASH_TYPE_IPV4 | XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP | \
			 XEN_NETIF_CTRL_HASH_TYPE_IPV6 | XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

typedef struct xen_netif_ctrl_request request_t;

static uint32_t refusal(const struct ctrl *c, unsigned int type)
{
	FILE *file = c->refusals ? fopen(c->refusals, "re") : NULL;
	uint32_t found = XEN_NETIF_CTRL_STATUS_SUCCESS;
	unsigned int one, status;

	while (file && fscanf(file, "%u %u", &one, &status) == 2)
		if (one == type)
			found = status;
	if (file)
		fclose(file);
	return found;
}

/* ---- one kind of request each; return: its status ---- */

static uint32_t set_alg(struct ctrl *c, const request_t *req)
{
	if (req->data[0] > XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	c->alg = req->data[0];
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

static uint32_t set_types(struct ctrl *c, const request_t *req)
{
	if (!c->alg || req->data[0] & ~TYPES_ALL)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	c->types = req->data[0];
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

static bool read_bytes(struct vif *v, const request_t *req, void *to, size_t len)
{
	struct piece piece = { .ref = req->data[0], .len = len, .local = to };

	return guest_take(&v->guest, &piece, 1, v->manner->maps);
}

static uint32_t set_key(struct vif *v, const request_t *req)
{
	uint8_t key[KEY_MAX] = { 0 };

	if (req->data[1] > sizeof(key))
		return XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW;
	if (!read_bytes(v, req, key, req->data[1]))
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	memcpy(v->ctrl.key, key, sizeof(key));
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

static uint32_t set_table_size(struct ctrl *c, const request_t *req)
{
	if (req->data[0] > TABLE_MAX)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	c->nr_table = req->data[0];
	memset(c->table, 0, sizeof(c->table));
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

static uint32_t set_table(struct vif *v, const request_t *req)
{
	uint32_t part[TABLE_MAX], nr = req->data[1], from = req->data[2], i;
	struct ctrl *c = &v->ctrl;

	if (from > c->nr_table || nr > c->nr_table - from)
		return XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW;
	if (!read_bytes(v, req, part, nr * sizeof(part[0])))
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	for (i = 0; i < nr; i++)
		if (part[i] >= v->nr_queues)
			return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	memcpy(&c->table[from], part, nr * sizeof(part[0]));
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

static uint32_t obey(struct vif *v, const request_t *req, uint32_t *data)
{
	struct ctrl *c = &v->ctrl;

	switch (req->type) {
	case XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM:
		return set_alg(c, req);
	case XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS:
		*data = TYPES_ALL;
		return c->alg ? XEN_NETIF_CTRL_STATUS_SUCCESS :
				XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS:
		return set_types(c, req);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_KEY:
		return set_key(v, req);
	case XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE:
		*data = TABLE_MAX;
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE:
		return set_table_size(c, req);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING:
		return set_table(v, req);
	default:
		return XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED;
	}
}

/* ---- the ring ---- */

static void publish_counts(const struct ctrl *c, uint32_t status)
{
	counts.ctrl_requests++;
	counts.ctrl_refused += status != XEN_NETIF_CTRL_STATUS_SUCCESS;
	counts.hash_alg = c->alg;
	counts.hash_types = c->types;
	counts.hash_table = c->nr_table;
}

/* What is refused though nobody said so is the guest's fault. */
static void handle(struct vif *v, const request_t *req)
{
	struct ctrl *c = &v->ctrl;
	uint32_t status = refusal(c, req->type), data = 0;
	struct xen_netif_ctrl_response answer;

	if (status == XEN_NETIF_CTRL_STATUS_SUCCESS) {
		status = obey(v, req, &data);
		if (status != XEN_NETIF_CTRL_STATUS_SUCCESS)
			violation("control request %u (%u %u %u) makes no sense, status %u", req->type,
				  req->data[0], req->data[1], req->data[2], status);
	}
	printf("control request %u: status %u\n", req->type, status);
	publish_counts(c, status);
	answer = (struct xen_netif_ctrl_response) {
		.data = data, .status = status, .type = req->type, .id = req->id,
	};
	*RING_GET_RESPONSE(&c->back, c->back.rsp_prod_pvt) = answer;
	c->back.rsp_prod_pvt++;
}

void ctrl_serve(struct vif *v)
{
	struct ctrl *c = &v->ctrl;
	int notify, more;
	request_t req;

	if (!c->link.ring[0])
		return;
	do {
		while (RING_HAS_UNCONSUMED_REQUESTS(&c->back)) {
			RING_COPY_REQUEST(&c->back, c->back.req_cons, &req);
			c->back.req_cons++;
			handle(v, &req);
		}
		RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&c->back, notify);
		if (notify)
			guest_notify(&v->guest, &c->link);
		RING_FINAL_CHECK_FOR_REQUESTS(&c->back, more);
	} while (more);
}

/* Return: whether there is nothing wrong; a guest need not have a control ring. */
bool ctrl_link(struct vif *v)
{
	struct ctrl *c = &v->ctrl;
	unsigned int ref, port;

	if (!store_number(v, v->front, "ctrl-ring-ref", &ref))
		return true;
	if (!store_number(v, v->front, "event-channel-ctrl", &port)) {
		violation("a control ring without event channel");
		return false;
	}
	if (!guest_link(&v->guest, &c->link, &ref, 1, port))
		return false;
	BACK_RING_INIT(&c->back, (xen_netif_ctrl_sring_t *)c->link.ring[0], RING_FRAME);
	return true;
}
