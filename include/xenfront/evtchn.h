/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event channels, with the end-of-interrupt sent late and honestly.
 *
 * DOC: the core throttles a channel whose events bring nothing (XSA-332,
 * XSA-391), so the verdict has to be right both ways. What counts is whether
 * the backend's producer index moved since the last verdict, not whether work
 * was left when the interrupt came: a poll may have done it a moment before.
 */
#ifndef XENFRONT_EVTCHN_H
#define XENFRONT_EVTCHN_H

#include <linux/atomic.h>
#include <linux/interrupt.h>
#include <xen/events.h>
#include <xen/xenbus.h>

struct xfl_device;

/**
 * struct xfl_evtchn - one bound event channel
 * @irq: interrupt it is bound to, 0 if it is not
 * @eoi_due: set by the handler, cleared by whoever sends the end-of-interrupt
 * @seen_prod: sum of producer indices at the last verdict; eoi sender only
 * @port: event channel, to be published in xenstore
 */
struct xfl_evtchn {
	unsigned int irq;
	atomic_t eoi_due;
	u32 seen_prod;
	evtchn_port_t port;
};

int xfl_evtchn_bind(struct xenbus_device *xbdev, struct xfl_evtchn *ec, irq_handler_t handler,
		    const char *name, void *data);
void xfl_evtchn_unbind(struct xfl_device *xd, struct xfl_evtchn *ec, void *data);
void xfl_evtchn_set_affinity(struct xfl_evtchn *ec, const struct cpumask *cpus);

/**
 * xfl_evtchn_notify() - raise the doorbell
 * @ec: a bound channel
 *
 * Only where the ring said so (XFL_RING_PUSH()): a backend throttles needless
 * events as well.
 */
static inline void xfl_evtchn_notify(const struct xfl_evtchn *ec)
{
	notify_remote_via_irq(ec->irq);
}

/**
 * xfl_evtchn_event() - note an event; first call of an interrupt handler
 * @ec: the channel
 *
 * No further event is delivered until xfl_evtchn_eoi().
 */
static inline void xfl_evtchn_event(struct xfl_evtchn *ec)
{
	atomic_set(&ec->eoi_due, 1);
}

/**
 * xfl_evtchn_eoi() - let the next event come
 * @ec: the channel
 * @prod: producer index of its ring as last read; the sum of both where two
 *	rings share a channel
 *
 * Does nothing if no event is waiting for its end-of-interrupt. Not to be
 * called for a broken device: its events then stay off.
 */
static inline void xfl_evtchn_eoi(struct xfl_evtchn *ec, u32 prod)
{
	bool moved;

	if (!atomic_read(&ec->eoi_due) || !atomic_xchg(&ec->eoi_due, 0))
		return;
	moved = prod != ec->seen_prod;
	ec->seen_prod = prod;
	xen_irq_lateeoi(ec->irq, moved ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

#endif /* XENFRONT_EVTCHN_H */
