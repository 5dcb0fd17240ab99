/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xen/io/ring.h asks of its user. Both ends run in one thread here, but
 * the accesses must not be merged or reordered by the compiler all the same.
 */
#ifndef HOST_XENRING_H
#define HOST_XENRING_H

#include <stdint.h>

/* Without this the headers speak the dialect of 2005. */
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include <xen/grant_table.h>

#define xen_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)

#include <xen/io/ring.h>

#define RING_FRAME	4096u

#endif /* HOST_XENRING_H */
