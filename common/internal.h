/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of this module share with nobody else. */
#ifndef XENFRONT_COMMON_INTERNAL_H
#define XENFRONT_COMMON_INTERNAL_H

#include <xen/interface/event_channel.h>
#include <xen/xenbus.h>

#include <xenfront/lifetable.h>

struct xfl_device;
struct xfl_ring_mem;
struct xfl_watch;

/* park.c */
int xfl_park_init(void);
void xfl_park_exit(void);

/* watch.c */
bool xfl_watch_fired(const struct xfl_watch *w);
struct xfl_watch *xfl_watch_start_look(struct xfl_device *xd);
int xfl_watch_init(void);
void xfl_watch_exit(void);

/* transaction.c */
int xfl_transact_aside(struct xfl_device *xd,
		       int (*fn)(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx),
		       void *ctx);
int xfl_transact(struct xfl_device *xd,
		 int (*fn)(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx),
		 void *ctx);
bool xfl_look_home(struct xfl_device *xd);
void xfl_transact_init(void);

/* handshake.c */
bool xfl_is_gone(int err);
enum xfl_peer xfl_peer_read(const char *dir);
void xfl_closed_is_new(struct xfl_device *xd, enum xfl_peer backend);
void xfl_heed(struct xfl_device *xd, enum xfl_peer backend);
int xfl_state_write(struct xfl_device *xd, enum xenbus_state state);
void xfl_close_again(struct xfl_device *xd);
void xfl_retract(struct xfl_device *xd);
int xfl_mark(struct xfl_device *xd);

/* release.c */
bool xfl_rings_end(struct xfl_device *xd);
bool xfl_rings_end_early(struct xfl_device *xd);
void xfl_spend_ring(struct xfl_device *xd, struct xfl_ring_mem *mem);
void xfl_conn_abandon(struct xfl_device *xd);
void xfl_conn_park(struct xfl_device *xd);
bool xfl_conn_precedes(struct xfl_device *xd);
void xfl_conn_give_up(struct xfl_device *xd);
void xfl_spend_port(struct xfl_device *xd, evtchn_port_t port);
void xfl_release_flush(void);
int xfl_release_init(void);
void xfl_release_exit(void);

/* exchange.c */
void xfl_reprobe(struct xfl_device *xd);
int xfl_reprobe_init(void);
void xfl_reprobe_exit(void);

/* lifecycle.c */
void xfl_post(struct xfl_device *xd, unsigned long event);
void xfl_withhold(struct xfl_device *xd, unsigned int bit);
void xfl_disconnect(struct xfl_device *xd, enum xfl_why why);

/* suspend.c */
void xfl_pm_meet(struct xfl_device *xd);
void xfl_pm_forget(struct xfl_device *xd);
int xfl_pm_init(void);
void xfl_pm_exit(void);
unsigned int xfl_moves(void);

/* Whether one that shows this has moved since it showed @then; what could not be read is found out. */
static inline bool xfl_answers(enum xfl_peer backend, enum xfl_peer *then)
{
	if (*then == XFL_PEER_UNREADABLE)
		*then = backend;
	return backend != *then && backend != XFL_PEER_UNREADABLE;
}

/* Whether one that shows this has let go of what it mapped, and may read keys again. */
static inline bool xfl_starts_anew(enum xfl_peer backend)
{
	return backend == XFL_PEER_INITIALISING || backend == XFL_PEER_INITWAIT;
}

/* Posted to the machine; XFL_EV_LOOK carries nothing but the wish that it looks. */
#define XFL_EV_LOOK		BIT(0)
#define XFL_EV_BACKEND		BIT(1)
#define XFL_EV_RECONNECT	BIT(2)
#define XFL_EV_MOVED		BIT(3)

#endif /* XENFRONT_COMMON_INTERNAL_H */
