// SPDX-License-Identifier: GPL-2.0
/* The block layer's rules on the shape of data; see blklayer.h. */
#include "blklayer.h"

#include <string.h>

#include "check.h"

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
	bio->bios = 1;
}

static void take_front(struct bl_io *bio, struct bl_io *first, uint32_t bytes)
{
	uint32_t used = 0;

	*first = (struct bl_io){ .at = bio->at, .bytes = bytes, .bios = 1 };
	while (bytes) {
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
	first->segments = first->nr;
}

/**
 * bl_split() - take off a bio's front what the queue takes at most
 * @q: the queue
 * @bio: the bio; what is left of it
 * @first: its front
 *
 * Return: false if nothing is left of it.
 */
bool bl_split(const struct bl_queue *q, struct bl_io *bio, struct bl_io *first)
{
	uint32_t bytes = 0, i;

	for (i = 0; i < bio->nr; i++) {
		const struct bl_piece *p = &bio->piece[i];

		if (i && gap(q, p - 1, p))
			break;
		if (i == q->max_segments)
			break;
		if (bytes + p->len > q->max_bytes) {
			bytes = q->max_bytes;
			break;
		}
		bytes += p->len;
	}
	if (bytes < bio->bytes)
		bytes -= bytes % q->block;
	CHECK(bytes);
	take_front(bio, first, bytes);
	return bio->nr;
}

/* Whether the place where two bios meet keeps a driver from having both in one request. */
static bool will_gap(const struct bl_queue *q, const struct bl_piece *first,
		     const struct bl_piece *prev, const struct bl_piece *next)
{
	if (first->addr & q->boundary)
		return true;
	return !adjacent(q, prev, next->addr) && gap(q, prev, next);
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

	if (a->at + a->bytes != b->at || rq->bytes + next->bytes > q->max_bytes ||
	    rq->segments + next->segments > q->max_segments || rq->nr + next->nr > BL_PIECES ||
	    will_gap(q, &a->piece[0], &a->piece[a->nr - 1], &b->piece[0]))
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
