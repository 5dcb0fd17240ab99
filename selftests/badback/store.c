// SPDX-License-Identifier: GPL-2.0
/* Xenstore: where the two directories are, what is in them, and what the ends agreed on. */
#include "badback.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_key(struct vif *v, const char *dir, const char *key)
{
	char path[256];
	unsigned int len;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return xs_read(v->xs, XBT_NULL, path, &len);
}

/* Return: whether the key is there; one that holds no number counts against the guest. */
bool store_number(struct vif *v, const char *dir, const char *key, unsigned int *value)
{
	char *end, *text = read_key(v, dir, key);

	if (!text)
		return false;
	*value = strtoul(text, &end, 10);
	if (!*text || *end)
		violation("%s is \"%s\"", key, text);
	free(text);
	return true;
}

void store_write(struct vif *v, const char *dir, const char *key, unsigned int value)
{
	char path[256], text[16];
	int len = snprintf(text, sizeof(text), "%u", value);

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	if (!xs_write(v->xs, XBT_NULL, path, text, len))
		printf("%s cannot be written: %m\n", path);
}

static bool of_a_backend(const char *key)
{
	return !strncmp(key, "feature-", 8) || !strncmp(key, "multi-queue-", 12);
}

/* What the backend before us advertised. */
void store_forget(struct vif *v)
{
	unsigned int i, nr;
	char path[256], **keys = xs_directory(v->xs, XBT_NULL, v->back, &nr);

	if (!keys)
		die("%s: %m", v->back);
	for (i = 0; i < nr; i++) {
		if (!of_a_backend(keys[i]))
			continue;
		snprintf(path, sizeof(path), "%s/%s", v->back, keys[i]);
		xs_rm(v->xs, XBT_NULL, path);
	}
	free(keys);
}

static void find_mac(struct vif *v)
{
	char *text = read_key(v, v->back, "mac");
	uint8_t *m = v->mac;

	if (!text || sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3, m + 4,
			    m + 5) != ADDR_LEN)
		die("%s has no address", v->back);
	free(text);
}

/* The frontend's directory names ours. */
void store_find(struct vif *v, unsigned int handle)
{
	char *back;

	snprintf(v->front, sizeof(v->front), "/local/domain/%u/device/vif/%u", v->guest.domid,
		 handle);
	back = read_key(v, v->front, "backend");
	if (!back)
		die("%s has no backend", v->front);
	snprintf(v->back, sizeof(v->back), "%s", back);
	free(back);
	find_mac(v);
}

/* ---- agreeing ---- */

static unsigned int number_of(struct vif *v, const char *key, unsigned int absent)
{
	unsigned int value = absent;

	store_number(v, v->front, key, &value);
	return value;
}

static void agree_slots(struct vif *v)
{
	unsigned int offer = v->manner->tx_offer, slots = number_of(v, "max-tx-slots", 0);

	v->tx_slots = v->manner->tx_slots;
	if (slots && !offer)
		violation("max-tx-slots was not asked for");
	else if (slots && (slots < XEN_NETIF_NR_SLOTS_MIN || slots > offer))
		violation("max-tx-slots is %u, %u were offered", slots, offer);
	else if (slots)
		v->tx_slots = slots;
	v->rx_slots = number_of(v, "feature-max-rx-slots", XEN_NETIF_NR_SLOTS_MIN);
	if (v->rx_slots < XEN_NETIF_NR_SLOTS_MIN || !offer)
		v->rx_slots = XEN_NETIF_NR_SLOTS_MIN;
	if (v->rx_slots > SLOTS_MAX)
		v->rx_slots = SLOTS_MAX;
}

static void agree_offloads(struct vif *v)
{
	bool sg = number_of(v, "feature-sg", 0);

	/* A backend without scatter-gather sends no more than one slot either. */
	if (!sg || v->manner->tx_slots == 1)
		v->rx_slots = 1;
	v->rx_gso = 0;
	if (sg && number_of(v, "feature-gso-tcpv4", 0))
		v->rx_gso |= 1u << XEN_NETIF_GSO_TYPE_TCPV4;
	if (sg && number_of(v, "feature-gso-tcpv6", 0))
		v->rx_gso |= 1u << XEN_NETIF_GSO_TYPE_TCPV6;
	v->rx_gso &= v->manner->gso;
	v->rx_csum = v->manner->csum_rx && !number_of(v, "feature-no-csum-offload", 0) &&
		     number_of(v, "feature-ipv6-csum-offload", 0);
}

static void agree_nothing_else(struct vif *v)
{
	if (!number_of(v, "request-rx-copy", 0))
		violation("request-rx-copy is not there");
	if (!v->manner->ctrl && number_of(v, "ctrl-ring-ref", 0))
		violation("a control ring without the feature");
}

static bool agree_queues(struct vif *v)
{
	unsigned int most = v->manner->queues ? v->manner->queues : 1;

	v->nr_queues = number_of(v, "multi-queue-num-queues", 1);
	if (v->nr_queues && v->nr_queues <= most)
		return true;
	violation("%u queues where %u were offered", v->nr_queues, most);
	v->nr_queues = 0;
	return false;
}

/* A backend may be scheduled away at any time; until SIGCONT in this one's case. */
static void dawdle(struct vif *v)
{
	if (!v->dawdles)
		return;
	v->dawdles = false;
	v->guest.late = true;
	puts("stands before mapping");
	raise(SIGSTOP);
}

/* One queue's keys are in the frontend's directory, those of several in one each. */
static bool link_queue(struct vif *v, unsigned int n)
{
	struct queue *q = &v->queue[n];
	unsigned int ref[2], port;
	char dir[128];

	snprintf(dir, sizeof(dir), v->nr_queues > 1 ? "%s/queue-%u" : "%s", v->front, n);
	if (!store_number(v, dir, "tx-ring-ref", &ref[0]) ||
	    !store_number(v, dir, "rx-ring-ref", &ref[1]) ||
	    !store_number(v, dir, "event-channel", &port)) {
		violation("no rings of queue %u, or no event channel for both", n);
		return false;
	}
	dawdle(v);
	if (!guest_link(&v->guest, &q->link, ref, 2, port))
		return false;
	BACK_RING_INIT(&q->tx, (netif_tx_sring_t *)q->link.ring[0], RING_FRAME);
	BACK_RING_INIT(&q->rx, (netif_rx_sring_t *)q->link.ring[1], RING_FRAME);
	return true;
}

static bool link_all(struct vif *v)
{
	unsigned int n;

	for (n = 0; n < v->nr_queues; n++)
		if (!link_queue(v, n))
			return false;
	return !v->manner->ctrl || ctrl_link(v);
}

/* Lets go of all that the guest lent. */
void part(struct vif *v)
{
	unsigned int n;

	for (n = 0; n < QUEUES_MAX; n++)
		guest_unlink(&v->guest, &v->queue[n].link);
	guest_unlink(&v->guest, &v->ctrl.link);
}

/* Reads what the guest published, and links to it. Return: whether that worked. */
bool agree(struct vif *v)
{
	agree_slots(v);
	agree_offloads(v);
	agree_nothing_else(v);
	mcast_agree(v);
	v->guest.late = false;
	if (!agree_queues(v) || !link_all(v)) {
		part(v);
		return false;
	}
	tap_offload(v);
	return true;
}
