/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Event channels with a late end-of-interrupt (EOI).
 */
#ifndef XENFRONT_EVTCHN_H
#define XENFRONT_EVTCHN_H

#include <linux/atomic.h>
#include <linux/interrupt.h>
#include <xen/events.h>
#include <xen/xenbus.h>

struct xfl_device;

/**
 * DOC: Spurious events
 *
 * The kernel delays the events of a channel whose events bring nothing (XSA-332, XSA-391). So each
 * EOI says whether its event was spurious, and an error costs either way. An event is spurious if
 * no response was consumed since the last EOI, by whomever. Whether work was left when the
 * interrupt came says nothing, as a poll may have done it a moment before.
 */

/**
 * struct xfl_evtchn - one bound event channel
 * @irq: interrupt that the channel is bound to, 0 if it is not bound
 * @eoi_due: set by the handler, cleared by whoever sends the EOI
 * @seen_cons: sum of the consumer indices at the last EOI; for the sender of the EOI only
 * @port: port number, to be published in xenstore
 */
struct xfl_evtchn {
	unsigned int irq;
	atomic_t eoi_due;
	u32 seen_cons;
	evtchn_port_t port;
};

int xfl_evtchn_bind(struct xenbus_device *xbdev, struct xfl_evtchn *ec, irq_handler_t handler,
		    const char *name, void *data);
void xfl_evtchn_unbind(struct xfl_device *xd, struct xfl_evtchn *ec, void *data);
void xfl_evtchn_set_affinity(struct xfl_evtchn *ec, const struct cpumask *cpus);

/**
 * xfl_evtchn_notify() - raise an event for the backend
 * @ec: a bound channel
 *
 * Only if the ring asks for it, see XFL_RING_PUSH(): backends delay needless events as well.
 *
 * Context: any, while xfl_believes() is true.
 */
static inline void xfl_evtchn_notify(const struct xfl_evtchn *ec)
{
	notify_remote_via_irq(ec->irq);
}

/**
 * xfl_evtchn_event() - note an event; first call of an interrupt handler
 * @ec: the channel
 *
 * The kernel delivers no further event until xfl_evtchn_eoi().
 *
 * Context: hard interrupt.
 */
static inline void xfl_evtchn_event(struct xfl_evtchn *ec)
{
	atomic_set(&ec->eoi_due, 1);
}

/**
 * xfl_evtchn_eoi() - let the next event come
 * @ec: the channel
 * @cons: index of the next response to consume; the sum of both where two rings share a channel
 *
 * Does nothing if no event waits for its EOI. A driver does not call it for a broken device, whose
 * events then stay off.
 *
 * Context: any; one caller at a time.
 */
static inline void xfl_evtchn_eoi(struct xfl_evtchn *ec, u32 cons)
{
	bool moved;

	if (!atomic_read(&ec->eoi_due) || !atomic_xchg(&ec->eoi_due, 0))
		return;
	moved = cons != ec->seen_cons;
	ec->seen_cons = cons;
	xen_irq_lateeoi(ec->irq, moved ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

#endif /* XENFRONT_EVTCHN_H */
