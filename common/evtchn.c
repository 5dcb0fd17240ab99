// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Binding event channels to interrupts.
 */
#include <linux/module.h>
#include <xen/interface/event_channel.h>
#include <asm/xen/hypercall.h>

#include <xenfront/evtchn.h>
#include <xenfront/lifecycle.h>

#include "internal.h"

/*
 * Not xenbus_alloc_evtchn(): that calls xenbus_dev_fatal() when it fails, which ends the connection
 * that the device has. This channel may be for the queues that are to replace it.
 */
static int xfl_evtchn_alloc(const struct xenbus_device *xbdev, evtchn_port_t *port)
{
	struct xfl_device *xd = dev_get_drvdata(&xbdev->dev);
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = xbdev->otherend_id,
	};
	int err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);

	if (!err)
		*port = alloc.port;
	else if (xd && xfl_may_log(xd))
		dev_err(&xbdev->dev, "no event channel: %pe\n", ERR_PTR(err));
	return err;
}

/**
 * xfl_evtchn_bind() - allocate an event channel for the backend and listen on it
 * @xbdev: device whose backend may bind the other end
 * @ec: filled in
 * @handler: interrupt handler; begins with xfl_evtchn_event()
 * @name: name in /proc/interrupts; must stay as long as the binding
 * @data: cookie for @handler
 *
 * Context: process; sleeps.
 * Return: 0 or a negative errno; @ec holds nothing after an error.
 */
int xfl_evtchn_bind(struct xenbus_device *xbdev, struct xfl_evtchn *ec, irq_handler_t handler,
		    const char *name, void *data)
{
	int ret;

	*ec = (struct xfl_evtchn){};
	ret = xfl_evtchn_alloc(xbdev, &ec->port);
	if (ret)
		return ret;

	ret = bind_evtchn_to_irqhandler_lateeoi(ec->port, handler, 0, name, data);
	if (ret < 0) {
		xenbus_free_evtchn(xbdev, ec->port);
		ec->port = 0;
		return ret;
	}
	ec->irq = ret;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(xfl_evtchn_bind, XEN_FRONTLIB);

/**
 * xfl_evtchn_set_affinity() - have a channel's interrupt taken by certain CPUs
 * @ec: a bound channel
 * @cpus: the CPUs; must stay until xfl_evtchn_unbind(), as /proc/irq shows them as a hint
 *
 * If that is not possible the interrupt stays where it is.
 *
 * Context: process.
 */
void xfl_evtchn_set_affinity(struct xfl_evtchn *ec, const struct cpumask *cpus)
{
	irq_set_affinity_and_hint(ec->irq, cpus);
}
EXPORT_SYMBOL_NS_GPL(xfl_evtchn_set_affinity, XEN_FRONTLIB);

/**
 * xfl_evtchn_unbind() - stop listening and close the channel
 * @xd: the device
 * @ec: a bound channel, or one that holds nothing; holds nothing afterwards
 * @data: the cookie that it was bound with
 *
 * A slow backend may have read the port and be about to bind it. If the rings were ended early for
 * that reason, the port stays open in quarantine, so that its number is not given to anybody else.
 *
 * Context: process; waits for a running handler.
 */
void xfl_evtchn_unbind(struct xfl_device *xd, struct xfl_evtchn *ec, void *data)
{
	/* After a restore the port is void, and its number may be somebody else's. */
	bool keep = READ_ONCE(xd->ended_early) && ec->irq &&
		    READ_ONCE(xd->conn_restores) == xfl_nr_restores() &&
		    !xfl_evtchn_make_refcounted(ec->port) && !evtchn_get(ec->port);

	if (ec->irq) {
		irq_set_affinity_and_hint(ec->irq, NULL);
		unbind_from_irqhandler(ec->irq, data);
	}
	if (keep)
		xfl_quarantine_port(xd, ec->port);
	*ec = (struct xfl_evtchn){};
}
EXPORT_SYMBOL_NS_GPL(xfl_evtchn_unbind, XEN_FRONTLIB);
