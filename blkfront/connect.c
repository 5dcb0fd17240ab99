// SPDX-License-Identifier: GPL-2.0
/*
 * Connecting: what the backend offers, what we publish, and what each step of
 * the device's life means for its rings.
 */
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <xen/interface/io/protocols.h>

#include <xenfront/xenstore.h>

#include "blkfront.h"
#include "params.h"

/**
 * struct bf_offer - what a backend offers before it sees our keys
 * @segments: most segments in an indirect request
 * @queues: most rings
 * @ring_order: largest order of a ring
 */
struct bf_offer {
	u32 segments;
	u32 queues;
	u32 ring_order;
};

static const struct xfl_key bf_offer_keys[] = {
	XFL_KEY(struct bf_offer, segments, "feature-max-indirect-segments", 0, U32_MAX, 0),
	XFL_KEY(struct bf_offer, queues, "multi-queue-max-queues", 1, U32_MAX, 1),
	XFL_KEY(struct bf_offer, ring_order, "max-ring-page-order", 0, U32_MAX, 0),
};

static const struct xfl_key bf_disk_keys[] = {
	XFL_KEY(struct bfw_keys, sectors, "sectors", 0, U64_MAX, U64_MAX),
	XFL_KEY(struct bfw_keys, info, "info", 0, U32_MAX, 0),
	XFL_KEY(struct bfw_keys, sector_size, "sector-size", 0, U32_MAX, 0),
	XFL_KEY(struct bfw_keys, physical_sector_size, "physical-sector-size", 0, U32_MAX, 0),
	XFL_KEY(struct bfw_keys, discard_granularity, "discard-granularity", 0, U32_MAX, 0),
	XFL_KEY(struct bfw_keys, discard_alignment, "discard-alignment", 0, U32_MAX, 0),
	XFL_FEATURE(struct bfw_keys, flush, "feature-flush-cache"),
	XFL_FEATURE(struct bfw_keys, barrier, "feature-barrier"),
	XFL_FEATURE(struct bfw_keys, discard, "feature-discard"),
	XFL_FEATURE(struct bfw_keys, discard_secure, "discard-secure"),
};

static const char *const bf_stale_keys[] = {
	"ring-ref*", "ring-page-order", "event-channel", "multi-queue-num-queues", "queue-*",
	"protocol", "feature-persistent", NULL,
};

static struct blkfront *bf_of(struct xfl_device *xd)
{
	return container_of(xd, struct blkfront, xd);
}

static int bf_write_ring(struct xenbus_transaction xbt, const char *dir,
			 const struct bf_ring *ring)
{
	const struct xfl_ring_mem *mem = &ring->mem;
	char key[sizeof("ring-ref4294967295")];
	unsigned int i;
	int err = 0;

	if (mem->nr_frames == 1)
		err = xenbus_printf(xbt, dir, "ring-ref", "%u", mem->gref[0]);
	for (i = 0; mem->nr_frames > 1 && i < mem->nr_frames && !err; i++) {
		snprintf(key, sizeof(key), "ring-ref%u", i);
		err = xenbus_printf(xbt, dir, key, "%u", mem->gref[i]);
	}
	return err ?: xenbus_printf(xbt, dir, "event-channel", "%u", ring->ec.port);
}

static int bf_write_queues(struct xenbus_transaction xbt, const char *dir,
			   const struct blkfront *bf)
{
	unsigned int i;
	char *path;
	int err;

	err = xenbus_printf(xbt, dir, "multi-queue-num-queues", "%u", bf->nr_live);
	for (i = 0; i < bf->nr_live && !err; i++) {
		path = kasprintf(GFP_NOIO, "%s/queue-%u", dir, i);
		if (!path)
			return -ENOMEM;
		err = bf_write_ring(xbt, path, &bf->ring[i]);
		kfree(path);
	}
	return err;
}

static int bf_write_keys(struct xenbus_transaction xbt, const char *dir, void *ctx)
{
	const struct blkfront *bf = ctx;
	unsigned int frames = bf->ring[0].mem.nr_frames;
	int err = 0;

	/* A backend that finds the order, even 0, looks for numbered references. */
	if (frames > 1)
		err = xenbus_printf(xbt, dir, "ring-page-order", "%u", ilog2(frames));
	if (!err)
		err = bf->nr_live > 1 ? bf_write_queues(xbt, dir, bf) :
					bf_write_ring(xbt, dir, &bf->ring[0]);
	if (!err)
		err = xenbus_printf(xbt, dir, "protocol", "%s", XEN_IO_PROTO_ABI_NATIVE);
	return err ?: xenbus_printf(xbt, dir, "feature-persistent", "%u", bf->persistent);
}

static void bf_map_rings(struct blkfront *bf)
{
	struct blk_mq_hw_ctx *hctx;
	unsigned long i;

	queue_for_each_hw_ctx(bf->gd->queue, hctx, i)
		hctx->driver_data = bf_ring_for(bf, i);
}

/*
 * How many hardware contexts there are is settled by the first backend. One that
 * offers fewer rings later has several contexts share each; nobody queues while
 * that changes, and what waits moves to a ring that is certainly there and has events.
 */
static void bf_set_live(struct blkfront *bf, struct bfw_rings live)
{
	struct bf_ring *first = &bf->ring[0];
	unsigned int i;

	if (live.event == bf->live.event && live.poll == bf->live.poll)
		return;
	if (bf->gd)
		blk_mq_quiesce_queue(bf->gd->queue);
	mutex_lock(&first->turn);
	bf->live = live;
	bf->nr_live = live.event + live.poll;
	if (bf->gd)
		bf_map_rings(bf);

	for (i = 1; i < bf->nr_rings; i++) {
		LIST_HEAD(moved);

		spin_lock_irq(&bf->ring[i].lock);
		list_splice_init(&bf->ring[i].waiting, &moved);
		/* As it was left by a time in which the disk was broken, and had fewer. */
		if (i < bf->nr_live && bf->ring[i].mode == BF_RING_DEAD)
			bf->ring[i].mode = BF_RING_HOLD;
		spin_unlock_irq(&bf->ring[i].lock);
		spin_lock_irq(&first->lock);
		list_splice_tail(&moved, &first->waiting);
		spin_unlock_irq(&first->lock);
	}
	mutex_unlock(&first->turn);
	if (bf->gd)
		blk_mq_unquiesce_queue(bf->gd->queue);
}

static int bf_size_rings(struct blkfront *bf, const struct bf_offer *offer)
{
	struct bfw_rings rings;
	int err;

	rings = bfw_share_rings(offer->queues, min(bf_max_queues, num_online_cpus()),
				bf_poll_queues);
	if (!bf->nr_rings) {
		err = bf_rings_alloc(bf, rings.event + rings.poll, 1u << bf_max_ring_page_order);
		if (err) {
			bf_rings_free(bf);
			return err;
		}
		bf->contexts = rings;
	}
	rings.event = min(rings.event, bf->contexts.event);
	rings.poll = min(rings.poll, bf->contexts.poll);
	bf_set_live(bf, rings);
	return 0;
}

static void bf_close_rings(struct blkfront *bf)
{
	unsigned int i;

	for (i = 0; i < bf->nr_live; i++)
		bf_ring_close(&bf->ring[i]);
}

/* Rings for events are the first ones. The next connection tries all of them again. */
static void bf_go_on_with(struct blkfront *bf, unsigned int nr)
{
	struct bfw_rings live = { .event = min(bf->live.event, nr) };

	live.poll = nr - live.event;
	if (xfl_may_log(&bf->xd))
		dev_info(&bf->xd.xbdev->dev, "%u of %u rings: no room for more\n", nr,
			 bf->nr_live);
	bf_set_live(bf, live);
}

static int bf_open_rings(struct blkfront *bf, const struct bf_offer *offer)
{
	unsigned int frames = 1u << min(offer->ring_order, bf_max_ring_page_order);
	u32 cap = bfw_segs_per_part(offer->segments, bf_max_indirect_segments);
	unsigned int i;
	int err;

	for (i = 0; i < bf->nr_live; i++) {
		WRITE_ONCE(bf->ring[i].silent, i >= bf->live.event);
		err = i && !bf_ring_affordable(&bf->ring[i], frames, cap) ? -ENOSPC :
			bf_ring_open(&bf->ring[i], frames, cap);
		if (err && i)
			bf_go_on_with(bf, i);
		else if (err)
			return err;
	}
	/* What they kept for a reconnect is of use to others. */
	for (i = bf->nr_live; i < bf->nr_rings; i++)
		xfl_grefs_destroy(&bf->ring[i].grefs);
	return 0;
}

static int bf_connect(struct xfl_device *xd)
{
	struct blkfront *bf = bf_of(xd);
	struct bf_offer offer;
	int err;

	/* The block layer lets no disk return that it was told is dead. */
	if (READ_ONCE(bf->dead))
		return -ENODEV;
	err = bf_name_is_free(bf);
	if (err)
		return err;
	xfl_keys_read(xd, xd->backend, bf_offer_keys, ARRAY_SIZE(bf_offer_keys),
		      &offer);
	bf->untrusted = !READ_ONCE(bf_trusted) ||
			!xenbus_read_unsigned(xd->xbdev->nodename, "trusted", 1);
	bf->persistent = READ_ONCE(bf_feature_persistent);
	err = bf_size_rings(bf, &offer);
	if (err)
		return err;
	err = bf_open_rings(bf, &offer);
	if (err)
		return err;
	err = xfl_publish(xd, bf_write_keys, bf);
	if (err)
		bf_close_rings(bf);
	return err;
}

/* What an earlier connection left behind must not wait for one that will not come. */
static void bf_failed(struct xfl_device *xd)
{
	bf_fail_all(bf_of(xd));
	if (!xfl_backend_may_return(xd))
		bf_disk_mark_dead(bf_of(xd));
}

static void bf_read_keys(const struct blkfront *bf, struct xfl_device *complainer,
			 struct bfw_keys *keys)
{
	memset(keys, 0, sizeof(*keys));		/* to be compared as a whole */
	xfl_keys_read(complainer, bf->xd.backend, bf_disk_keys, ARRAY_SIZE(bf_disk_keys),
		      keys);
}

/*
 * What requests that wait, and those who have the disk open, take for granted. A guest is restored
 * to the disk it was saved with, or to a copy; a fixed one that is smaller is another.
 */
static int bf_judge_same(const struct blkfront *bf, const struct bfw_disk *d, const char **why)
{
	bool restored = bf->moves != bf->xd.restores;

	if (!bf->gd)
		return 0;
	if (d->logical > bf->block_mask + 1) {
		*why = "sector-size grew under a disk in use";
		return -EINVAL;
	}
	if (restored && !d->removable && !d->cdrom && d->sectors < get_capacity(bf->gd)) {
		*why = "smaller than before the guest was restored";
		return -EINVAL;
	}
	return 0;
}

/* Return: 0 with @bf->disk written, or -EINVAL if this disk cannot be driven. */
static int bf_read_disk(struct blkfront *bf)
{
	const char *why;
	struct bfw_disk d;
	int err;

	bf_read_keys(bf, &bf->xd, &bf->keys);
	err = bfw_judge_disk(&bf->keys, &d, &why);
	if (!err)
		err = bf_judge_same(bf, &d, &why);
	if (err) {
		if (xfl_may_log(&bf->xd))
			dev_err(&bf->xd.xbdev->dev, "backend offers a disk we cannot drive: %s\n",
				why);
		return err;
	}
	spin_lock_irq(&bf->disk_lock);
	bf->disk = d;
	spin_unlock_irq(&bf->disk_lock);
	return 0;
}

typedef int (*bf_serial_fn)(const char *text, u32 len, char *serial);

static bool bf_read_serial_key(struct blkfront *bf, const char *key, bf_serial_fn parse,
			       char *serial)
{
	struct xenbus_device *xbdev = bf->xd.xbdev;
	unsigned int len;
	char *text = xenbus_read(XBT_NIL, bf->xd.backend, key, &len);
	int err;

	if (IS_ERR(text))
		return false;
	err = parse(text, len, serial);
	kfree(text);
	if (err && xfl_may_log(&bf->xd))
		dev_warn(&xbdev->dev, "%s holds no serial number\n", key);
	return !err;
}

/* The first key is XAPI's, which win-xenvbd reads too; the second is ours. */
static void bf_read_serial(struct blkfront *bf, char *serial)
{
	if (!bf_read_serial_key(bf, "sm-data/scsi/0x12/0x80", bf_serial_from_page, serial) &&
	    !bf_read_serial_key(bf, "serial", bf_serial_from_text, serial))
		serial[0] = '\0';
}

/* A migration of the storage gives a disk another number too: that is no reason to refuse it. */
static void bf_compare_serial(struct blkfront *bf)
{
	char now[BF_SERIAL_MAX + 1];

	if (bf->moves == bf->xd.restores)
		return;
	bf_read_serial(bf, now);
	if (strcmp(now, bf->serial))
		dev_info(&bf->xd.xbdev->dev, "%s: restored with serial number '%s', was '%s'\n",
			 bf->vdev.name, now, bf->serial);
}

static void bf_set_modes(struct blkfront *bf, enum bf_ring_mode mode)
{
	unsigned int i;

	for (i = 0; i < bf->nr_live; i++)
		bf_ring_set_mode(&bf->ring[i], mode);
}

static const char *bf_flush_name(u8 op)
{
	return op == BFW_FLUSH ? "flush" : op == BFW_BARRIER ? "barrier" : "no cache";
}

static void bf_announce(struct blkfront *bf)
{
	const struct bf_ring *ring = &bf->ring[0];

	if (!xfl_may_log(&bf->xd))
		return;
	dev_info(&bf->xd.xbdev->dev,
		 "%s: %llu sectors, %s%s%s, %u+%u ring(s) of %u, %u segments each\n",
		 bf->vdev.name, bf->disk.sectors, bf_flush_name(bf->flush_op),
		 bf->disk.discard_granularity ? ", discard" : "",
		 bf->untrusted ? ", not trusted" : ring->keep.frame ? ", persistent grants" : "",
		 bf->live.event, bf->live.poll,
		 RING_SIZE(&ring->front), ring->cap);
}

/*
 * Whether data is copied is settled once per connection: a backend that lets grants
 * persist keeps all it ever saw.
 */
static int bf_settle_copying(struct blkfront *bf)
{
	bool persists = bf->persistent &&
			xenbus_read_unsigned(bf->xd.backend, "feature-persistent", 0);
	unsigned int i;
	int err = 0;

	if (!persists && !bf->untrusted)
		return 0;
	for (i = 0; i < bf->nr_live && !err; i++)
		err = bf_keep_open(&bf->ring[i]);
	return err;
}

/* Contexts that share rings have no CPUs in common, so their rings stay where they are. */
static void bf_set_affinity(struct blkfront *bf)
{
	struct blk_mq_hw_ctx *hctx;
	unsigned long i;

	if (bf->live.event == 1 || bf->live.event != bf->contexts.event)
		return;
	queue_for_each_hw_ctx(bf->gd->queue, hctx, i)
		if (i < bf->live.event)
			xfl_evtchn_set_affinity(&bf->ring[i].ec, hctx->cpumask);
}

static int bf_go_live(struct xfl_device *xd)
{
	struct blkfront *bf = bf_of(xd);
	int err;

	err = bf_read_disk(bf);
	if (!err)
		err = bf_settle_copying(bf);
	if (err)
		return err;
	WRITE_ONCE(bf->flush_op, bf->disk.flush_op);
	if (!bf->flush_op)
		bf_end_flushes(bf);
	if (!bf->gd) {
		bf->block_mask = bf->disk.logical - 1;
		bf_read_serial(bf, bf->serial);
		err = bf_disk_create(bf);
		if (err)
			return err;
	}
	bf_compare_serial(bf);
	bf->moves = xd->restores;
	bf_disk_tell_cache(bf);
	bf_announce(bf);
	bf_set_affinity(bf);
	bf_set_modes(bf, BF_RING_LIVE);
	bf_disk_update(bf);
	/* Backends say "sectors", then write their state again. Not all do the latter. */
	bf->resized = xfl_watch_start(xd, "sectors");
	return 0;
}

static void bf_changed(struct xfl_device *xd)
{
	struct blkfront *bf = bf_of(xd);
	struct bfw_disk before = bf->disk;
	struct bfw_keys keys;

	/* Not everything that wakes us is news, and complaints are not for repeating. */
	bf_read_keys(bf, NULL, &keys);
	if (!memcmp(&keys, &bf->keys, sizeof(keys)))
		return;
	if (!bf_read_disk(bf) && !bfw_same_disk(&bf->disk, &before))
		bf_disk_update(bf);
}

static u32 bf_granted(struct xfl_device *xd)
{
	const struct blkfront *bf = bf_of(xd);
	unsigned int i;
	u32 frames = 0;

	for (i = 0; i < bf->nr_live; i++)
		frames += xfl_grefs_in_use(&bf->ring[i].grefs);
	return frames;
}

static void bf_quiesce(struct xfl_device *xd, enum xfl_close_reason reason)
{
	struct blkfront *bf = bf_of(xd);

	unsigned int i;

	bf_set_modes(bf, BF_RING_HOLD);
	if (!xfl_believes(xd))
		return;
	for (i = bf->live.event; i < bf->nr_live; i++)
		bf_listen(&bf->ring[i]);
}

static struct xfl_ring_mem *bf_ring_mem(struct xfl_device *xd, unsigned int nr)
{
	struct blkfront *bf = bf_of(xd);

	return nr < bf->nr_live ? &bf->ring[nr].mem : NULL;
}

static bool bf_idle(struct xfl_device *xd)
{
	return bf_rings_idle(bf_of(xd));
}

static bool bf_holds(struct xfl_device *xd)
{
	return bf_rings_hold(bf_of(xd));
}

/* Rings that are polled are asked for events as long as nobody may be polling. */
static void bf_pause(struct xfl_device *xd, bool paused)
{
	struct blkfront *bf = bf_of(xd);
	unsigned int i;

	if (xfl_device_state(xd) != XFL_CONNECTED || !xfl_believes(xd))
		return;
	for (i = bf->live.event; i < bf->nr_live; i++) {
		if (paused)
			bf_listen(&bf->ring[i]);
		else
			bf_silence(&bf->ring[i]);
	}
	bf_set_modes(bf, paused ? BF_RING_HOLD : BF_RING_LIVE);
}

/* Who copies data, or takes answers, holds the turn or is an interrupt, and these are off. */
static void bf_withhold(struct xfl_device *xd)
{
	struct blkfront *bf = bf_of(xd);
	unsigned int i;

	for (i = 0; i < bf->nr_rings; i++) {
		mutex_lock(&bf->ring[i].turn);
		spin_lock_irq(&bf->ring[i].lock);
		spin_unlock_irq(&bf->ring[i].lock);
		mutex_unlock(&bf->ring[i].turn);
	}
}

static void bf_look_again(struct xfl_device *xd)
{
	struct blkfront *bf = bf_of(xd);
	unsigned int i;

	for (i = 0; i < bf->nr_live; i++) {
		spin_lock_irq(&bf->ring[i].lock);
		bf_defer(&bf->ring[i]);
		spin_unlock_irq(&bf->ring[i].lock);
	}
}

/* Whether requests are kept for another backend. */
static bool bf_keep_requests(struct xfl_device *xd, enum xfl_close_reason reason)
{
	switch (reason) {
	case XFL_CLOSE_RECONNECT:
	case XFL_CLOSE_RESTORED:
		return true;
	case XFL_CLOSE_BY_BACKEND:
		return xfl_backend_may_return(xd);
	default:
		return false;
	}
}

static void bf_take_down(struct bf_ring *ring, bool keep)
{
	/* The backend cannot reach the ring any more. What it wrote counts, if it is believed. */
	bf_complete(ring, NULL, INT_MAX);	/* all there are */
	xfl_evtchn_unbind(&ring->bf->xd, &ring->ec, ring);
	bf_recover(ring, keep);
	bf_ring_close(ring);
}

/* The rings take nothing new. Nobody copies to their frames any more either: see bf_stage(). */
static void bf_await_submitters(struct blkfront *bf)
{
	if (!bf->gd)
		return;
	blk_mq_quiesce_queue(bf->gd->queue);
	blk_mq_unquiesce_queue(bf->gd->queue);
}

static void bf_disconnect(struct xfl_device *xd, enum xfl_close_reason reason)
{
	struct blkfront *bf = bf_of(xd);
	bool keep = bf_keep_requests(xd, reason);
	unsigned int i;

	xfl_watch_drop(bf->resized);
	bf->resized = NULL;

	bf_await_submitters(bf);
	for (i = 0; i < bf->nr_live; i++) {
		mutex_lock(&bf->ring[i].turn);
		bf_take_down(&bf->ring[i], keep);
		mutex_unlock(&bf->ring[i].turn);
	}

	if (!keep)
		bf_rings_give_back(bf);
	if (!keep && (reason == XFL_CLOSE_BY_BACKEND || reason == XFL_CLOSE_EXCHANGED))
		bf_disk_mark_dead(bf);
}

const struct xfl_ops bf_ops = {
	.published	= XenbusStateInitialised,
	.keys		= bf_stale_keys,
	.connect	= bf_connect,
	.failed		= bf_failed,
	.go_live	= bf_go_live,
	.changed	= bf_changed,
	.quiesce	= bf_quiesce,
	.idle		= bf_idle,
	.has_waiters	= bf_holds,
	.ring		= bf_ring_mem,
	.granted	= bf_granted,
	.disconnect	= bf_disconnect,
	.pause		= bf_pause,
	.withhold	= bf_withhold,
	.look		= bf_look_again,
	.abandon	= bf_abandon,
	.put		= bf_abandoned_put,
};
