/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block frontend: its objects, and which file does what.
 *
 * DOC: the way of a request
 *
 *	submit.c	checks its shape, then issues it or lets it wait for credit
 *	segs.h		its data, segment by segment
 *	request.c	turns them into grants and ring requests
 *	persistent.c	has the frames its data is copied through, if it is
 *	event.c		finds that there are responses
 *	complete.c	takes them, ends grants, completes it
 *	recover.c	what becomes of it when the connection ends first
 *
 * and the way of a device: main.c, connect.c (keys, life cycle), ring.c (a ring's
 * memory), disk.c (the gendisk), stats.c (debugfs), params.c, vdev.c (names),
 * wire.c (protocol).
 *
 * DOC: locks. A ring has one lock; it covers the ring, the table of what is in
 * flight, the stack of grant references and the requests that wait. Ending
 * grants and completing requests happen outside it: a request whose last
 * answer was taken from the ring belongs to whoever took it. The life of the
 * device is serialised by struct xfl_device's work queue.
 */
#ifndef XENFRONT_BLKFRONT_BLKFRONT_H
#define XENFRONT_BLKFRONT_BLKFRONT_H

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
#include <xenfront/grant.h>
#include <xenfront/lifecycle.h>
#include <xenfront/ring.h>
#include <xenfront/watch.h>

#include "serial.h"
#include "vdev.h"
#include "wire.h"

DEFINE_RING_TYPES(xbf, union xbf_wire_request, struct xbf_wire_response);

/**
 * struct xbf_req - what the driver keeps with each block request
 * @link: on its ring's waiting or stuck list, or on a private list of whoever
 *	took its last answer; else empty
 * @tally: answers to its parts; ring lock
 * @op: what goes over the wire
 * @copied: its data goes through persistent frames, and @ref holds their numbers
 * @segs: frames of its data
 * @placed: how many of them are on the ring; fewer than all only at the head of the
 *	ring's waiting list
 * @nr_refs: grants in use, in @ref; whoever owns the request
 * @nr_stuck: how many of them the backend will not let go of; at the front of @ref
 * @layout: how the rest goes on, once @placed is not 0
 * @parked: while its connection is gone and the backend still maps its data
 * @ref: one grant reference, or number of a persistent frame, per frame of data
 */
struct xbf_req {
	struct list_head link;
	struct xbf_tally tally;
	u8 op;
	bool copied;
	u16 segs;
	u16 placed;
	u16 nr_refs;
	u16 nr_stuck;
	struct xbf_layout layout;
	struct xfl_parked parked;
	grant_ref_t ref[XBF_MAX_SEGS];
};

/* What a ring does with a request. */
enum xbf_ring_mode {
	XBF_RING_HOLD,	/* lets it wait: there is no backend, but there may be one */
	XBF_RING_LIVE,	/* sends it, or lets it wait for credit */
	XBF_RING_DEAD,	/* fails it */
};

/**
 * struct xbf_indirect - a frame that holds the segments of an indirect request
 * @seg: the frame's memory
 * @gref: the backend may read it, from connect to disconnect
 * @frame: the frame
 */
struct xbf_indirect {
	struct xbf_wire_segment *seg;
	grant_ref_t gref;
	struct xfl_frame frame;
};

/**
 * struct xbf_pframe - a frame that stays granted
 * @va: its memory; NULL if there is none under this number
 * @gref: the backend may read and write it
 * @frame: the frame
 */
struct xbf_pframe {
	void *va;
	grant_ref_t gref;
	struct xfl_frame frame;
};

/* So many of a ring's persistent frames are for small requests alone. */
#define XBF_PFRAMES_SPARE	64u

/**
 * struct xbf_pframe_pool - persistent frames of a ring
 * @frame: the frames; NULL if data is granted where it is
 * @free: numbers in @frame: the first @nr_free are those of free frames, a stack;
 *	from @nr to @max those without a frame
 * @nr_free: free frames
 * @idle: the least that @nr_free was since xbf_trim() looked
 * @nr: frames there are
 * @max: most there will be
 * @framepool: where they come from
 */
struct xbf_pframe_pool {
	struct xbf_pframe *frame;
	u16 *free;
	u32 nr_free;
	u32 idle;
	u32 nr;
	u32 max;
	struct xfl_framepool framepool;
};

/**
 * struct xbf_ring_stats - counts of one ring, since the disk was made; ring lock, except
 *	that @events and @idle_events belong to the interrupt handler
 * @requests: block requests sent, again if they were sent again
 * @parts: ring requests sent for them
 * @waits: requests that had to wait for credit, grant references or frames
 * @doorbells: events raised for the backend
 * @events: interrupts
 * @idle_events: those that brought nothing
 * @deferred: times that more was to do than an interrupt should
 * @grants_made: frames of data granted
 * @grants_ended: those taken back
 * @bytes_copied: bytes that went through persistent frames, either way
 * @requeued: requests that a connection ended on
 * @parked: those of them that had to wait for the backend to unmap their data
 */
struct xbf_ring_stats {
	u64 requests;
	u64 parts;
	u64 waits;
	u64 doorbells;
	u64 events;
	u64 idle_events;
	u64 deferred;
	u64 grants_made;
	u64 grants_ended;
	u64 bytes_copied;
	u64 requeued;
	u64 parked;
};

/**
 * struct xbf_ring - one ring and what is on it
 * @lock: protects everything up to @stats; taken in hard interrupts
 * @mode: what becomes of new requests
 * @polled: the backend is not asked for events
 * @grants_stuck: the backend was found to keep data mapped. The kernel logs each attempt to end
 *	such a grant, so there is but one
 * @deferred: @deferred_work is queued or running and has yet to look; nobody asks for
 *	events meanwhile
 * @handle: the frontend's device id, part of every request
 * @cap: segments one ring request carries
 * @armed_at: the response index at which an event was asked for
 * @front: the ring; its sring is NULL while there is none
 * @table: ring requests in flight
 * @grefs: grant references
 * @indirect: frames for indirect requests, one per slot of @table; NULL if the
 *	backend takes none
 * @pframes: persistent frames
 * @waiting: requests that wait for credit, whichever hardware context they came by; in
 *	which order they go stands in submit.c
 * @passes: small ones that went before a large one, since the last large one
 * @copying: the one of @waiting whose data is being copied
 * @stuck: answered requests with a grant the backend will not let go of
 * @stats: counts
 * @ec: event channel; bound by the life cycle, end-of-interrupt by the handler
 * @poll_lock: held by whoever looks at the ring outside its interrupt: pollers, the timeout
 *	handler and @deferred_work, also while it copies @copying; and while the ring is taken
 *	down. That of ring 0 guards the ring map as well: @live and @nr_live of the device, and
 *	which ring each hardware context has
 * @deferred_work: what an interrupt should not do: copying and ending much
 * @trim: frees persistent frames and references that nobody needs
 * @xb: the device
 * @slot: memory of @table, kept over a reconnect for its generations
 * @pool: frames of @indirect; life cycle only, as all below
 * @mem: memory of @front
 */
struct xbf_ring {
	spinlock_t lock;
	enum xbf_ring_mode mode;
	bool polled;
	bool deferred;
	bool grants_stuck;
	u16 handle;
	u16 cap;
	u32 armed_at;
	struct xbf_front_ring front;
	struct xbf_table table;
	struct xfl_grefs grefs;
	struct xbf_indirect *indirect;
	struct xbf_pframe_pool pframes;
	struct list_head waiting;
	u32 passes;
	struct xbf_req *copying;
	struct list_head stuck;
	struct xbf_ring_stats stats;

	struct xfl_evtchn ec;
	struct mutex poll_lock;
	struct work_struct deferred_work;
	struct delayed_work trim;
	struct xbf_dev *xb;
	struct xfl_slot *slot;
	struct xfl_framepool pool;
	struct xfl_ring_mem mem;
} ____cacheline_aligned_in_smp;

/**
 * struct xbf_dev - one disk
 * @ring: the rings
 * @nr_rings: how many, as many as there are hardware contexts
 * @nr_live: rings in use with this backend, the first ones
 * @contexts: the hardware contexts by kind
 * @live: the rings in use by kind
 * @block_mask: logical block size minus 1
 * @flush_op: how this backend flushes, 0 if it has nothing to flush; cleared
 *	when it says it cannot
 * @persistent: we offered the backend to let grants persist; life cycle only
 * @untrusted: the backend shall see no more than the data itself; life cycle only
 * @xd: life cycle
 * @resized: watch on the size the backend writes; life cycle only
 * @drained: woken when a ring that holds new requests has none in flight, and when the
 *	block layer was told what changed
 * @keys: the backend's keys @disk was made of; life cycle only
 * @disk_lock: protects @disk and @removing
 * @disk: what the backend said last; written by the life cycle
 * @removing: no more @disk_work
 * @minors_node: on the list of disks that have device numbers; under a lock of disk.c
 * @deleting: its deletion has begun
 * @name_reported: it was said that another disk has our name
 * @dead: the disk will not come back, or could not be added
 * @abandoned: the device was removed while its backend mapped a ring; the life cycle's part of the
 *	rest is left to xbf_abandoned_put()
 * @log_limit: bounds the lines about what the backend changes; @disk_work
 * @cache_known: the block layer knows that there is a cache; @disk_work
 * @waiting_for_cache: rings hold requests until it knows; life cycle
 * @disk_users: who still uses @gd: the life cycle, @del_work
 * @gd: the gendisk, from the first connection on; NULL before
 * @tag_set: its tags
 * @disk_work: adds the disk, and later tells the block layer what changed
 * @del_work: deletes the disk
 * @deleted: done by @del_work
 * @added: the disk was added; @disk_work only, then @del_work
 * @stats: its directory in debugfs
 * @moves: value of @xd.restores when the disk was last seen to be the one it was; life cycle only
 * @vdev: its name and minors
 * @serial: its serial number, empty if there is none; fixed from @gd on
 * @ref: references: the xenbus device, @del_work, and the gendisk
 */
struct xbf_dev {
	struct xbf_ring *ring;
	unsigned int nr_rings;
	unsigned int nr_live;
	struct xbf_rings contexts;
	struct xbf_rings live;
	u32 block_mask;
	u8 flush_op;
	bool persistent;
	bool untrusted;

	struct xfl_device xd;
	struct xfl_watch *resized;
	wait_queue_head_t drained;
	struct xbf_keys keys;
	spinlock_t disk_lock;
	struct xbf_disk disk;
	bool removing;
	struct list_head minors_node;
	bool deleting;
	bool name_reported;
	bool dead;
	bool abandoned;
	struct ratelimit_state log_limit;
	bool cache_known;
	bool waiting_for_cache;
	atomic_t disk_users;
	bool added;
	struct gendisk *gd;
	struct blk_mq_tag_set tag_set;
	struct work_struct disk_work;
	struct work_struct del_work;
	struct completion deleted;
	struct dentry *stats;
	unsigned int moves;
	struct xbf_vdev vdev;
	char serial[XBF_SERIAL_MAX + 1];
	struct kref ref;
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

/* The ring that serves a hardware context as things are. */
static inline struct xbf_ring *xbf_ring_for(struct xbf_dev *xb, unsigned int context)
{
	return &xb->ring[xbf_ring_index(&xb->contexts, &xb->live, context)];
}

/* main.c */
extern struct workqueue_struct *xbf_wq;
extern struct workqueue_struct *xbf_deferred_wq;
void xbf_get(struct xbf_dev *xb);
void xbf_put(struct xbf_dev *xb);
void xbf_abandon(struct xfl_device *xd);
void xbf_abandoned_put(struct xfl_device *xd);

/* connect.c */
extern const struct xfl_ops xbf_ops;

/* ring.c */
int xbf_rings_alloc(struct xbf_dev *xb, unsigned int nr, unsigned int max_frames);
void xbf_rings_free(struct xbf_dev *xb);
void xbf_rings_destroy_grefs(struct xbf_dev *xb);
bool xbf_ring_affordable(const struct xbf_ring *ring, unsigned int frames, u32 cap);
int xbf_ring_open(struct xbf_ring *ring, unsigned int frames, u32 cap);
void xbf_ring_close(struct xbf_ring *ring);
void xbf_frame_free(struct xbf_ring *ring, struct xfl_framepool *pool,
		    const struct xfl_frame *frame, grant_ref_t gref);

/* persistent.c */
int xbf_pframes_open(struct xbf_ring *ring);
void xbf_pframes_close(struct xbf_ring *ring);
void xbf_trim(struct work_struct *work);
void xbf_trim_later(struct xbf_ring *ring);
bool xbf_pframes_grow(struct xbf_ring *ring, u32 n, gfp_t gfp);
bool __must_check xbf_pframes_take(struct xbf_ring *ring, struct xbf_req *br);
void xbf_copy_out(struct xbf_ring *ring, struct xbf_req *br);
void xbf_copy_back(struct xbf_ring *ring, struct xbf_req *br);

/* submit.c */
blk_status_t xbf_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd);
void xbf_commit_rqs(struct blk_mq_hw_ctx *hctx);
bool xbf_dispatch(struct xbf_ring *ring);
struct xbf_req *xbf_first_to_copy(struct xbf_ring *ring);
bool xbf_copy_and_dispatch(struct xbf_ring *ring);
void xbf_ring_set_mode(struct xbf_ring *ring, enum xbf_ring_mode mode);

/* request.c */
bool xbf_issue(struct xbf_ring *ring, struct xbf_req *br);

/* event.c */
bool xbf_arm(struct xbf_ring *ring);
void xbf_defer(struct xbf_ring *ring);
void xbf_deferred_work(struct work_struct *work);
irqreturn_t xbf_interrupt(int irq, void *data);
int xbf_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *batch);
void xbf_ring_enable_events(struct xbf_ring *ring);
void xbf_ring_disable_events(struct xbf_ring *ring);
enum blk_eh_timer_return xbf_timeout(struct request *rq);

/* complete.c */
bool xbf_complete(struct xbf_ring *ring, u32 *prod, int budget);
void xbf_complete_rq(struct request *rq);
void xbf_end_grants(struct xbf_ring *ring, struct xbf_req *br);
void xbf_return_refs(struct xbf_ring *ring, struct xbf_req *br);

/* recover.c */
bool xbf_rings_idle(struct xbf_dev *xb);
bool xbf_rings_have_waiting(struct xbf_dev *xb);
void xbf_fail_copied(struct xbf_dev *xb);
void xbf_recover(struct xbf_ring *ring, bool requeue);
void xbf_end_flushes(struct xbf_dev *xb);
void xbf_fail_waiting(struct xbf_ring *ring);
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
