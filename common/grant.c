// SPDX-License-Identifier: GPL-2.0
/*
 * Stacks of grant references.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <xenfront/grant.h>

/* References are taken from the table this many at a time, to visit its lock seldom. */
#define XFL_GREF_BATCH	64u

/*
 * Who has its reserve leaves so many in the table: rings that are made anew, the console and
 * whoever else has but a few must find some.
 */
#define XFL_GREF_ROOM	128u

#define XFL_GREFS_A_FRAME	(XEN_PAGE_SIZE / sizeof(struct grant_entry_v1))

/*
 * The reserves of all stacks. That of an abandoned connection counts, since its references are
 * still taken from the table.
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
 * @reserve: references to own from now on, whatever happens
 * @max: most references ever to own
 *
 * Context: process; allocates with GFP_NOIO.
 * Return: 0, -ENOMEM, or -ENOSPC if the grant table is exhausted.
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
 * xfl_grefs_renew() - xfl_grefs_init() for a stack that may still have what it kept
 * @g: the stack; one that was never set up, all zeroes, is accepted
 * @domid: domain that will be given access
 * @reserve: references to own from now on, whatever happens
 * @max: most references ever to own
 *
 * Context: process; allocates with GFP_NOIO.
 * Return: as xfl_grefs_init(); on error the stack keeps what it had.
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
 * xfl_grefs_shrink() - give back to the grant table all but the reserve
 * @g: the stack, no reference of it in use; one that was never set up is accepted
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
 * xfl_grefs_destroy() - return what is on the stack to the grant table
 * @g: the stack; one that was never set up, all zeroes, is accepted
 *
 * References in use must have been pushed back or parked before.
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

/* Return: whether they were there, and @room more, which stay in the table. */
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
 * Return: true if they are there, false if the table or @g's limit is exhausted.
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
 * xfl_grefs_ample() - whether so many may be reserved for what a device can do without
 * @n: references
 *
 * Half of the grant table is for what each device needs: the first devices must not take what
 * those that come later cannot do without.
 *
 * Context: any.
 */
bool xfl_grefs_ample(u32 n)
{
	return atomic_read(&xfl_nr_reserved) + n <=
	       gnttab_max_grant_frames() * XFL_GREFS_A_FRAME / 2;
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_ample, XEN_FRONTLIB);

/**
 * xfl_grefs_room() - whether the grant table has references left for those who need but a few
 *
 * Context: any; takes the grant table's lock.
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
 * xfl_grefs_trim() - give back to the table what was not needed since the last time
 * @g: the stack
 * @most: no more references than this, which bounds the time it takes
 *
 * The reserve stays. Whoever was promised references has popped them all.
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
 * xfl_gref_abandon() - references in use now belong to somebody else
 * @g: the stack they came from
 * @n: how many
 */
void xfl_gref_abandon(struct xfl_grefs *g, u32 n)
{
	g->nr_owned -= n;
}
EXPORT_SYMBOL_NS_GPL(xfl_gref_abandon, XEN_FRONTLIB);
