// SPDX-License-Identifier: GPL-2.0
/*
 * The parking place: what a backend still maps stays here, its references
 * reserved and its owner alive, until the backend lets go (XSA-396).
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <xenfront/grant.h>

#include "internal.h"

#define XFL_PARK_RETRY	HZ

static void xfl_park_retry(struct work_struct *work);

static DEFINE_SPINLOCK(xfl_park_lock);	/* protects xfl_park_list */
static LIST_HEAD(xfl_park_list);
static DECLARE_DELAYED_WORK(xfl_park_work, xfl_park_retry);

/* Ends what can be ended; the others move to the front of @ref. */
static u32 xfl_park_end(grant_ref_t *ref, u32 nr)
{
	u32 i, left = 0;

	for (i = 0; i < nr; i++)
		if (!gnttab_try_end_foreign_access(ref[i]))
			ref[left++] = ref[i];
	return left;
}

static void xfl_park_release(struct xfl_parked *p)
{
	struct module *owner = p->owner;
	void (*release)(void *data) = p->release;
	void *data = p->data;

	/* The caller's memory may go with @data. */
	if (p->allocated)
		kfree(p);
	if (release)
		release(data);
	module_put(owner);
}

static void xfl_park_retry(struct work_struct *work)
{
	struct xfl_parked *p, *next;
	LIST_HEAD(todo);
	LIST_HEAD(still);

	spin_lock_bh(&xfl_park_lock);
	list_splice_init(&xfl_park_list, &todo);
	spin_unlock_bh(&xfl_park_lock);

	list_for_each_entry_safe(p, next, &todo, link) {
		p->nr = xfl_park_end(p->ref, p->nr);
		if (p->nr) {
			list_move_tail(&p->link, &still);
			continue;
		}
		list_del(&p->link);
		xfl_park_release(p);
	}

	spin_lock_bh(&xfl_park_lock);
	list_splice_tail(&still, &xfl_park_list);
	if (!list_empty(&xfl_park_list))
		schedule_delayed_work(&xfl_park_work, XFL_PARK_RETRY);
	spin_unlock_bh(&xfl_park_lock);
}

static void xfl_park_add(struct xfl_parked *p)
{
	__module_get(p->owner);
	spin_lock_bh(&xfl_park_lock);
	list_add_tail(&p->link, &xfl_park_list);
	schedule_delayed_work(&xfl_park_work, 0);
	spin_unlock_bh(&xfl_park_lock);
}

/**
 * xfl_park_in() - keep what the backend still maps until it lets go
 * @p: memory for the record; this and what @refs points to stay until @release is called
 * @refs: references in use
 * @nr: number of them
 * @owner: module that @release lives in; it cannot be unloaded meanwhile
 * @release: called once with @data when the last access has ended, in process
 *	context; may be NULL
 * @data: what to release: a page, an skb, a request
 *
 * The references return to the grant table by themselves, so leave them out of
 * the ring's account with xfl_gref_abandon().
 *
 * Context: process or softirq; does not sleep.
 */
void xfl_park_in(struct xfl_parked *p, grant_ref_t *refs, u32 nr, struct module *owner,
		 void (*release)(void *data), void *data)
{
	*p = (struct xfl_parked){
		.owner = owner, .release = release, .data = data, .nr = nr, .ref = refs,
	};
	xfl_park_add(p);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_in, XEN_FRONTLIB);

/**
 * xfl_park() - xfl_park_in() for those who have no memory to spare
 * @refs: references in use; copied
 * @nr: number of them
 * @owner: module of @release
 * @release: what to do when the last access has ended
 * @data: its argument
 *
 * Where no memory can be had to remember them they are lost for good, and @data with
 * them: not for what somebody waits for.
 *
 * Context: process or softirq; does not sleep.
 */
void xfl_park(const grant_ref_t *refs, u32 nr, struct module *owner,
	      void (*release)(void *data), void *data)
{
	grant_ref_t *copy;
	struct xfl_parked *p = kmalloc(size_add(sizeof(*p), array_size(nr, sizeof(*copy))),
				       GFP_ATOMIC | __GFP_NOWARN);

	if (!p) {
		pr_err_ratelimited("no memory to wait for %u grants in use: lost, with pages\n",
				   nr);
		return;
	}
	copy = memcpy(p + 1, refs, nr * sizeof(*refs));
	*p = (struct xfl_parked){
		.owner = owner, .release = release, .data = data, .nr = nr, .ref = copy,
		.allocated = true,
	};
	xfl_park_add(p);
}
EXPORT_SYMBOL_NS_GPL(xfl_park, XEN_FRONTLIB);

/**
 * xfl_park_put_page() - release callback for a page
 * @page: page to drop one reference of
 */
void xfl_park_put_page(void *page)
{
	put_page(page);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_put_page, XEN_FRONTLIB);

/*
 * Every entry holds a reference on its owner, which holds one on this module:
 * the list is empty when this runs, but the work may be on its last lap.
 */
void xfl_park_exit(void)
{
	cancel_delayed_work_sync(&xfl_park_work);
}
