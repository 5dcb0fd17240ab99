// SPDX-License-Identifier: GPL-2.0
/*
 * The parking place: what a backend still maps stays here, its references
 * reserved, until the backend lets go (XSA-396).
 *
 * DOC: that may be long after the driver was unloaded. A reference on a module
 * that is being unloaded does not keep it, so what is left behind is released by
 * functions of this module, which stays while the list is not empty.
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

#define XFL_PARK_RETRY	HZ

static void xfl_park_retry(struct work_struct *work);

/* What it releases may be I/O of a swap disk, so it must not wait for memory. */
static struct workqueue_struct *xfl_park_wq;
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
	void (*release)(void *data) = p->release;
	void *data = p->data;

	/* The caller's memory may go with @data. */
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
 * xfl_park_in() - keep what the backend still maps until it lets go
 * @p: memory for the record; this and what @refs points to stay until @release is called
 * @refs: references in use
 * @nr: number of them
 * @release: called once with @data when the last access has ended, in process
 *	context; may be NULL. Either one of this module's own, xfl_park_put_page() and
 *	its like, or the caller sees that it is called before its text goes, and calls
 *	xfl_park_flush() then
 * @data: what to release: a page, an skb, a request
 *
 * The references return to the grant table by themselves, so leave them out of
 * the ring's account with xfl_gref_abandon().
 *
 * Context: process or softirq; does not sleep.
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
 * xfl_park() - xfl_park_in() for those who have no memory to spare
 * @refs: references in use; copied
 * @nr: number of them
 * @release: what to do when the last access has ended, as for xfl_park_in()
 * @data: its argument
 *
 * Where no memory can be had to remember them they are lost for good, and @data with
 * them: not for what somebody waits for.
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
EXPORT_SYMBOL_NS_GPL(xfl_park, XEN_FRONTLIB);

/**
 * xfl_grefs_park() - references of a stack are parked with what they name
 * @g: the stack they came from; it owns them no more
 * @refs: references in use; copied. %NULL if there was no memory to list them: then they are lost
 *	together with @data, which is safe
 * @nr: number of them
 * @release: what to do when the last access has ended, as for xfl_park_in()
 * @data: its argument; the caller's reference on it goes with this call
 *
 * For what xfl_grant_end() and xfl_grant_end_free() say is still mapped. @g has room for as many
 * others after this, which it takes from the grant table when it grows.
 *
 * Context: process or softirq, with whatever serialises @g; does not sleep.
 */
void xfl_grefs_park(struct xfl_grefs *g, const grant_ref_t *refs, u32 nr,
		    void (*release)(void *data), void *data)
{
	xfl_gref_abandon(g, nr);
	if (refs)
		xfl_park(refs, nr, release, data);
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_park, XEN_FRONTLIB);

/**
 * xfl_park_put_page() - release callback for a page
 * @page: page to drop one reference of
 */
void xfl_park_put_page(void *page)
{
	put_page(page);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_put_page, XEN_FRONTLIB);

/**
 * xfl_park_free_skb() - release callback for a packet
 * @skb: packet to drop one reference of
 */
void xfl_park_free_skb(void *skb)
{
	kfree_skb(skb);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_free_skb, XEN_FRONTLIB);

/**
 * xfl_park_free() - release callback for what kmalloc() gave
 * @memory: to be freed
 */
void xfl_park_free(void *memory)
{
	kfree(memory);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_free, XEN_FRONTLIB);

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
 * xfl_park_pool_page() - xfl_park() for one frame of a page pool's page
 * @ref: the frame's reference
 * @pool: the pool; it waits for its last page, however long that takes
 * @page: the page, or the part of it that goes back to the pool
 *
 * Context: process or softirq; does not sleep.
 */
void xfl_park_pool_page(grant_ref_t ref, struct page_pool *pool, struct page *page)
{
	struct xfl_parked_pool_page *p = kmalloc(sizeof(*p), GFP_ATOMIC | __GFP_NOWARN);

	if (!p)		/* then page and reference are lost, which is safe */
		return;
	*p = (struct xfl_parked_pool_page){ pool, page };
	xfl_park(&ref, 1, xfl_park_put_pool_page, p);
}
EXPORT_SYMBOL_NS_GPL(xfl_park_pool_page, XEN_FRONTLIB);

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
	xfl_gref_abandon(g, 1);
	xfl_park_pool_page(ref, pool, page);
}
EXPORT_SYMBOL_NS_GPL(xfl_grefs_park_pool_page, XEN_FRONTLIB);

/**
 * xfl_park_flush() - wait for release callbacks that are being called
 *
 * Context: process.
 */
void xfl_park_flush(void)
{
	flush_delayed_work(&xfl_park_work);
	xfl_release_flush();
}
EXPORT_SYMBOL_NS_GPL(xfl_park_flush, XEN_FRONTLIB);

int xfl_park_init(void)
{
	xfl_park_wq = alloc_workqueue("xfl-park", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return xfl_park_wq ? 0 : -ENOMEM;
}

/*
 * Every entry holds a reference on this module: the list is empty when this runs,
 * but the work may be on its last lap.
 */
void xfl_park_exit(void)
{
	cancel_delayed_work_sync(&xfl_park_work);
	destroy_workqueue(xfl_park_wq);
}
