/* SPDX-License-Identifier: GPL-2.0 */
/*
 * badback: a network backend in user space, with the manners of backends other than Linux's. It
 * takes a guest's interface over from dom0's kernel and connects it to a TAP interface.
 *
 * What it writes for the guest to see goes through few places, so that a case that lies has but
 * one place to hook into: tx_respond() and rx_respond() for the rings, life_say() for states,
 * struct manner for keys.
 */
#ifndef BADBACK_H
#define BADBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_net.h>

/* First of Xen's: it says in which dialect all of them speak. */
#include <xenring.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#define PACKET_MAX	65536u
#define FRAME_MIN	14u
/* Slots of one packet that are looked at; no manner takes as many. */
#define SLOTS_MAX	64u
#define EXTRAS_MAX	8u
#define RING_SLOTS	256u
#define QUEUES_MAX	4u
/* Of what is hashed by. */
#define KEY_MAX		40u
#define TABLE_MAX	128u
#define ADDR_LEN	6u
/* Of a list of multicast groups. */
#define GROUPS_MAX	8u

/* ---- manners.c ---- */

/**
 * struct key - what a backend writes before InitWait
 * @name: of the key
 * @value: a number
 */
struct key {
	const char *name;
	unsigned int value;
};

/**
 * struct manner - how a kind of backend behaves
 * @name: for the command line
 * @keys: all that it advertises, ends with a NULL name
 * @tx_slots: most data slots of one packet that it takes if nothing is agreed on
 * @tx_offer: its feature-max-tx-slots, 0 if it does not know of that
 * @gso: bit N set if it advertises GSO of type N
 * @csum6: takes packets of IPv6 without checksum
 * @csum_rx: gives packets without checksum to a guest that takes them
 * @maps: maps each grant, instead of having Xen copy
 * @waits: for the rest of a packet that is not all on the ring yet
 * @ragged: now and then gives a packet in more slots than it needs
 * @rx_offset: where in a frame it puts received data
 * @queues: most queues it takes, 0 if it does not know of more than one
 * @ctrl: has a control ring
 * @fail_every: one packet in so many fails, each way; see errors.c
 * @groups: most groups that its multicast filter lists, 0 if it has none
 * @groups_dynamic: looks again whether the filter is wanted, not only when connecting
 */
struct manner {
	const char *name;
	const struct key *keys;
	unsigned int tx_slots;
	unsigned int tx_offer;
	unsigned int gso;
	bool csum6;
	bool csum_rx;
	bool maps;
	bool waits;
	bool ragged;
	unsigned int rx_offset;
	unsigned int queues;
	bool ctrl;
	unsigned int fail_every;
	unsigned int groups;
	bool groups_dynamic;
};

const struct manner *manner_named(const char *name);

/* ---- count.c ---- */

#define COUNTS(_)							\
	_(connects)							\
	_(tx_packets) _(tx_slots) _(tx_extras) _(tx_gso) _(tx_most)	\
	_(tx_strange)							\
	_(tx_errors) _(tx_rsp_error) _(tx_rsp_dropped) _(tx_dropped)	\
	_(rx_packets) _(rx_slots) _(rx_extras) _(rx_gso) _(rx_most)	\
	_(rx_dropped) _(rx_posted)					\
	_(rx_failed) _(rx_failed_first) _(rx_failed_extra)		\
	_(rx_failed_middle) _(rx_failed_last)				\
	_(rx_filtered) _(mcast_requests) _(mcast_refused)		\
	_(ctrl_requests) _(ctrl_refused)				\
	_(hash_alg) _(hash_types) _(hash_table)				\
	_(violations)

struct counts {
#define COUNT_FIELD(_name)	unsigned long _name;
	COUNTS(COUNT_FIELD)
#undef COUNT_FIELD
};

extern struct counts counts;

void count_print(void);
void count_most(unsigned long *most, unsigned long now);
__attribute__((format(printf, 1, 2))) void violation(const char *fmt, ...);
__attribute__((format(printf, 1, 2), noreturn)) void die(const char *fmt, ...);

/* ---- the interface ---- */

/**
 * struct guest - access to the guest's memory and its event channel; guest.c
 * @domid: of the guest
 * @gnt: grant device
 * @evt: event channel device
 * @late: we have stood still since we read its keys
 */
struct guest {
	unsigned int domid;
	xengnttab_handle *gnt;
	xenevtchn_handle *evt;
	bool late;
};

/**
 * struct link - rings that share an event channel
 * @port: our end of that, valid while the first ring is mapped
 * @ring: mapped, or NULL
 */
struct link {
	xenevtchn_port_or_error_t port;
	void *ring[2];
};

/**
 * struct queue - one queue of the interface
 * @link: ring 0 for what the guest sends, 1 for what it receives
 * @tx: our end of the first
 * @rx: our end of the second
 */
struct queue {
	struct link link;
	netif_tx_back_ring_t tx;
	netif_rx_back_ring_t rx;
};

/**
 * struct ctrl - the control ring, and what the guest asked for on it
 * @link: its ring
 * @back: our end
 * @alg: algorithm; this and all below outlive a connection
 * @types: mask of what is hashed
 * @nr_table: entries of the table in use
 * @table: queue of a packet by its hash
 * @key: of the hash
 * @refusals: file that says what is refused, a line "TYPE STATUS" each, or NULL; see ctrl.c
 */
struct ctrl {
	struct link link;
	xen_netif_ctrl_back_ring_t back;
	uint32_t alg;
	uint32_t types;
	uint32_t nr_table;
	uint32_t table[TABLE_MAX];
	uint8_t key[KEY_MAX];
	const char *refusals;
};

/**
 * struct mcast - the multicast filter
 * @on: the guest wants it used
 * @nr: groups in the list
 * @addr: the list
 */
struct mcast {
	bool on;
	unsigned int nr;
	uint8_t addr[GROUPS_MAX][ADDR_LEN];
};

/**
 * struct vif - the interface
 * @manner: how to behave
 * @xs: connection to xenstore
 * @front: the frontend's directory
 * @back: our directory
 * @state: what we last wrote there
 * @front_state: what the guest had written when we last looked
 * @guest: access to the guest
 * @tap: the TAP interface
 * @queue: its queues; packets are given to the first one alone
 * @nr_queues: those in use
 * @ctrl: the control ring
 * @mcast: the multicast filter
 * @tx_slots: most data slots of one packet the guest may use
 * @rx_slots: most data slots of one packet it takes
 * @rx_gso: bit N set if it takes GSO of type N
 * @rx_csum: it takes packets without checksum
 * @fail_every: the manner's, 0 once packets are to fail no more
 * @mac: the interface's address
 * @deaf: does not look at xenstore
 * @dawdles: stops itself once, with the guest's keys read and nothing mapped
 * @ended: the device is gone or was taken down; nothing is left to do
 * @leaving: we were told to end
 */
struct vif {
	const struct manner *manner;
	struct xs_handle *xs;
	char front[96];
	char back[96];
	enum xenbus_state state;
	unsigned int front_state;
	struct guest guest;
	int tap;
	struct queue queue[QUEUES_MAX];
	unsigned int nr_queues;
	struct ctrl ctrl;
	struct mcast mcast;
	unsigned int tx_slots;
	unsigned int rx_slots;
	unsigned int rx_gso;
	bool rx_csum;
	unsigned int fail_every;
	uint8_t mac[ADDR_LEN];
	bool deaf;
	bool dawdles;
	bool ended;
	bool leaving;
};

static inline bool linked(const struct vif *v)
{
	return v->queue[0].link.ring[0];
}

/* ---- guest.c ---- */

/**
 * struct piece - bytes in one granted frame
 * @ref: the grant
 * @offset: in the frame
 * @len: bytes
 * @local: where they go or come from
 */
struct piece {
	uint32_t ref;
	uint16_t offset;
	uint16_t len;
	void *local;
};

void guest_open(struct guest *g, unsigned int domid);
bool guest_link(struct guest *g, struct link *l, const uint32_t *ref, unsigned int nr,
		uint32_t port);
void guest_unlink(struct guest *g, struct link *l);
bool guest_take(struct guest *g, const struct piece *piece, unsigned int nr, bool maps);
bool guest_give(struct guest *g, const struct piece *piece, unsigned int nr, bool maps);
void guest_notify(struct guest *g, const struct link *l);
void guest_event(struct guest *g);

/* ---- tap.c ---- */

int tap_open(const char *name);
void tap_offload(const struct vif *v);
bool tap_send(int tap, const struct virtio_net_hdr *hdr, const void *data, unsigned int len);
int tap_receive(int tap, struct virtio_net_hdr *hdr, void *data);

/* ---- headers.c ---- */

bool headers_find(const uint8_t *frame, unsigned int len, bool ip6_too, struct virtio_net_hdr *hdr);

/* ---- tx.c, rx.c ---- */

void tx_serve(struct vif *v);
unsigned int rx_posted(const struct vif *v);
bool rx_room(struct vif *v);
void rx_serve(struct vif *v);
void rx_discard(struct vif *v);

/* ---- errors.c ---- */

unsigned int errors_rx(const struct vif *v, unsigned int nr, bool extra);
int16_t errors_tx(const struct vif *v);

/* ---- mcast.c ---- */

bool mcast_is_request(const struct vif *v, const netif_extra_info_t *extra);
int16_t mcast_obey(struct vif *v, const netif_tx_request_t *slot, const netif_extra_info_t *extra);
bool mcast_hears(const struct vif *v, const uint8_t *frame);
void mcast_agree(struct vif *v);
void mcast_step(struct vif *v);

/* ---- ctrl.c ---- */

bool ctrl_link(struct vif *v);
void ctrl_serve(struct vif *v);

/* ---- store.c ---- */

bool store_number(struct vif *v, const char *dir, const char *key, unsigned int *value);
void store_write(struct vif *v, const char *dir, const char *key, unsigned int value);
void store_forget(struct vif *v);
void store_find(struct vif *v, unsigned int handle);
bool agree(struct vif *v);
void part(struct vif *v);

/* ---- life.c ---- */

void life_begin(struct vif *v);
void life_step(struct vif *v);
void life_end(struct vif *v);

#endif /* BADBACK_H */
