// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The control ring, for requests that are too large for xenstore. There is one request at a time,
 * and the driver waits for the response. The data of a request is in a frame that is granted as
 * long as the ring is there. So a backend that responds late, or never, reads nothing else. After a
 * request without a response the driver sends no more before the next connection.
 */
#include <linux/jiffies.h>
#include <linux/netdevice.h>

#include <xenfront/lifecycle.h>
#include <xenfront/xenstore.h>

#include "netfront.h"

/* How often the backend's state is looked at meanwhile; a lost event delays a response as long. */
#define XNF_CTRL_LOOK	(HZ / 10)

static irqreturn_t xnf_ctrl_interrupt(int irq, void *data)
{
	struct xnf_dev *xn = data;

	xfl_evtchn_event(&xn->ctrl.ec);
	wake_up_all(&xn->xd.state_wq);
	return IRQ_HANDLED;
}

/* ---- the ring ---- */

static int xnf_ctrl_alloc_frame(struct xnf_ctrl *c, domid_t backend)
{
	int err = xfl_grefs_init(&c->grefs, backend, 1, 1);

	if (err)
		return err;
	err = xfl_framepool_init(&c->pool, 1);
	if (err)
		goto err_grefs;
	if (!xfl_framepool_want(&c->pool, 1, GFP_NOIO)) {
		err = -ENOMEM;
		goto err_pool;
	}
	xfl_gframe_get(&c->data, &c->pool, &c->grefs, true);
	return 0;

err_pool:
	xfl_framepool_destroy(&c->pool);
err_grefs:
	xfl_grefs_destroy(&c->grefs);
	return err;
}

static void xnf_ctrl_free_frame(struct xnf_ctrl *c)
{
	xfl_gframe_put(&c->data, &c->pool, &c->grefs);
	xfl_framepool_destroy(&c->pool);
	xfl_grefs_destroy(&c->grefs);
}

/**
 * xnf_ctrl_alloc() - make the control ring ready to be published
 * @xn: the device, without a control ring
 *
 * Context: process, life cycle.
 * Return: 0 or a negative errno; then nothing is left.
 */
int xnf_ctrl_alloc(struct xnf_dev *xn)
{
	struct xenbus_device *xbdev = xn->xd.xbdev;
	struct xnf_ctrl *c = &xn->ctrl;
	int err = xfl_ring_mem_alloc(xbdev, &c->mem, 1);

	if (err)
		return err;
	err = xnf_ctrl_alloc_frame(c, xbdev->otherend_id);
	if (err) {
		xfl_ring_mem_free(&c->mem);
		return err;
	}
	/* By the interface: the in-tree driver has no control ring that tools could look for. */
	snprintf(c->name, sizeof(c->name), "%s-ctrl", xn->netdev->name);
	err = xfl_evtchn_bind(xbdev, &c->ec, xnf_ctrl_interrupt, c->name, xn);
	if (err) {
		xnf_ctrl_free_frame(c);
		xfl_ring_mem_free(&c->mem);
		return err;
	}
	XEN_FRONT_RING_INIT(&c->ring, (struct xnf_ctrl_sring *)c->mem.vaddr, XEN_PAGE_SIZE);
	return 0;
}

/**
 * xnf_ctrl_free() - unmake the control ring, if there is one
 * @xn: the device
 *
 * A frame that the backend still maps is parked.
 *
 * Context: process, life cycle, after xnf_rss_stop().
 */
void xnf_ctrl_free(struct xnf_dev *xn)
{
	struct xnf_ctrl *c = &xn->ctrl;

	if (!c->ring.sring)
		return;
	xfl_evtchn_unbind(&xn->xd, &c->ec, xn);
	c->ring.sring = NULL;
	xnf_ctrl_free_frame(c);
	xfl_ring_mem_free(&c->mem);
}

/* Publish the keys of the control ring, if there is one. */
int xnf_ctrl_publish(const struct xnf_dev *xn, struct xenbus_transaction xbt, const char *dir)
{
	const struct xnf_ctrl *c = &xn->ctrl;

	if (!c->ring.sring)
		return 0;
	return xenbus_printf(xbt, dir, "ctrl-ring-ref", "%u", c->mem.gref[0]) ?:
	       xenbus_printf(xbt, dir, "event-channel-ctrl", "%u", c->ec.port);
}

/* ---- one request, one response ---- */

static struct xnf_ctrl_req xnf_ctrl_put_request(struct xnf_dev *xn, const struct xnf_ctrl_ask *ask)
{
	struct xnf_ctrl *c = &xn->ctrl;
	struct xnf_ctrl_req req = { .id = ++c->last_id, .type = ask->type };

	memcpy(req.data, ask->data, sizeof(req.data));
	if (ask->len) {
		memcpy(c->data.va, ask->bytes, ask->len);
		req.data[0] = c->data.gref;
	}
	spin_lock(&c->lock);
	if (xfl_believes(&xn->xd)) {
		*RING_GET_REQUEST(&c->ring, c->ring.req_prod_pvt++) = req;
		if (XFL_RING_PUSH(&c->ring))
			xfl_evtchn_notify(&c->ec);
	}
	spin_unlock(&c->lock);
	return req;
}

/* Return: -EAGAIN if there is no response yet; -ENODEV if none would be believed. */
static int xnf_ctrl_read_response(struct xnf_dev *xn, const struct xnf_ctrl_req *sent, u32 *value)
{
	struct xnf_ctrl *c = &xn->ctrl;
	struct xnf_ctrl_rsp rsp;
	int pending, err;

	lockdep_assert_held(&c->lock);
	if (!xfl_believes(&xn->xd))
		return READ_ONCE(xn->xd.withheld) == XFL_WITHHELD_SUSPEND ? -EAGAIN : -ENODEV;
	pending = XFL_RING_PENDING(&c->ring);
	if (!pending)
		return -EAGAIN;
	if (pending < 0) {
		xfl_break(&xn->xd, "impossible control index");
		return pending;
	}
	RING_COPY_RESPONSE(&c->ring, c->ring.rsp_cons, &rsp);
	c->ring.rsp_cons++;
	err = xnf_ctrl_check_rsp(&rsp, sent);
	if (err == -EPROTO)
		xfl_break(&xn->xd, "response to a control request that was not sent");
	*value = rsp.data;
	return err;
}

static int xnf_ctrl_take_response(struct xnf_dev *xn, const struct xnf_ctrl_req *sent, u32 *value)
{
	struct xnf_ctrl *c = &xn->ctrl;
	int err;

	spin_lock(&c->lock);
	err = xnf_ctrl_read_response(xn, sent, value);
	if (xfl_believes(&xn->xd) && err != -EAGAIN)
		xfl_evtchn_eoi(&c->ec, c->ring.rsp_cons);
	spin_unlock(&c->lock);
	return err;
}

static bool xnf_ctrl_must_look(const struct xnf_dev *xn)
{
	const struct xnf_ctrl *c = &xn->ctrl;

	return (xfl_believes(&xn->xd) && READ_ONCE(c->ring.sring->rsp_prod) != c->ring.rsp_cons) ||
	       !xfl_is_serving(&xn->xd);
}

/* Return: false if a response came meanwhile, so that no event will. */
static bool xnf_ctrl_arm(struct xnf_dev *xn)
{
	struct xnf_ctrl *c = &xn->ctrl;
	bool armed;

	spin_lock(&c->lock);
	armed = !xfl_believes(&xn->xd) || !XFL_RING_ARM(&c->ring, 1);
	if (armed && xfl_believes(&xn->xd))
		xfl_evtchn_eoi(&c->ec, c->ring.rsp_cons);
	spin_unlock(&c->lock);
	return armed;
}

/*
 * Until belief is given back the life cycle may replace the path of a backend that was restored. No
 * caller is suspended half-way: tasks and the work item freeze outside this file.
 */
static bool xnf_ctrl_backend_serves(const struct xnf_dev *xn)
{
	struct xenbus_device *xbdev = xn->xd.xbdev;

	return xfl_believes(&xn->xd) && xfl_is_serving(&xn->xd) &&
	       xenbus_read_driver_state(xbdev, xn->xd.backend) == XenbusStateConnected;
}

static int xnf_ctrl_await_response(struct xnf_dev *xn, const struct xnf_ctrl_req *sent, u32 *value)
{
	struct xnf_ctrl *c = &xn->ctrl;
	int err;

	do {
		if (xnf_ctrl_arm(xn))
			wait_event_timeout(xn->xd.state_wq, xnf_ctrl_must_look(xn), XNF_CTRL_LOOK);
		err = xnf_ctrl_take_response(xn, sent, value);
		if (err != -EAGAIN)
			return err;
		if (!xnf_ctrl_backend_serves(xn))
			return -ENODEV;
	} while (time_before(jiffies, c->end));
	return -ETIMEDOUT;
}

/**
 * xnf_ctrl_request() - send a request and wait for the response, until @xn->ctrl.end
 * @xn: the device, its control ring open
 * @ask: the request
 * @value: set to the number in the response; valid if that says success
 *
 * Context: process, under the lock of struct xnf_rss.
 * Return: 0; an error of the backend, see xnf_ctrl_check_rsp(); or -ETIMEDOUT, -ENODEV or -EPROTO:
 * then the control ring is closed.
 */
int xnf_ctrl_request(struct xnf_dev *xn, const struct xnf_ctrl_ask *ask, u32 *value)
{
	struct xnf_ctrl_req sent;
	int err;

	sent = xnf_ctrl_put_request(xn, ask);
	err = xnf_ctrl_await_response(xn, &sent, value);
	if (err == -ETIMEDOUT && xfl_may_log(&xn->xd))
		netdev_warn(xn->netdev, "backend sends no response to control request %u\n",
			    sent.type);
	if (err == -ETIMEDOUT || err == -ENODEV || err == -EPROTO)
		xn->ctrl.open = false;
	return err;
}
