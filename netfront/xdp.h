/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * XDP: what its files share, and where receiving and sending call them.
 */
#ifndef XENFRONT_NETFRONT_XDP_H
#define XENFRONT_NETFRONT_XDP_H

#include <linux/bpf.h>
#include <linux/if_vlan.h>
#include <net/xdp.h>

#include "netfront.h"

/*
 * Bytes of a packet that fit in one frame, between the headroom and the room for the fragment list.
 */
#define XNF_XDP_TAILROOM	SKB_DATA_ALIGN(sizeof(struct skb_shared_info))
#define XNF_XDP_LINEAR		(XFL_FRAME_SIZE - XDP_PACKET_HEADROOM - XNF_XDP_TAILROOM)
/* The largest MTU at which each packet is in one piece, with a tag or without. */
#define XNF_XDP_MTU		(XNF_XDP_LINEAR - VLAN_ETH_HLEN)

/**
 * struct xnf_xdp - a queue's part in running a program; changed only while NAPI is off
 * @prog: the program; the device has the reference
 * @pages: private frames that packets are copied to, never granted
 * @rxq: says where packets in @pages come from
 * @redirected: a packet of this poll was redirected
 * @sent: a packet of this poll was put on the transmit ring
 */
struct xnf_xdp {
	struct bpf_prog *prog;
	struct xnf_pages pages;
	struct xdp_rxq_info rxq;
	bool redirected;
	bool sent;
};

/* xdp.c */
void xnf_xdp_update_limits(struct xnf_dev *xn);
int xnf_xdp_attach(struct xnf_dev *xn, struct bpf_prog *prog, struct netlink_ext_ack *extack);

/* xdp_open.c */
int xnf_xdp_open(struct xnf_dev *xn);
void xnf_xdp_close(struct xnf_queue *q);

/* xdp_run.c */
struct sk_buff *xnf_xdp_run(struct xnf_queue *q, struct xdp_buff *xdp);
int xnf_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames, u32 flags);

#endif /* XENFRONT_NETFRONT_XDP_H */
