/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* The block frontend: its objects, and which file does what. */
#ifndef XENFRONT_BLKFRONT_BLKFRONT_H
#define XENFRONT_BLKFRONT_BLKFRONT_H

/**
 * DOC: The way of a request
 *
 *	submit.c	checks the request, then issues it or lets it wait. To issue it is to grant
 *			its data, segment by segment, and to write ring requests
 *	event.c		finds that there are responses
 *	complete.c	takes responses, has submit.c end the grants, completes requests, and has
 *			submit.c dispatch those that wait
 *
 * Beside it: rq_walk.h walks a request's data, shape.h cuts it into segments, and persistent.c has
 * the frames that data is copied through, where it is copied. recover.c requeues, parks or fails
 * requests whose connection ends.
 *
 * The way of a device:
 *
 *	main.c		the module, probe and removal
 *	connect.c	the steps of the life cycle
 *	negotiate.c	what is offered and published
 *	same_disk.c	what the backend says of its disk, and whether it is still the same disk
 *	ring_map.h	which hardware context has which ring
 *	ring.c		what a ring is made of
 *	disk.c		the gendisk
 *	stats.c		counts in debugfs
 *
 * Pure, beside shape.h and ring_map.h: wire.c (the protocol), vdev.c (names), serial.c. Parameters:
 * params.c. Which file may use which: scripts/layers.
 */

/**
 * DOC: Locks
 *
 * In the order in which they are taken:
 *
 *	poll_lock	mutex of a ring. Whoever looks at the ring outside its interrupt, or takes
 *			it down, holds it. That of ring 0 guards the ring map as well
 *	lock		spinlock of a ring: the ring itself, the table of what is in flight, the
 *			stack of grant references, persistent frames, requests that wait
 *	disk_lock	spinlock of a device: what the backend said last of its disk
 *
 * Grants end, and requests complete, outside the ring lock: a request whose last response was taken
 * from the ring belongs to whoever took it. The life cycle runs on the work queue of struct
 * xfl_device, or in the device's remover, one step at a time. A suspend calls pause, withhold and
 * look under xfl_pm_lock, see suspend.c.
 */

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <xenfront/evtchn.h>
#include <xenfront/framepool.h>
#include <xenfront/gframe.h>
#include <xenfront/grant.h>
#include <xenfront/lifecycle.h>
#include <xenfront/ring.h>
#include <xenfront/watch.h>

#include "ring_map.h"
#include "serial.h"
#include "vdev.h"
#include "wire.h"

DEFINE_RING_TYPES(xbf, union xbf_wire_request, struct xbf_wire_response);

/* The driver's part of a block request. It belongs to whoever has the request. */
struct xbf_req {
	/*
	 * On a ring's list of waiting or stuck requests, or on a private list of whoever took its
	 * last response; else empty.
	 */
	struct list_head link;
	struct xbf_tally tally;		/* responses to its parts; ring lock */
	u8 op;				/* what goes over the wire, an enum xbf_op */
	bool copied;			/* data goes through persistent frames, see @ref */
	u16 segs;			/* segments of its data */
	/*
	 * How many of @segs are on the ring. Only the head of the waiting list can have some there
	 * and not all.
	 */
	u16 placed;
	u16 nr_refs;			/* valid entries of @ref */
	u16 nr_stuck;			/* the first so many are grants that the backend uses */
	struct xbf_layout layout;	/* where to go on, once @placed is not 0 */
	struct xfl_parked parked;	/* while the backend maps its data without a connection */
	/* For each segment a grant reference or, if @copied, the number of a persistent frame. */
	grant_ref_t ref[XBF_MAX_SEGS];
};

/* What a ring does with a new request. */
enum xbf_ring_mode {
	XBF_RING_HOLD,	/* lets it wait: there is no backend, but there may be one */
	XBF_RING_LIVE,	/* sends it, or lets it wait for credit */
	XBF_RING_DEAD,	/* fails it */
};

/* So many of a ring's persistent frames are left to small requests. */
#define XBF_PFRAMES_SPARE	64u

/*
 * The persistent frames of a ring: granted for reading and writing from one request to the next.
 * Ring lock, except while the ring is opened or closed.
 */
struct xbf_pframe_pool {
	/* By number; NULL if data is granted where it is. No frame under a number: its va is NULL. */
	struct xfl_gframe *frame;
	/*
	 * Numbers: the first @nr_free are those of free frames, a stack; those from @nr to @max
	 * have no frame.
	 */
	u16 *free;
	u32 nr_free;
	u32 idle;			/* the least @nr_free since xbf_trim() looked */
	u32 nr;				/* frames there are */
	u32 max;			/* most there can be */
	struct xfl_framepool framepool;	/* their memory */
};

/* Counts of one ring since the disk was made. Their names are those in debugfs. */
struct xbf_ring_stats {
	/* Ring lock. */
	u64 requests;			/* block requests sent, again if they were sent again */
	u64 parts;			/* ring requests sent for them */
	u64 waits;			/* requests that waited for credit, references or frames */
	u64 doorbells;			/* events raised for the backend */
	u64 deferred;			/* times that an interrupt left work to @deferred_work */
	u64 grants_made;		/* frames of data granted */
	u64 grants_ended;		/* and taken back */
	u64 bytes_copied;		/* through persistent frames, either way */
	u64 requeued;			/* requests whose connection ended under them */
	u64 parked;			/* those of them whose data the backend still mapped */

	/* Written by the interrupt handler, read anywhere. */
	u64 events;			/* interrupts */
	u64 idle_events;		/* interrupts without a response */
};

/* One ring and what is on it. */
struct xbf_ring {
	spinlock_t lock;		/* taken in hard interrupts */

	/* Ring lock, unless said otherwise. */
	enum xbf_ring_mode mode;
	bool polled;			/* asks for no events; also read without the lock */
	/*
	 * @deferred_work is queued, or runs and has yet to look. Nobody asks for events meanwhile.
	 * Also read without the lock.
	 */
	bool deferred;
	/*
	 * The backend was found to map data that it has responded to. The kernel logs each attempt
	 * to end such a grant, so no other grant of this connection is ended after that. Read and
	 * written without the lock.
	 */
	bool grants_stuck;
	u16 handle;			/* the frontend's device id, part of every ring request */
	u16 cap;			/* segments one ring request carries */
	u32 armed_at;			/* response index at which an event was asked for */
	struct xbf_front_ring front;	/* its sring is NULL while the ring is closed */
	struct xbf_table table;		/* ring requests in flight */
	struct xfl_grefs grefs;
	/*
	 * Frames for the segments of indirect requests, one per slot of @table; NULL if all are
	 * direct. They stay granted with the connection, for reading unless grants may persist.
	 */
	struct xfl_gframe *indirect;
	struct xbf_pframe_pool pframes;
	struct list_head waiting;	/* for credit; submit.c has the order */
	u32 passes;			/* small requests sent in a row while others waited */
	struct xbf_req *copying;	/* the one of @waiting whose data is being copied */
	struct list_head stuck;		/* responded to, but a grant is still in use */
	struct xbf_ring_stats stats;

	struct xfl_evtchn ec;		/* bound by the life cycle, its EOI is the handler's */
	/*
	 * Held by whoever looks at the ring outside its interrupt: pollers, the timeout handler,
	 * and @deferred_work also while it copies the data of @copying. Held while the ring is
	 * taken down. That of ring 0 guards the ring map as well: @live and @nr_live of the device,
	 * and which ring each hardware context has.
	 */
	struct mutex poll_lock;
	struct work_struct deferred_work; /* copies and ends more than an interrupt should */
	struct delayed_work trim;	/* frees frames and references that nobody needs */
	struct xbf_dev *xb;

	/* Life cycle only. */
	struct xfl_slot *slot;		/* of @table; outlives a connection for its generations */
	struct xfl_framepool pool;	/* frames of @indirect */
	struct xfl_ring_mem mem;	/* memory of @front */
} ____cacheline_aligned_in_smp;

/* What a backend offers before it sees our keys. */
struct xbf_offer {
	u32 segments;	/* most segments in an indirect request */
	u32 queues;	/* most rings */
	u32 ring_order;	/* largest order of a ring */
};

/* One disk. */
struct xbf_dev {
	/* Set at the first connection, and fixed from then on. */
	struct xbf_ring *ring;
	unsigned int nr_rings;		/* as many as there are hardware contexts */
	struct xbf_rings contexts;	/* the hardware contexts by kind */
	u32 block_mask;			/* logical block size minus 1 */

	/*
	 * The ring map: rings that this backend has, the first ones. Written by the life cycle
	 * under the poll lock of ring 0; removal reads @nr_live without.
	 */
	struct xbf_rings live;
	unsigned int nr_live;

	/*
	 * How this backend flushes; 0 if it has no cache, or said that it cannot. Without a lock.
	 */
	u8 flush_op;

	/* Life cycle. */
	struct xfl_device xd;
	bool persistent;		/* the backend was offered persistent grants */
	bool untrusted;			/* the backend shall see the data and nothing else */
	struct xfl_watch *resized;	/* on the size that the backend writes */
	struct xbf_keys keys;		/* the backend's keys @disk was made of */
	unsigned int restores_seen;	/* @xd.restores when the disk was last seen to be the same */
	bool name_reported;		/* a line said that another disk has our name */
	/* A removed device whose backend maps a ring: xbf_abandoned_put() does the rest. */
	bool abandoned;

	/* Written by the life cycle under @disk_lock. */
	spinlock_t disk_lock;
	struct xbf_disk disk;		/* what the backend said last */
	bool removing;			/* @disk_work is not queued any more; by @del_work */

	/* The gendisk, from the first connection on. */
	struct gendisk *gd;		/* NULL before */
	struct blk_mq_tag_set tag_set;
	struct list_head minors_node;	/* disks that have device numbers; xbf_disks_lock */
	struct dentry *stats;		/* its directory in debugfs */
	atomic_t disk_users;		/* of @gd: the life cycle, @del_work */
	struct work_struct disk_work;	/* adds the disk, tells the block layer what changed */
	struct work_struct del_work;	/* deletes the disk */
	struct completion deleted;	/* by @del_work */

	/* Read without a lock. */
	bool added;			/* by @disk_work */
	bool deleting;			/* @del_work is queued, or has run */
	bool dead;			/* the disk will not come back, or could not be added */
	bool cache_known;		/* the block layer knows of the cache; by @disk_work */
	bool waiting_for_cache;		/* rings hold requests until @cache_known; life cycle */

	struct ratelimit_state log_limit; /* of lines about what the backend changes; @disk_work */
	wait_queue_head_t applied;	/* woken when the block layer was told what changed */
	struct xbf_vdev vdev;		/* name and minors, fixed from probe on */
	char serial[XBF_SERIAL_MAX + 1]; /* empty if there is none; fixed from @gd on */
	struct kref ref;		/* the xenbus device, @del_work, the gendisk */
};

static inline struct xbf_req *xbf_req_of(struct request *rq)
{
	return blk_mq_rq_to_pdu(rq);
}

static inline struct request *xbf_rq(struct xbf_req *br)
{
	return blk_mq_rq_from_pdu(br);
}

/*
 * The ring that a hardware context has. It changes only while the queue is quiesced, which stops
 * submission, but neither pollers nor the timeout handler: these may still get the earlier ring.
 */
static inline struct xbf_ring *xbf_hctx_ring(const struct blk_mq_hw_ctx *hctx)
{
	return READ_ONCE(hctx->driver_data);
}

/* The ring that a request goes by. */
static inline struct xbf_ring *xbf_ring_of(const struct request *rq)
{
	return xbf_hctx_ring(rq->mq_hctx);
}

/* The ring that serves a hardware context by the ring map. */
static inline struct xbf_ring *xbf_ring_for(struct xbf_dev *xb, unsigned int context)
{
	return &xb->ring[xbf_ring_index(&xb->contexts, &xb->live, context)];
}

/* params.c; the parameters are in params.h */
extern struct workqueue_struct *xbf_wq;
extern struct workqueue_struct *xbf_deferred_wq;

/* connect.c */
extern const struct xfl_ops xbf_ops;
void xbf_end_life(struct xbf_dev *xb);

/* negotiate.c */
extern const char *const xbf_stale_keys[];
int xbf_read_offer(struct xbf_dev *xb, struct xbf_offer *offer);
int xbf_write_keys(struct xenbus_transaction xbt, const char *dir, void *ctx);

/* same_disk.c */
int xbf_read_keys(const struct xbf_dev *xb, struct xfl_device *log_dev, struct xbf_keys *keys);
int xbf_read_disk(struct xbf_dev *xb);
void xbf_read_serial(struct xbf_dev *xb, char *serial);
void xbf_compare_serial(struct xbf_dev *xb);

/* ring.c */
void xbf_get(struct xbf_dev *xb);
void xbf_put(struct xbf_dev *xb);
int xbf_rings_alloc(struct xbf_dev *xb, unsigned int nr, unsigned int max_frames);
void xbf_rings_free(struct xbf_dev *xb);
void xbf_rings_destroy_grefs(struct xbf_dev *xb);
bool xbf_ring_affordable(const struct xbf_ring *ring, unsigned int frames, u32 cap);
int xbf_ring_open(struct xbf_ring *ring, unsigned int frames, u32 cap);
void xbf_ring_close(struct xbf_ring *ring);

/* persistent.c */
void xbf_frame_free(struct xbf_ring *ring, struct xfl_framepool *pool, struct xfl_gframe *f);
int xbf_pframes_open(struct xbf_ring *ring);
void xbf_pframes_close(struct xbf_ring *ring);
void xbf_trim(struct work_struct *work);
void xbf_trim_later(struct xbf_ring *ring);
bool xbf_pframes_grow(struct xbf_ring *ring, u32 n, gfp_t gfp);
bool __must_check xbf_pframes_take(struct xbf_ring *ring, struct xbf_req *br);
void xbf_copy_out(struct xbf_ring *ring, struct xbf_req *br);
void xbf_copy_back(struct xbf_ring *ring, struct xbf_req *br);

/* submit.c */
void xbf_end_grants(struct xbf_ring *ring, struct xbf_req *br);
void xbf_return_refs(struct xbf_ring *ring, struct xbf_req *br);
void xbf_defer(struct xbf_ring *ring);
blk_status_t xbf_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd);
void xbf_commit_rqs(struct blk_mq_hw_ctx *hctx);
bool xbf_dispatch(struct xbf_ring *ring);
struct xbf_req *xbf_first_to_copy(struct xbf_ring *ring);
bool xbf_copy_and_dispatch(struct xbf_ring *ring);
void xbf_ring_set_mode(struct xbf_ring *ring, enum xbf_ring_mode mode);

/* event.c */
void xbf_deferred_work(struct work_struct *work);
irqreturn_t xbf_interrupt(int irq, void *data);
int xbf_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *batch);
void xbf_ring_enable_events(struct xbf_ring *ring);
void xbf_ring_disable_events(struct xbf_ring *ring);
enum blk_eh_timer_return xbf_timeout(struct request *rq);

/* complete.c */
bool xbf_arm(struct xbf_ring *ring);
bool xbf_complete(struct xbf_ring *ring, u32 *cons, int budget);
void xbf_complete_rq(struct request *rq);

/* recover.c */
bool xbf_rings_idle(struct xbf_dev *xb);
bool xbf_rings_have_waiting(struct xbf_dev *xb);
void xbf_fail_copied(struct xbf_dev *xb);
void xbf_recover(struct xbf_ring *ring, bool requeue);
void xbf_end_flushes(struct xbf_dev *xb);
void xbf_fail_all(struct xbf_dev *xb);

/* stats.c */
void xbf_stats_add(struct xbf_dev *xb);
void xbf_stats_del(struct xbf_dev *xb);
void xbf_stats_init(void);
void xbf_stats_exit(void);

/* disk.c */
int xbf_name_is_free(struct xbf_dev *xb);
int xbf_disk_create(struct xbf_dev *xb);
void xbf_disk_update(struct xbf_dev *xb);
void xbf_disk_await_cache(struct xbf_dev *xb);
void xbf_disk_mark_dead(struct xbf_dev *xb);
void xbf_disk_put(struct xbf_dev *xb);
void xbf_disk_work(struct work_struct *work);
void xbf_disk_del_work(struct work_struct *work);

#endif /* XENFRONT_BLKFRONT_BLKFRONT_H */
