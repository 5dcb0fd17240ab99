// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * The parking place of frames: what a backend still maps stays here, with its references, until the
 * backend unmaps it (XSA-396). Connections as a whole have one of their own, see abandoned.c.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/page_pool/helpers.h>

#include <xenfront/grant.h>

#include "internal.h"

/**
 * DOC: The parking place and modules
 *
 * What is parked may outlive the driver. A reference on a module that is being unloaded does not
 * keep the module. So functions of this module release what is parked, and this module stays while
 * anything is.
 */

#define XFL_PARK_RETRY	HZ	/* jiffies between two attempts */

static void xfl_park_retry(struct work_struct *work);

/* Has a rescuer: to release what is parked may let I/O of a swap disk go on. */
static struct workqueue_struct *xfl_park_wq;
static DEFINE_SPINLOCK(xfl_park_lock);	/* protects xfl_park_list */
static LIST_HEAD(xfl_park_list);
static DECLARE_DELAYED_WORK(xfl_park_work, xfl_park_retry);

/* Ends the references that can be ended; the others move to the front of @ref. */
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
	void (*release)(void *data) = p->release;
	void *data = p->data;

	/* To release @data may free @p, if that is the caller's. */
	if (p->allocated)
		kfree(p);
	if (release)
		release(data);
	module_put(THIS_MODULE);
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
		queue_delayed_work(xfl_park_wq, &xfl_park_work, XFL_PARK_RETRY);
	spin_unlock_bh(&xfl_park_lock);
}

static void xfl_park_add(struct xfl_parked *p)
{
	__module_get(THIS_MODULE);
	spin_lock_bh(&xfl_park_lock);
	list_add_tail(&p->link, &xfl_park_list);
	queue_delayed_work(xfl_park_wq, &xfl_park_work, 0);
	spin_unlock_bh(&xfl_park_lock);
}

/**
 * xfl_park_in() - park what the backend still maps, in memory of the caller's
 * @p: memory for the record; must stay, with the array @refs, until @release is called
 * @refs: references in use
 * @nr: number of them
 * @release: called once with @data when the last access has ended, in process context; may be NULL.
 *	It is a function of this module, such as xfl_park_put_page(). Or the caller waits until it
 *	was called, and then calls xfl_park_flush() before its module goes
 * @data: what to release: a page, an skb, a request
 *
 * The parking place returns the references to the grant table. So a stack that they came from must
 * not count them any more, see xfl_gref_disown().
 *
 * Context: process or softirq; does not sleep and cannot fail.
 */
void xfl_park_in(struct xfl_parked *p, grant_ref_t *refs, u32 nr,
		 void (*release)(void *data), void *data)
{
	*p = (struct xfl_parked){
		.release = release, .data = data, .nr = nr, .ref = refs,
	};
	xfl_park_add(p);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_in, XEN_FRONTLIB);

/**
 * xfl_park() - xfl_park_in() with memory that this allocates
 * @refs: references in use; copied
 * @nr: number of them
 * @release: as for xfl_park_in()
 * @data: its argument
 *
 * If there is no memory, the references and @data are lost for good, which is safe. So this is not
 * for a request that somebody waits for.
 *
 * Context: process or softirq; does not sleep.
 */
void xfl_park(const grant_ref_t *refs, u32 nr, void (*release)(void *data), void *data)
{
	grant_ref_t *copy;
	struct xfl_parked *p = kmalloc(size_add(sizeof(*p), array_size(nr, sizeof(*copy))),
				       GFP_ATOMIC | __GFP_NOWARN);

	if (!p) {
		pr_err_ratelimited("no memory to park %u grants in use: lost, with their pages\n",
				   nr);
		return;
	}
	copy = memcpy(p + 1, refs, nr * sizeof(*refs));
	*p = (struct xfl_parked){
		.release = release, .data = data, .nr = nr, .ref = copy, .allocated = true,
	};
	xfl_park_add(p);
}

/**
 * xfl_grefs_park() - park references of a stack, with what they name
 * @g: the stack they came from; it owns them no more
 * @refs: references in use; copied. %NULL if there was no memory to list them: then they are lost
 *	together with @data, which is safe
 * @nr: number of them
 * @release: what to do when the last access has ended, as for xfl_park_in()
 * @data: its argument; the caller's reference on it goes with this call
 *
 * For references that xfl_grant_end() or xfl_grant_end_free() could not end. @g may take others
 * from the grant table in their place.
 *
 * Context: process or softirq, with whatever serialises @g; does not sleep.
 */
void xfl_grefs_park(struct xfl_grefs *g, const grant_ref_t *refs, u32 nr,
		    void (*release)(void *data), void *data)
{
	xfl_gref_disown(g, nr);
	if (refs)
		xfl_park(refs, nr, release, data);
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_park, XEN_FRONTLIB);

/**
 * xfl_park_put_page() - release callback for a page
 * @page: page, of which one reference is dropped
 */
void xfl_park_put_page(void *page)
{
	put_page(page);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_put_page, XEN_FRONTLIB);

/**
 * xfl_park_free_skb() - release callback for a packet
 * @skb: packet, of which one reference is dropped
 */
void xfl_park_free_skb(void *skb)
{
	kfree_skb(skb);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_free_skb, XEN_FRONTLIB);

/**
 * xfl_park_free() - release callback for memory of kmalloc()
 * @memory: freed
 */
void xfl_park_free(void *memory)
{
	kfree(memory);
}

struct xfl_parked_pool_page {
	struct page_pool *pool;
	struct page *page;
};

static void xfl_park_put_pool_page(void *data)
{
	struct xfl_parked_pool_page *p = data;

	page_pool_put_full_page(p->pool, p->page, false);
	kfree(p);
}

/**
 * xfl_grefs_park_pool_page() - xfl_grefs_park() for one frame of a page pool's page
 * @g: the stack that @ref came from
 * @ref: the frame's reference
 * @pool: the pool; it waits for its last page, however long that takes
 * @page: the page, or the part of it that goes back to the pool
 *
 * Context: process or softirq, with whatever serialises @g; does not sleep.
 */
void xfl_grefs_park_pool_page(struct xfl_grefs *g, grant_ref_t ref, struct page_pool *pool,
			      struct page *page)
{
	struct xfl_parked_pool_page *p = kmalloc(sizeof(*p), GFP_ATOMIC | __GFP_NOWARN);

	xfl_gref_disown(g, 1);
	if (!p)		/* page and reference are lost then, which is safe */
		return;
	*p = (struct xfl_parked_pool_page){ pool, page };
	xfl_park(&ref, 1, xfl_park_put_pool_page, p);
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_park_pool_page, XEN_FRONTLIB);

/* xfl_park_flush_work() - xfl_park_flush() for the frames that this file parks */
void xfl_park_flush_work(void)
{
	flush_delayed_work(&xfl_park_work);
}

int xfl_park_init(void)
{
	xfl_park_wq = alloc_workqueue("xfl-park", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return xfl_park_wq ? 0 : -ENOMEM;
}

/*
 * Every entry holds a reference on this module, so the list is empty now. The work may still be
 * returning.
 */
void xfl_park_exit(void)
{
	cancel_delayed_work_sync(&xfl_park_work);
	destroy_workqueue(xfl_park_wq);
}
