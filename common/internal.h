/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* What the files of this module share with each other and with nobody else. */
#ifndef XENFRONT_COMMON_INTERNAL_H
#define XENFRONT_COMMON_INTERNAL_H

#include <xen/grant_table.h>
#include <xen/interface/event_channel.h>
#include <xen/xenbus.h>

#include <xenfront/lifetable.h>

struct xfl_device;
struct xfl_ring_mem;
struct xfl_watch;

/* post.c */
void xfl_post(struct xfl_device *xd, unsigned long event);
bool xfl_take_event(struct xfl_device *xd, unsigned long event);
void xfl_withhold(struct xfl_device *xd, unsigned int bit);
void xfl_unwithhold(struct xfl_device *xd, unsigned int bits);
unsigned int xfl_nr_restores(void);
void xfl_restored(void);

/* park.c */
int xfl_park_init(void);
void xfl_park_exit(void);
void xfl_park(const grant_ref_t *refs, u32 nr, void (*release)(void *data), void *data);
void xfl_park_free(void *memory);
void xfl_park_flush_work(void);

/* watch.c */
bool xfl_watch_fired(const struct xfl_watch *w);
struct xfl_watch *xfl_watch_start_flush(struct xfl_device *xd);
int xfl_watch_init(void);
void xfl_watch_exit(void);

/* identity.c */
int xfl_owned(struct xenbus_transaction xbt, const struct xfl_device *xd);
bool xfl_gone_meanwhile(const struct xfl_device *xd);
void xfl_note_exchange(struct xfl_device *xd);
bool xfl_check_directory(struct xfl_device *xd);
int xfl_write_mark(struct xenbus_transaction xbt, struct xfl_device *xd, void *mark);

/* transaction.c */
int xfl_transact_unlocked(struct xfl_device *xd,
		       int (*fn)(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx),
		       void *ctx);
int xfl_transact(struct xfl_device *xd,
		 int (*fn)(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx),
		 void *ctx);
void xfl_transact_init(void);

/* handshake.c */
bool xfl_is_gone(int err);
enum xfl_xs_state xfl_xs_state_read(const char *dir);
void xfl_reset_backend_moved(struct xfl_device *xd, enum xfl_xs_state backend);
void xfl_note_backend_state(struct xfl_device *xd, enum xfl_xs_state backend);
int xfl_state_write(struct xfl_device *xd, enum xenbus_state state);
void xfl_close_again(struct xfl_device *xd);
void xfl_unpublish(struct xfl_device *xd);
int xfl_mark(struct xfl_device *xd);

/* quarantine.c */
void xfl_quarantine_ring(struct xfl_device *xd, struct xfl_ring_mem *mem);
void xfl_quarantine_port(struct xfl_device *xd, evtchn_port_t port);
void xfl_quarantine_exit(void);

/* release.c */
bool xfl_rings_end(struct xfl_device *xd);
bool xfl_rings_end_early(struct xfl_device *xd);
void xfl_disconnect(struct xfl_device *xd, enum xfl_close_reason reason);

/* abandoned.c */
void xfl_conn_abandon(struct xfl_device *xd);
void xfl_abandoned_add(struct xfl_device *xd);
bool xfl_conn_claim_precursor(struct xfl_device *xd);
void xfl_conn_stop_waiting(struct xfl_device *xd);
void xfl_abandoned_flush(void);
int xfl_abandoned_init(void);
void xfl_abandoned_exit(void);

/* reprobe.c */
void xfl_reprobe(struct xfl_device *xd);
int xfl_reprobe_init(void);
void xfl_reprobe_exit(void);

/* suspend.c */
void xfl_pm_add(struct xfl_device *xd);
void xfl_pm_del(struct xfl_device *xd);
int xfl_pm_init(void);
void xfl_pm_exit(void);

/*
 * Whether a backend that shows @backend has moved since it showed *@then. Where *@then could not be
 * read, the first state that can be takes its place.
 */
static inline bool xfl_note_moved(enum xfl_xs_state backend, enum xfl_xs_state *then)
{
	if (*then == XFL_XS_UNREADABLE)
		*then = backend;
	return backend != *then && backend != XFL_XS_UNREADABLE;
}

/* Kinds of shortage, each with a line in the log of its own. */
#define XFL_SHORT_OF_RESOURCES	BIT(0)	/* memory, grants, event channels, room in xenstore */
#define XFL_SHORT_OF_XENSTORE	BIT(1)	/* xenstored takes no transaction of ours */

/* Jiffies between two looks at what is abandoned, or in quarantine. */
#define XFL_RELEASE_RETRY	HZ

/* Events for xfl_post(). */
#define XFL_EV_LOOK		BIT(0)	/* look again, for a reason that is not known here */
#define XFL_EV_BACKEND		BIT(1)	/* the backend may have written something */
#define XFL_EV_RECONNECT	BIT(2)	/* a new connection is wanted */
#define XFL_EV_RESTORED		BIT(3)	/* the guest was restored */

#endif /* XENFRONT_COMMON_INTERNAL_H */
