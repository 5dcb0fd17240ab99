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

/**
 * struct xfl_parked - one owner and the references that hold it
 * @link: on xfl_park_list, or on the retry's private list
 * @owner: module of @release, referenced
 * @release: what to do when the last access has ended; may be NULL
 * @data: argument for @release
 * @nr: references in @ref whose access has not ended
 * @ref: the references
 */
struct xfl_parked {
	struct list_head link;
	struct module *owner;
	void (*release)(void *data);
	void *data;
	u32 nr;
	grant_ref_t ref[];
};

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
	if (p->release)
		p->release(p->data);
	module_put(p->owner);
	kfree(p);
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

/**
 * xfl_park() - keep what the backend still maps until it lets go
 * @refs: references in use; copied
 * @nr: number of them
 * @owner: module that @release lives in; it cannot be unloaded meanwhile
 * @release: called once with @data when the last access has ended, in process
 *	context; may be NULL
 * @data: what to release: a page, an skb, a request
 *
 * The references return to the grant table by themselves, so leave them out of
 * the ring's account with xfl_gref_abandon(). Where no memory can be had to
 * remember them they are lost for good, and @data with them.
 *
 * Context: process or softirq; does not sleep.
 */
void xfl_park(const grant_ref_t *refs, u32 nr, struct module *owner,
	      void (*release)(void *data), void *data)
{
	struct xfl_parked *p = kmalloc(struct_size(p, ref, nr), GFP_ATOMIC | __GFP_NOWARN);

	if (!p) {
		pr_err_ratelimited("no memory to wait for %u grants in use: lost with their pages\n",
				   nr);
		return;
	}
	__module_get(owner);
	p->owner = owner;
	p->release = release;
	p->data = data;
	p->nr = nr;
	memcpy(p->ref, refs, nr * sizeof(*refs));

	spin_lock_bh(&xfl_park_lock);
	list_add_tail(&p->link, &xfl_park_list);
	schedule_delayed_work(&xfl_park_work, 0);
	spin_unlock_bh(&xfl_park_lock);
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
