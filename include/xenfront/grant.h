/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Grant references: a stack of them per ring, and a parking place for those that the backend keeps
 * mapped.
 */
#ifndef XENFRONT_GRANT_H
#define XENFRONT_GRANT_H

#include <linux/list.h>
#include <linux/types.h>
#include <xen/grant_table.h>
#include <xen/page.h>

struct page_pool;

/**
 * DOC: Stacks of grant references
 *
 * The grant table has one list of free references, under one lock for the whole guest. A ring
 * therefore takes references in batches and keeps them. Per request it only writes and clears
 * table entries, which needs no lock. A stack owns its reserve of references also while they are
 * not used. So one largest request can always go out, however short of references the guest is.
 * The exception are references that were parked: a stack gets others for them when it grows next.
 */

/**
 * DOC: Parked references
 *
 * A reference that the backend still maps cannot be ended. It is parked together with what it
 * names, and neither is used again before the backend unmaps it. The grant table calls this
 * deferred. The parking place tries again each second, and hands back the page, packet or request
 * after that.
 */

/**
 * struct xfl_grefs - the grant references of one ring
 * @ref: stack of references that are free to use
 * @nr_free: references on the stack
 * @nr_owned: references taken from the table, free or in use
 * @max: most references that the stack may own; room in @ref
 * @reserve: references that the stack does not give back while they are free
 * @low: since xfl_grefs_trim() looked, the fewest that were free beyond what was promised
 * @domid: domain that is given access
 *
 * Its user serialises all calls, normally with the ring's lock.
 */
struct xfl_grefs {
	grant_ref_t *ref;
	u32 nr_free;
	u32 nr_owned;
	u32 max;
	u32 reserve;
	u32 low;
	domid_t domid;
};

int xfl_grefs_init(struct xfl_grefs *g, domid_t domid, u32 reserve, u32 max);
int xfl_grefs_renew(struct xfl_grefs *g, domid_t domid, u32 reserve, u32 max);
void xfl_grefs_shrink(struct xfl_grefs *g);
void xfl_grefs_destroy(struct xfl_grefs *g);
bool xfl_grefs_grow(struct xfl_grefs *g, u32 n);
void xfl_grefs_trim(struct xfl_grefs *g, u32 most);
bool xfl_grefs_room(void);
bool xfl_grefs_ample(u32 n);
void xfl_gref_disown(struct xfl_grefs *g, u32 n);

/**
 * xfl_grefs_want() - make sure a number of references can be popped
 * @g: the stack
 * @n: references needed
 *
 * Context: any; takes the grant table's lock only when the stack has to grow.
 * Return: true if xfl_gref_pop() may be called @n times now.
 */
static inline bool xfl_grefs_want(struct xfl_grefs *g, u32 n)
{
	if (unlikely(g->nr_free < n) && !xfl_grefs_grow(g, n))
		return false;
	g->low = min(g->low, g->nr_free - n);
	return true;
}

/**
 * xfl_gref_pop() - take a reference after xfl_grefs_want() promised it
 * @g: the stack, not empty
 *
 * Context: any.
 * Return: the reference, which names nothing yet; still counted as one that @g owns.
 */
static inline grant_ref_t xfl_gref_pop(struct xfl_grefs *g)
{
	return g->ref[--g->nr_free];
}

/**
 * xfl_gref_push() - give back a reference whose access has ended
 * @g: the stack it came from
 * @ref: the reference
 *
 * Context: any.
 */
static inline void xfl_gref_push(struct xfl_grefs *g, grant_ref_t ref)
{
	g->ref[g->nr_free++] = ref;
}

/**
 * xfl_grefs_in_use() - how many references are in use
 * @g: the stack
 *
 * Return: the number of those that were popped, and neither pushed back nor given away.
 */
static inline u32 xfl_grefs_in_use(const struct xfl_grefs *g)
{
	return g->nr_owned - g->nr_free;
}

/**
 * xfl_gfn() - guest frame number of a byte in a page
 * @page: first page of a physically contiguous run
 * @offset: byte offset from the start of @page, may be beyond its end
 *
 * Return: the number of the 4 KB frame.
 */
static inline unsigned long xfl_gfn(struct page *page, unsigned long offset)
{
	return pfn_to_gfn(page_to_xen_pfn(page) + XEN_PFN_DOWN(offset));
}

/**
 * xfl_grant() - give the backend access to one frame
 * @g: the stack that @ref came from
 * @ref: reference to use, not in use yet
 * @gfn: frame, see xfl_gfn(); must stay until the access has ended
 * @readonly: whether the backend may only read
 *
 * Context: any; takes no lock.
 */
static inline void xfl_grant(const struct xfl_grefs *g, grant_ref_t ref, unsigned long gfn,
			     bool readonly)
{
	gnttab_grant_foreign_access_ref(ref, g->domid, gfn, readonly);
}

/**
 * xfl_grant_end() - end the access that a reference gives
 * @ref: reference in use
 *
 * Test and revocation are one atomic step (XSA-396). If the frame is mapped the kernel writes a
 * line into the log.
 *
 * Context: any; takes no lock.
 * Return: true if the backend cannot reach the frame any more; the reference is to be pushed back.
 * False if the backend still maps it: the frame must then be neither used again nor freed, see
 * xfl_grefs_park().
 */
static inline bool __must_check xfl_grant_end(grant_ref_t ref)
{
	return gnttab_end_foreign_access_ref(ref);
}

/**
 * xfl_grant_end_free() - end the access and return the reference to the grant table
 * @g: the stack that @ref came from; it owns one reference less on success
 * @ref: reference in use
 *
 * Writes nothing into the log if the frame is mapped.
 *
 * Context: any; takes the grant table's lock.
 * Return: false if the backend still maps the frame; then nothing has changed.
 */
static inline bool __must_check xfl_grant_end_free(struct xfl_grefs *g, grant_ref_t ref)
{
	if (!gnttab_try_end_foreign_access(ref))
		return false;
	xfl_gref_disown(g, 1);
	return true;
}

/**
 * struct xfl_parked - parked references, and what waits for them; private to the parking place
 * @link: on the parking place's list
 * @release: what to call when the last access has ended; may be NULL
 * @data: argument for @release
 * @nr: references in @ref whose access has not ended
 * @allocated: whether the parking place allocated this struct, and frees it
 * @ref: the references
 */
struct xfl_parked {
	struct list_head link;
	void (*release)(void *data);
	void *data;
	u32 nr;
	bool allocated;
	grant_ref_t *ref;
};

void xfl_park_in(struct xfl_parked *p, grant_ref_t *refs, u32 nr,
		 void (*release)(void *data), void *data);
void xfl_grefs_park(struct xfl_grefs *g, const grant_ref_t *refs, u32 nr,
		    void (*release)(void *data), void *data);
void xfl_grefs_park_pool_page(struct xfl_grefs *g, grant_ref_t ref, struct page_pool *pool,
			      struct page *page);
void xfl_park_put_page(void *page);
void xfl_park_free_skb(void *skb);
void xfl_park_flush(void);

#endif /* XENFRONT_GRANT_H */
