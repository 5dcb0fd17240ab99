/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An AF_XDP socket and the program that feeds it, by system calls alone.
 */
#ifndef XENFRONT_TOOLS_XSK_H
#define XENFRONT_TOOLS_XSK_H

#include <stdbool.h>
#include <stdint.h>

#define XSK_RING	256u

/**
 * struct xsk_ring - a ring shared with the kernel
 * @prod: producer's index
 * @cons: consumer's index
 * @flags: XDP_RING_NEED_WAKEUP
 * @desc: entries
 */
struct xsk_ring {
	uint32_t *prod;
	uint32_t *cons;
	uint32_t *flags;
	void *desc;
};

/**
 * struct xsk - a socket
 * @chunk: size of a frame
 * @headroom: asked for in each
 * @flags: for bind(): XDP_ZEROCOPY, XDP_COPY, XDP_USE_NEED_WAKEUP
 * @frames: in the memory, at least two rings of them
 * @fill_frames: of these, handed to the fill ring
 */
struct xsk {
	uint32_t chunk;
	uint32_t headroom;
	uint16_t flags;
	uint32_t frames;
	uint32_t fill_frames;
	int fd;
	int map;
	int link;
	uint8_t *umem;
	struct xsk_ring fill;
	struct xsk_ring comp;
	struct xsk_ring rx;
	struct xsk_ring tx;
};

/* xsk.c; negative errno on failure */
int xsk_open(struct xsk *x, unsigned int ifindex, unsigned int queue);
int xsk_share(const struct xsk *x, unsigned int ifindex, unsigned int queue);
bool xsk_is_zero_copy(const struct xsk *x);
void xsk_give(struct xsk *x, uint64_t addr);
bool xsk_receive(struct xsk *x, int ms, uint64_t *addr, uint32_t *len);
void xsk_send(struct xsk *x, uint64_t addr, uint32_t len);
void xsk_kick(struct xsk *x);
bool xsk_sent(struct xsk *x, int ms, uint64_t *addr);

/* xsk_prog.c: frames with this 16-bit number at this offset are the socket's */
int xsk_prog_attach(struct xsk *x, unsigned int ifindex, unsigned int queue, unsigned int offset,
		    uint16_t value);

#endif /* XENFRONT_TOOLS_XSK_H */
