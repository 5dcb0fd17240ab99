/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Proof, at compile time, that wire.h describes what the protocol header of the
 * system does: the kernel's, or that of package libxen-dev in user space.
 */
#ifndef XENFRONT_NETFRONT_WIRE_LAYOUT_H
#define XENFRONT_NETFRONT_WIRE_LAYOUT_H

#include "wire.h"

#ifdef __KERNEL__
#include <xen/interface/io/netif.h>
#define XNF_THEIRS(_name)	struct xen_netif_##_name
#else
#include <xen/grant_table.h>
#include <xen/io/netif.h>
#define XNF_THEIRS(_name)	struct netif_##_name
#endif

XFL_ASSERT_SAME_SIZE(struct xnf_tx_req, XNF_THEIRS(tx_request));
XFL_ASSERT_SAME_FIELD(struct xnf_tx_req, gref, XNF_THEIRS(tx_request), gref);
XFL_ASSERT_SAME_FIELD(struct xnf_tx_req, offset, XNF_THEIRS(tx_request), offset);
XFL_ASSERT_SAME_FIELD(struct xnf_tx_req, flags, XNF_THEIRS(tx_request), flags);
XFL_ASSERT_SAME_FIELD(struct xnf_tx_req, id, XNF_THEIRS(tx_request), id);
XFL_ASSERT_SAME_FIELD(struct xnf_tx_req, size, XNF_THEIRS(tx_request), size);
XFL_ASSERT_SAME_SIZE(struct xnf_tx_rsp, XNF_THEIRS(tx_response));
XFL_ASSERT_SAME_FIELD(struct xnf_tx_rsp, id, XNF_THEIRS(tx_response), id);
XFL_ASSERT_SAME_FIELD(struct xnf_tx_rsp, status, XNF_THEIRS(tx_response), status);
XFL_ASSERT_SAME_SIZE(struct xnf_rx_req, XNF_THEIRS(rx_request));
XFL_ASSERT_SAME_FIELD(struct xnf_rx_req, id, XNF_THEIRS(rx_request), id);
XFL_ASSERT_SAME_FIELD(struct xnf_rx_req, gref, XNF_THEIRS(rx_request), gref);
XFL_ASSERT_SAME_SIZE(struct xnf_rx_rsp, XNF_THEIRS(rx_response));
XFL_ASSERT_SAME_FIELD(struct xnf_rx_rsp, id, XNF_THEIRS(rx_response), id);
XFL_ASSERT_SAME_FIELD(struct xnf_rx_rsp, offset, XNF_THEIRS(rx_response), offset);
XFL_ASSERT_SAME_FIELD(struct xnf_rx_rsp, flags, XNF_THEIRS(rx_response), flags);
XFL_ASSERT_SAME_FIELD(struct xnf_rx_rsp, status, XNF_THEIRS(rx_response), status);
XFL_ASSERT_SAME_SIZE(struct xnf_extra, XNF_THEIRS(extra_info));
XFL_ASSERT_SAME_FIELD(struct xnf_extra, type, XNF_THEIRS(extra_info), type);
XFL_ASSERT_SAME_FIELD(struct xnf_extra, flags, XNF_THEIRS(extra_info), flags);
XFL_ASSERT_SAME_FIELD(struct xnf_extra, u.gso.size, XNF_THEIRS(extra_info), u.gso.size);
XFL_ASSERT_SAME_FIELD(struct xnf_extra, u.gso.type, XNF_THEIRS(extra_info), u.gso.type);
XFL_ASSERT_SAME_FIELD(struct xnf_extra, u.gso.features, XNF_THEIRS(extra_info), u.gso.features);
XFL_ASSERT_SAME_FIELD(struct xnf_extra, u.mcast.addr, XNF_THEIRS(extra_info), u.mcast.addr);
XFL_ASSERT_SAME_FIELD(struct xnf_extra, u.hash.type, XNF_THEIRS(extra_info), u.hash.type);
XFL_ASSERT_SAME_FIELD(struct xnf_extra, u.hash.algorithm, XNF_THEIRS(extra_info), u.hash.algorithm);
XFL_ASSERT_SAME_FIELD(struct xnf_extra, u.hash.value, XNF_THEIRS(extra_info), u.hash.value);
static_assert(sizeof(union xnf_rx_any) == sizeof(struct xnf_rx_rsp), "extra fits a response");

#ifdef __KERNEL__
static_assert(XNF_SLOTS_MIN == XEN_NETIF_NR_SLOTS_MIN);
static_assert(XNF_TX_PACKET_MAX == XEN_NETIF_MAX_TX_SIZE);
static_assert(XNF_TXF_CSUM_BLANK == XEN_NETTXF_csum_blank);
static_assert(XNF_TXF_VALIDATED == XEN_NETTXF_data_validated);
static_assert(XNF_TXF_MORE == XEN_NETTXF_more_data);
static_assert(XNF_TXF_EXTRA == XEN_NETTXF_extra_info);
static_assert(XNF_RXF_VALIDATED == XEN_NETRXF_data_validated);
static_assert(XNF_RXF_CSUM_BLANK == XEN_NETRXF_csum_blank);
static_assert(XNF_RXF_MORE == XEN_NETRXF_more_data);
static_assert(XNF_RXF_EXTRA == XEN_NETRXF_extra_info);
static_assert(XNF_RXF_GSO_PREFIX == XEN_NETRXF_gso_prefix);
static_assert(XNF_EXTRA_XDP == XEN_NETIF_EXTRA_TYPE_XDP);
static_assert(XNF_EXTRAF_MORE == XEN_NETIF_EXTRA_FLAG_MORE);
static_assert(XNF_GSO_TCPV6 == XEN_NETIF_GSO_TYPE_TCPV6);
static_assert(XNF_RSP_NULL == XEN_NETIF_RSP_NULL);
static_assert(XNF_RSP_DROPPED == XEN_NETIF_RSP_DROPPED);
#endif

#endif /* XENFRONT_NETFRONT_WIRE_LAYOUT_H */
