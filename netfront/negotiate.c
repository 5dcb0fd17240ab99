// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * What the backend offers, and what is published. xnf_connect() in connect.c reads the offer before
 * it makes queues, and publishes once it has them: these may be fewer, see xnf_queues_alloc().
 */
#include <linux/rtnetlink.h>

#include <xenfront/xenstore.h>

#include "netfront.h"

/* ---- what the backend offers ---- */

#define XNF_OFFER(_field, _name)	XFL_FEATURE(struct xnf_offer, _field, _name)

static const struct xfl_key xnf_keys[] = {
	XNF_OFFER(rx_copy, "feature-rx-copy"),
	XNF_OFFER(sg, "feature-sg"),
	XNF_OFFER(gso_tcpv4, "feature-gso-tcpv4"),
	XNF_OFFER(gso_tcpv6, "feature-gso-tcpv6"),
	XNF_OFFER(no_csum, "feature-no-csum-offload"),
	XNF_OFFER(csum_ipv6, "feature-ipv6-csum-offload"),
	XNF_OFFER(split_evtchn, "feature-split-event-channels"),
	XNF_OFFER(mcast, "feature-multicast-control"),
	XNF_OFFER(mcast_dynamic, "feature-dynamic-multicast-control"),
	XNF_OFFER(ctrl_ring, "feature-ctrl-ring"),
	XFL_KEY(struct xnf_offer, max_queues, "multi-queue-max-queues", 1, U32_MAX, 1),
	XFL_KEY(struct xnf_offer, max_tx_slots, "feature-max-tx-slots", XNF_SLOTS_MIN, U16_MAX,
		XNF_SLOTS_MIN),
};

static u32 xnf_offer_usable_slots(const struct xnf_offer *offer)
{
	return offer->sg ? min_t(u32, offer->max_tx_slots, XNF_TX_SLOTS_MAX) : 1;
}

/* Under RTNL, as the stack's operations read the offer. xnf_xdp_xmit() reads nr_queues without. */
static void xnf_offer_apply(struct xnf_dev *xn, const struct xnf_offer *offer, bool trusted)
{
	rtnl_lock();
	xn->offer = *offer;
	xn->split = offer->split_evtchn;
	xn->needs_tx_check = !offer->gso_tcpv4 || !offer->gso_tcpv6 ||
			     offer->no_csum || !offer->csum_ipv6;
	xn->advertised_gso = !xn->xdp_used;
	WRITE_ONCE(xn->nr_queues, min(offer->max_queues, xn->want_queues));
	xn->trusted = trusted;
	rtnl_unlock();
}

int xnf_offer_read(struct xnf_dev *xn)
{
	struct xenbus_device *xbdev = xn->xd.xbdev;
	struct xnf_offer offer;
	bool trusted;
	int err;

	err = xfl_keys_read(&xn->xd, xn->xd.backend, xnf_keys, ARRAY_SIZE(xnf_keys), &offer);
	if (err)
		return err;
	if (!offer.rx_copy) {
		if (xfl_may_log(&xn->xd))
			dev_err(&xbdev->dev, "backend does not copy what we receive, as it must\n");
		return -EOPNOTSUPP;
	}
	offer.max_tx_slots = xnf_offer_usable_slots(&offer);
	trusted = xenbus_read_unsigned(xbdev->nodename, "trusted", 1) && xnf_param_trusted();
	xnf_offer_apply(xn, &offer, trusted);
	return 0;
}

/* ---- publishing ---- */

/* All keys that a connection of this driver, or of the in-tree one before it, may have written. */
const char *const xnf_stale_keys[] = {
	"queue-*", "multi-queue-num-queues",
	"tx-ring-ref", "rx-ring-ref",
	"event-channel", "event-channel-tx", "event-channel-rx",
	"request-rx-copy", "feature-rx-notify", "feature-sg",
	"feature-gso-tcpv4", "feature-gso-tcpv6", "feature-no-csum-offload",
	"feature-ipv6-csum-offload", "feature-max-rx-slots", "max-tx-slots",
	"request-multicast-control", "ctrl-ring-ref", "event-channel-ctrl",
	"xdp-headroom",
	NULL
};

static int xnf_publish_queue(struct xenbus_transaction xbt, const char *dir,
			     const struct xnf_queue *q)
{
	int err;

	err = xenbus_printf(xbt, dir, "tx-ring-ref", "%u", q->tx.mem.gref[0]) ?:
	      xenbus_printf(xbt, dir, "rx-ring-ref", "%u", q->rx.mem.gref[0]);
	if (err)
		return err;
	if (!q->rx_ec.irq)
		return xenbus_printf(xbt, dir, "event-channel", "%u", q->tx_ec.port);
	return xenbus_printf(xbt, dir, "event-channel-tx", "%u", q->tx_ec.port) ?:
	       xenbus_printf(xbt, dir, "event-channel-rx", "%u", q->rx_ec.port);
}

static int xnf_publish_queues(struct xenbus_transaction xbt, const char *dir,
			      const struct xnf_dev *xn)
{
	char path[128];
	int err = 0;
	u32 i;

	if (xn->nr_queues == 1)
		return xnf_publish_queue(xbt, dir, &xn->queue[0]);
	err = xenbus_printf(xbt, dir, "multi-queue-num-queues", "%u", xn->nr_queues);
	for (i = 0; i < xn->nr_queues && !err; i++) {
		snprintf(path, sizeof(path), "%s/queue-%u", dir, i);
		err = xnf_publish_queue(xbt, path, &xn->queue[i]);
	}
	return err;
}

static int xnf_publish_slots(struct xenbus_transaction xbt, const char *dir,
			     const struct xnf_dev *xn)
{
	int err = xenbus_printf(xbt, dir, "feature-max-rx-slots", "%u", xnf_rx_max_slots());

	if (err || xn->offer.max_tx_slots <= XNF_SLOTS_MIN)
		return err;
	return xenbus_printf(xbt, dir, "max-tx-slots", "%u", xn->offer.max_tx_slots);
}

/* With an XDP program no packets to be segmented are wanted, see xdp.c. */
static bool xnf_publish_skips(const struct xnf_dev *xn, const char *feature)
{
	return !xn->advertised_gso && strstarts(feature, "feature-gso");
}

int xnf_publish(struct xenbus_transaction xbt, const char *dir, void *ctx)
{
	static const char *const features[] = {
		"request-rx-copy", "feature-rx-notify", "feature-sg",
		"feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload",
	};
	const struct xnf_dev *xn = ctx;
	int err;
	u32 i;

	err = xnf_publish_queues(xbt, dir, xn) ?: xnf_publish_slots(xbt, dir, xn) ?:
	      xnf_mcast_publish(xn, xbt, dir) ?: xnf_ctrl_publish(xn, xbt, dir);
	for (i = 0; i < ARRAY_SIZE(features) && !err; i++)
		if (!xnf_publish_skips(xn, features[i]))
			err = xenbus_printf(xbt, dir, features[i], "1");
	return err;
}
