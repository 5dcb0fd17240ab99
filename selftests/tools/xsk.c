// SPDX-License-Identifier: GPL-2.0
#include "xsk.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BIND_TRIES	50	/* a socket that was just closed has the queue for a while */

static int set(struct xsk *x, int what, const void *value, size_t size)
{
	return setsockopt(x->fd, SOL_XDP, what, value, size) ? -errno : 0;
}

static int register_umem(struct xsk *x)
{
	struct xdp_umem_reg reg = {
		.len = (uint64_t)x->frames * x->chunk,
		.chunk_size = x->chunk,
		.headroom = x->headroom,
	};

	x->umem = mmap(NULL, reg.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (x->umem == MAP_FAILED)
		return -errno;
	reg.addr = (uintptr_t)x->umem;
	return set(x, XDP_UMEM_REG, &reg, offsetof(struct xdp_umem_reg, flags) + sizeof(uint32_t));
}

static int map_ring(struct xsk *x, struct xsk_ring *r, const struct xdp_ring_offset *at,
		    size_t entry, uint64_t page)
{
	uint8_t *p = mmap(NULL, at->desc + XSK_RING * entry, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, x->fd, page);

	if (p == MAP_FAILED)
		return -errno;
	r->prod = (uint32_t *)(p + at->producer);
	r->cons = (uint32_t *)(p + at->consumer);
	r->flags = (uint32_t *)(p + at->flags);
	r->desc = p + at->desc;
	return 0;
}

static int map_rings(struct xsk *x)
{
	struct xdp_mmap_offsets at;
	socklen_t len = sizeof(at);

	if (getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &len))
		return -errno;
	return map_ring(x, &x->fill, &at.fr, sizeof(uint64_t), XDP_UMEM_PGOFF_FILL_RING) ?:
	       map_ring(x, &x->comp, &at.cr, sizeof(uint64_t), XDP_UMEM_PGOFF_COMPLETION_RING) ?:
	       map_ring(x, &x->rx, &at.rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING) ?:
	       map_ring(x, &x->tx, &at.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING);
}

static int make_rings(struct xsk *x)
{
	static const int rings[] = {
		XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING,
	};
	int size = XSK_RING, err = 0;
	unsigned int i;

	for (i = 0; i < sizeof(rings) / sizeof(rings[0]) && !err; i++)
		err = set(x, rings[i], &size, sizeof(size));
	return err ?: map_rings(x);
}

static int bind_to(struct xsk *x, unsigned int ifindex, unsigned int queue)
{
	struct sockaddr_xdp a = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = x->flags,
		.sxdp_ifindex = ifindex,
		.sxdp_queue_id = queue,
	};
	const struct timespec pause = { .tv_nsec = 100000000 };
	int tries = BIND_TRIES;

	while (bind(x->fd, (struct sockaddr *)&a, sizeof(a))) {
		if (errno != EBUSY || !--tries)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int xsk_open(struct xsk *x, unsigned int ifindex, unsigned int queue)
{
	uint32_t i;
	int err;

	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x->fd < 0)
		return -errno;
	err = register_umem(x) ?: make_rings(x);
	if (err)
		return err;
	for (i = 0; i < x->fill_frames; i++)
		xsk_give(x, (uint64_t)i * x->chunk);
	return bind_to(x, ifindex, queue);
}

/* Return: another socket of the same memory and queue, for sending, that polls when it is used. */
int xsk_share(const struct xsk *x, unsigned int ifindex, unsigned int queue)
{
	struct sockaddr_xdp a = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = XDP_SHARED_UMEM,
		.sxdp_ifindex = ifindex,
		.sxdp_queue_id = queue,
		.sxdp_shared_umem_fd = x->fd,
	};
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	int size = XSK_RING, microseconds = 20;

	if (fd < 0 || setsockopt(fd, SOL_XDP, XDP_TX_RING, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, &microseconds, sizeof(microseconds)) ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)))
		return -errno;
	return fd;
}

bool xsk_is_zero_copy(const struct xsk *x)
{
	struct xdp_options o = { 0 };
	socklen_t len = sizeof(o);

	return !getsockopt(x->fd, SOL_XDP, XDP_OPTIONS, &o, &len) &&
	       o.flags & XDP_OPTIONS_ZEROCOPY;
}

/* ---- the rings; one thread uses a socket, so own indices need no care ---- */

static bool has_entry(const struct xsk_ring *r)
{
	return __atomic_load_n(r->prod, __ATOMIC_ACQUIRE) != *r->cons;
}

static bool wait_entry(struct xsk *x, const struct xsk_ring *r, int ms, short events)
{
	struct pollfd p = { .fd = x->fd, .events = events };

	/* Completions wake nobody. */
	for (; !has_entry(r) && ms > 0; ms -= 10)
		poll(&p, 1, 10);
	return has_entry(r);
}

void xsk_give(struct xsk *x, uint64_t addr)
{
	uint32_t at = *x->fill.prod;

	((uint64_t *)x->fill.desc)[at % XSK_RING] = addr;
	__atomic_store_n(x->fill.prod, at + 1, __ATOMIC_SEQ_CST);
}

bool xsk_receive(struct xsk *x, int ms, uint64_t *addr, uint32_t *len)
{
	const struct xdp_desc *d;

	if (!wait_entry(x, &x->rx, ms, POLLIN))
		return false;
	d = &((const struct xdp_desc *)x->rx.desc)[*x->rx.cons % XSK_RING];
	*addr = d->addr;
	*len = d->len;
	__atomic_store_n(x->rx.cons, *x->rx.cons + 1, __ATOMIC_RELEASE);
	return true;
}

void xsk_send(struct xsk *x, uint64_t addr, uint32_t len)
{
	uint32_t at = *x->tx.prod;

	((struct xdp_desc *)x->tx.desc)[at % XSK_RING] = (struct xdp_desc){ addr, len, 0 };
	__atomic_store_n(x->tx.prod, at + 1, __ATOMIC_SEQ_CST);
}

void xsk_kick(struct xsk *x)
{
	if (!(x->flags & XDP_USE_NEED_WAKEUP) ||
	    __atomic_load_n(x->tx.flags, __ATOMIC_SEQ_CST) & XDP_RING_NEED_WAKEUP)
		sendto(x->fd, NULL, 0, MSG_DONTWAIT, NULL, 0);
}

bool xsk_sent(struct xsk *x, int ms, uint64_t *addr)
{
	if (!wait_entry(x, &x->comp, ms, 0))
		return false;
	*addr = ((uint64_t *)x->comp.desc)[*x->comp.cons % XSK_RING];
	__atomic_store_n(x->comp.cons, *x->comp.cons + 1, __ATOMIC_RELEASE);
	return true;
}
