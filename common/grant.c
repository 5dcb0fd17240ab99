// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Stacks of grant references.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <xenfront/grant.h>

/* A stack takes references from the table this many at a time, to take its lock seldom. */
#define XFL_GREF_BATCH	64u

/*
 * A stack that has its reserve leaves so many references in the table. New rings, the console and
 * other users of a few references must find some.
 */
#define XFL_GREF_ROOM	128u

#define XFL_GREFS_A_FRAME	(XEN_PAGE_SIZE / sizeof(struct grant_entry_v1))

/*
 * The reserves of all stacks, in references. An abandoned connection's reserve counts, since its
 * references are still taken from the table.
 */
static atomic_t xfl_nr_reserved;

static void xfl_grefs_reserve(struct xfl_grefs *g, u32 reserve)
{
	atomic_add(reserve - g->reserve, &xfl_nr_reserved);
	g->reserve = reserve;
}

/**
 * xfl_grefs_init() - make a stack and take its reserve from the grant table
 * @g: the stack
 * @domid: domain that will be given access
 * @reserve: references that the stack owns from now on, whatever happens
 * @max: most references that it may own, not below @reserve
 *
 * Context: process; allocates with GFP_NOIO.
 * Return: 0, -ENOMEM, or -ENOSPC if the grant table is exhausted; after an error there is nothing
 * to destroy.
 */
int xfl_grefs_init(struct xfl_grefs *g, domid_t domid, u32 reserve, u32 max)
{
	*g = (struct xfl_grefs){ .domid = domid, .max = max };
	g->ref = kvmalloc_array(max, sizeof(*g->ref), GFP_NOIO);
	if (!g->ref)
		return -ENOMEM;
	xfl_grefs_reserve(g, reserve);
	if (!xfl_grefs_grow(g, reserve)) {
		xfl_grefs_destroy(g);
		return -ENOSPC;
	}
	return 0;
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_init, XEN_FRONTLIB);

/**
 * xfl_grefs_renew() - set up a stack that may still have references of an earlier connection
 * @g: the stack, no reference of it in use; one that is all zeroes is accepted
 * @domid: domain that will be given access
 * @reserve: references that the stack owns from now on, whatever happens
 * @max: most references that it may own; not fewer than it has
 *
 * Context: process; allocates with GFP_NOIO.
 * Return: as xfl_grefs_init(), but after an error the stack keeps the references that it had.
 */
int xfl_grefs_renew(struct xfl_grefs *g, domid_t domid, u32 reserve, u32 max)
{
	grant_ref_t *ref;

	if (!g->ref)
		return xfl_grefs_init(g, domid, reserve, max);
	max = max(max, g->nr_owned);
	ref = kvmalloc_array(max, sizeof(*ref), GFP_NOIO);
	if (!ref)
		return -ENOMEM;
	memcpy(ref, g->ref, g->nr_free * sizeof(*ref));
	kvfree(g->ref);
	g->ref = ref;
	g->max = max;
	xfl_grefs_reserve(g, reserve);
	g->domid = domid;
	g->low = g->nr_free;
	return xfl_grefs_grow(g, reserve) ? 0 : -ENOSPC;
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_renew, XEN_FRONTLIB);

/**
 * xfl_grefs_shrink() - return all references but the reserve to the grant table
 * @g: the stack, no reference of it in use; one that is all zeroes is accepted
 *
 * Context: any; takes the grant table's lock.
 */
void xfl_grefs_shrink(struct xfl_grefs *g)
{
	while (g->nr_free && g->nr_owned > g->reserve) {
		gnttab_free_grant_reference(xfl_gref_pop(g));
		g->nr_owned--;
	}
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_shrink, XEN_FRONTLIB);

/**
 * xfl_grefs_destroy() - free a stack, and return its references to the grant table
 * @g: the stack, its references in use pushed back or parked; one that is all zeroes is accepted
 *
 * Context: process; takes the grant table's lock.
 */
void xfl_grefs_destroy(struct xfl_grefs *g)
{
	WARN_ON_ONCE(g->nr_free != g->nr_owned);
	while (g->nr_free)
		gnttab_free_grant_reference(xfl_gref_pop(g));
	kvfree(g->ref);
	xfl_grefs_reserve(g, 0);
	*g = (struct xfl_grefs){};
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_destroy, XEN_FRONTLIB);

/* Return: whether the table had @n references, and @room more, which stay there. */
static bool xfl_grefs_take(struct xfl_grefs *g, u32 n, u32 room)
{
	grant_ref_t head;
	u32 i;

	if (gnttab_alloc_grant_references(n + room, &head))
		return false;
	for (i = 0; i < n; i++)
		xfl_gref_push(g, gnttab_claim_grant_reference(&head));
	gnttab_free_grant_references(head);
	g->nr_owned += n;
	return true;
}

/**
 * xfl_grefs_grow() - have at least this many references on the stack
 * @g: the stack
 * @n: references needed
 *
 * Context: any; takes the grant table's lock.
 * Return: true if they are there; false if the table is exhausted, or the stack has its most.
 */
bool xfl_grefs_grow(struct xfl_grefs *g, u32 n)
{
	u32 missing, batch, room;

	if (g->nr_free >= n)
		return true;
	missing = n - g->nr_free;
	if (missing > g->max - g->nr_owned)
		return false;
	room = g->nr_owned >= g->reserve ? XFL_GREF_ROOM : 0;
	batch = min(max(missing, XFL_GREF_BATCH), g->max - g->nr_owned);
	return xfl_grefs_take(g, batch, room) || xfl_grefs_take(g, missing, room);
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_grow, XEN_FRONTLIB);

/**
 * xfl_grefs_ample() - whether a device may reserve references for what it can do without
 * @n: references
 *
 * All reserves together may take half of the grant table. So the first devices do not take what
 * later devices cannot do without.
 *
 * Context: any.
 * Return: true if @n more fit into that half.
 */
bool xfl_grefs_ample(u32 n)
{
	return atomic_read(&xfl_nr_reserved) + n <=
	       gnttab_max_grant_frames() * XFL_GREFS_A_FRAME / 2;
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_ample, XEN_FRONTLIB);

/**
 * xfl_grefs_room() - whether the grant table has some left for the console and other small users
 *
 * Context: any; takes the grant table's lock.
 * Return: true if it has XFL_GREF_ROOM of them; a snapshot.
 */
bool xfl_grefs_room(void)
{
	grant_ref_t head;

	if (gnttab_alloc_grant_references(XFL_GREF_ROOM, &head))
		return false;
	gnttab_free_grant_references(head);
	return true;
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_room, XEN_FRONTLIB);

/**
 * xfl_grefs_trim() - return references that were not needed since the last call
 * @g: the stack
 * @most: most references to return, which bounds the time that this takes
 *
 * The reserve stays. Nobody may hold a promise of xfl_grefs_want() whose references were not
 * popped.
 *
 * Context: any; takes the grant table's lock.
 */
void xfl_grefs_trim(struct xfl_grefs *g, u32 most)
{
	u32 spare = g->nr_owned > g->reserve ? g->nr_owned - g->reserve : 0;
	u32 n = min3(spare, g->low, most);

	g->nr_owned -= n;
	while (n--)
		gnttab_free_grant_reference(xfl_gref_pop(g));
	g->low = g->nr_free;
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_trim, XEN_FRONTLIB);

/**
 * xfl_gref_disown() - note that references in use belong to somebody else
 * @g: the stack they came from; it may take others in their place
 * @n: how many
 *
 * Context: any.
 */
void xfl_gref_disown(struct xfl_grefs *g, u32 n)
{
	g->nr_owned -= n;
}
EXPORT_SYMBOL_NS_GPL(xfl_gref_disown, XEN_FRONTLIB);
