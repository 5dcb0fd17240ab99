/* SPDX-License-Identifier: GPL-2.0 */
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

#define XNF_SAME_SIZE(_ours, _theirs)						\
	static_assert(sizeof(struct _ours) == sizeof(XNF_THEIRS(_theirs)), "size")
#define XNF_SAME_FIELD(_ours, _theirs, _field)					\
	static_assert(offsetof(struct _ours, _field) ==				\
		      offsetof(XNF_THEIRS(_theirs), _field) &&			\
		      sizeof(((struct _ours *)0)->_field) ==			\
		      sizeof(((XNF_THEIRS(_theirs) *)0)->_field), "field")

XNF_SAME_SIZE(xnf_tx_req, tx_request);
XNF_SAME_FIELD(xnf_tx_req, tx_request, gref);
XNF_SAME_FIELD(xnf_tx_req, tx_request, offset);
XNF_SAME_FIELD(xnf_tx_req, tx_request, flags);
XNF_SAME_FIELD(xnf_tx_req, tx_request, id);
XNF_SAME_FIELD(xnf_tx_req, tx_request, size);
XNF_SAME_SIZE(xnf_tx_rsp, tx_response);
XNF_SAME_FIELD(xnf_tx_rsp, tx_response, id);
XNF_SAME_FIELD(xnf_tx_rsp, tx_response, status);
XNF_SAME_SIZE(xnf_rx_req, rx_request);
XNF_SAME_FIELD(xnf_rx_req, rx_request, id);
XNF_SAME_FIELD(xnf_rx_req, rx_request, gref);
XNF_SAME_SIZE(xnf_rx_rsp, rx_response);
XNF_SAME_FIELD(xnf_rx_rsp, rx_response, id);
XNF_SAME_FIELD(xnf_rx_rsp, rx_response, offset);
XNF_SAME_FIELD(xnf_rx_rsp, rx_response, flags);
XNF_SAME_FIELD(xnf_rx_rsp, rx_response, status);
XNF_SAME_SIZE(xnf_extra, extra_info);
XNF_SAME_FIELD(xnf_extra, extra_info, type);
XNF_SAME_FIELD(xnf_extra, extra_info, flags);
XNF_SAME_FIELD(xnf_extra, extra_info, u.gso.size);
XNF_SAME_FIELD(xnf_extra, extra_info, u.gso.type);
XNF_SAME_FIELD(xnf_extra, extra_info, u.gso.features);
XNF_SAME_FIELD(xnf_extra, extra_info, u.mcast.addr);
XNF_SAME_FIELD(xnf_extra, extra_info, u.hash.type);
XNF_SAME_FIELD(xnf_extra, extra_info, u.hash.algorithm);
XNF_SAME_FIELD(xnf_extra, extra_info, u.hash.value);
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
