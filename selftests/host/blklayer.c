// SPDX-License-Identifier: GPL-2.0
/* The block layer's rules on the shape of data; see blklayer.h. */
#include "blklayer.h"

#include <stddef.h>
#include <string.h>

#include "check.h"

#define SECTOR	512u

static uint64_t end_of(const struct bl_piece *p)
{
	return p->addr + p->len;
}

/* In a Xen guest what is adjacent in the machine too, and nothing where pages are larger. */
static bool xen_adjacent(const struct bl_queue *q, const struct bl_piece *a, uint64_t addr)
{
	uint64_t page = a->addr / q->page;
	uint64_t pages = end_of(a) / q->page - page;

	return q->page == 4096 && q->machine[page] + pages == q->machine[addr / q->page];
}

static bool adjacent(const struct bl_queue *q, const struct bl_piece *a, uint64_t addr)
{
	return end_of(a) == addr && xen_adjacent(q, a, addr);
}

static bool gap(const struct bl_queue *q, const struct bl_piece *prev, const struct bl_piece *next)
{
	return ((end_of(prev) | next->addr) & q->boundary) != 0;
}

/**
 * bl_takes() - whether a bio gets past submit_bio() to a driver's queue
 * @q: the queue
 * @op: what the bio asks for
 *
 * A queue that has no limit for zeroes, as ours, is not asked to write them: whoever wants them
 * there writes one page of them over and over. What only drivers know (passthrough) is never a
 * bio's operation; who sends that gives the driver a request of its own making.
 */
bool bl_takes(const struct bl_queue *q, enum bl_op op)
{
	switch (op) {
	case BL_READ:
	case BL_WRITE:
		return true;
	case BL_DISCARD:
	case BL_SECURE_ERASE:
		return q->max_discard;
	default:
		return false;
	}
}

/* Without the room behind its last piece. */
void bl_copy(struct bl_io *to, const struct bl_io *from)
{
	memcpy(to, from, offsetof(struct bl_io, piece) + from->nr * sizeof(from->piece[0]));
}

/* A bio without data so far. */
void bl_begin(struct bl_io *bio, enum bl_op op, uint64_t at)
{
	memset(bio, 0, offsetof(struct bl_io, piece));
	bio->op = op;
	bio->at = at;
	bio->bios = 1;
}

/**
 * bl_add() - add data to a bio
 * @q: the queue
 * @bio: the bio
 * @addr: place of the data in memory
 * @len: bytes, all adjacent
 * @folio: the data is one folio's: it becomes one piece, whatever the machine's memory is like
 *
 * Else it is added page by page.
 */
void bl_add(const struct bl_queue *q, struct bl_io *bio, uint64_t addr, uint32_t len, bool folio)
{
	while (len) {
		struct bl_piece *last = bio->nr ? &bio->piece[bio->nr - 1] : NULL;
		uint32_t part = q->page - (uint32_t)(addr % q->page);

		if (folio || part > len)
			part = len;
		if (last && adjacent(q, last, addr)) {
			last->len += part;
		} else {
			CHECK(bio->nr < BL_PIECES);
			bio->piece[bio->nr++] = (struct bl_piece){ addr, part };
		}
		addr += part;
		bio->bytes += part;
		len -= part;
	}
}

/**
 * bl_add_empty() - add a piece of no bytes to a bio
 * @bio: the bio
 * @addr: where it is not
 *
 * Whoever brings a row of pieces of its own (ITER_BVEC) may bring such; it is passed on.
 */
void bl_add_empty(struct bl_io *bio, uint64_t addr)
{
	CHECK(bio->nr < BL_PIECES);
	bio->piece[bio->nr++] = (struct bl_piece){ addr, 0 };
}

static void take_front(struct bl_io *bio, struct bl_io *first, uint32_t bytes)
{
	uint32_t used = 0;

	bl_begin(first, bio->op, bio->at);
	first->bytes = bytes;
	while (bytes && bl_has_data(bio)) {
		struct bl_piece *p = &bio->piece[used];
		uint32_t part = p->len < bytes ? p->len : bytes;

		first->piece[first->nr++] = (struct bl_piece){ p->addr, part };
		p->addr += part;
		p->len -= part;
		bytes -= part;
		used += !p->len;
	}
	memmove(bio->piece, bio->piece + used, (bio->nr - used) * sizeof(bio->piece[0]));
	bio->nr -= used;
	bio->at += first->bytes;
	bio->bytes -= first->bytes;
	first->segments = bl_has_data(first) ? first->nr : 1;
}

/* To the end of a physical block, or at least of a logical one. */
static uint32_t max_data(const struct bl_queue *q, uint64_t at)
{
	uint32_t start = (uint32_t)(at % q->physical), end = start + q->max_bytes;

	end -= end % q->physical;
	return end > start ? end - start : q->max_bytes - q->max_bytes % q->block;
}

static uint32_t front_of_data(const struct bl_queue *q, const struct bl_io *bio)
{
	uint32_t bytes = 0, most = max_data(q, bio->at), i;

	for (i = 0; i < bio->nr && bytes < bio->bytes; i++) {
		const struct bl_piece *p = &bio->piece[i];

		if (i && gap(q, p - 1, p))
			break;
		if (i == q->max_segments)
			break;
		if (bytes + p->len > most) {
			bytes = most;
			break;
		}
		bytes += p->len;
	}
	return bytes < bio->bytes ? bytes - bytes % q->block : bytes;
}

/* What follows begins where the granularity has it. */
static uint32_t front_of_discard(const struct bl_queue *q, const struct bl_io *bio)
{
	uint32_t granularity = q->granularity > SECTOR ? q->granularity : SECTOR;
	uint32_t most = q->max_discard - q->max_discard % granularity;
	uint32_t over = (uint32_t)((bio->at + most) % granularity);

	if (!most || bio->bytes <= most)
		return bio->bytes;
	return most > over ? most - over : most;
}

/**
 * bl_split() - take off a bio's front what the queue takes at most
 * @q: the queue
 * @bio: the bio; what is left of it
 * @first: its front; of no bytes, and all is left of @bio, if it would have to be split and cannot
 *
 * That is so where the first pieces must not be in one request and are no whole block together; an
 * empty one in a wrong place is enough. Linux 6.1 stops then (BUG), 6.12 passes the bio on as it
 * is, and 7.2 fails it. Nobody is known to submit such.
 *
 * Return: false if nothing is left of it.
 */
bool bl_split(const struct bl_queue *q, struct bl_io *bio, struct bl_io *first)
{
	uint32_t bytes = bl_has_data(bio) ? front_of_data(q, bio) : front_of_discard(q, bio);

	take_front(bio, first, bytes);
	return bytes && bio->bytes;
}

/* Whether the place where two bios meet keeps a driver from having both in one request. */
static bool will_gap(const struct bl_queue *q, const struct bl_io *a, const struct bl_io *b)
{
	const struct bl_piece *prev, *next;

	if (!bl_has_data(a))
		return false;
	prev = &a->piece[a->nr - 1];
	next = &b->piece[0];
	if (a->piece[0].addr & q->boundary)
		return true;
	return !adjacent(q, prev, next->addr) && gap(q, prev, next);
}

/* Flushes are never merged. Discards are, where one goes on where the other ends. */
static bool may_meet(const struct bl_queue *q, const struct bl_io *a, const struct bl_io *b)
{
	uint32_t most = bl_has_data(a) ? q->max_bytes : q->max_discard;

	return a->op == b->op && bl_takes(q, a->op) && a->at + a->bytes == b->at &&
	       a->bytes + b->bytes <= most;
}

/**
 * bl_merge() - put a bio, or another request, behind a request or before it
 * @q: the queue
 * @rq: the request
 * @next: the bio
 * @front: before it
 *
 * Return: whether that may be.
 */
bool bl_merge(const struct bl_queue *q, struct bl_io *rq, const struct bl_io *next, bool front)
{
	const struct bl_io *a = front ? next : rq, *b = front ? rq : next;

	if (!may_meet(q, a, b) || rq->segments + next->segments > q->max_segments ||
	    rq->nr + next->nr > BL_PIECES || will_gap(q, a, b))
		return false;
	if (front) {
		memmove(rq->piece + next->nr, rq->piece, rq->nr * sizeof(rq->piece[0]));
		memcpy(rq->piece, next->piece, next->nr * sizeof(next->piece[0]));
		rq->at = next->at;
	} else {
		memcpy(rq->piece + rq->nr, next->piece, next->nr * sizeof(next->piece[0]));
	}
	rq->nr += next->nr;
	rq->bytes += next->bytes;
	rq->segments += next->segments;
	rq->bios += next->bios;
	return true;
}
