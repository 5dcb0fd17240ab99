/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Proof, at compile time, that hash.h describes what the protocol header of the system
 * does: the kernel's, or that of package libxen-dev in user space.
 */
#ifndef XENFRONT_NETFRONT_HASH_LAYOUT_H
#define XENFRONT_NETFRONT_HASH_LAYOUT_H

#include "hash.h"

#ifdef __KERNEL__
#include <xen/interface/io/netif.h>
#else
#include <xen/grant_table.h>
#include <xen/io/netif.h>
#endif

XFL_ASSERT_SAME_SIZE(struct xnf_ctrl_req, struct xen_netif_ctrl_request);
XFL_ASSERT_SAME_FIELD(struct xnf_ctrl_req, id, struct xen_netif_ctrl_request, id);
XFL_ASSERT_SAME_FIELD(struct xnf_ctrl_req, type, struct xen_netif_ctrl_request, type);
XFL_ASSERT_SAME_FIELD(struct xnf_ctrl_req, data, struct xen_netif_ctrl_request, data);
XFL_ASSERT_SAME_SIZE(struct xnf_ctrl_rsp, struct xen_netif_ctrl_response);
XFL_ASSERT_SAME_FIELD(struct xnf_ctrl_rsp, id, struct xen_netif_ctrl_response, id);
XFL_ASSERT_SAME_FIELD(struct xnf_ctrl_rsp, type, struct xen_netif_ctrl_response, type);
XFL_ASSERT_SAME_FIELD(struct xnf_ctrl_rsp, status, struct xen_netif_ctrl_response, status);
XFL_ASSERT_SAME_FIELD(struct xnf_ctrl_rsp, data, struct xen_netif_ctrl_response, data);

#define XNF_SAME_NUMBER(_ours, _theirs)						\
	static_assert((int)XNF_##_ours == (int)XEN_NETIF_CTRL_##_theirs, "number")

XNF_SAME_NUMBER(CTRL_GET_TYPES, TYPE_GET_HASH_FLAGS);
XNF_SAME_NUMBER(CTRL_SET_TYPES, TYPE_SET_HASH_FLAGS);
XNF_SAME_NUMBER(CTRL_SET_KEY, TYPE_SET_HASH_KEY);
XNF_SAME_NUMBER(CTRL_GET_TABLE_SIZE, TYPE_GET_HASH_MAPPING_SIZE);
XNF_SAME_NUMBER(CTRL_SET_TABLE_SIZE, TYPE_SET_HASH_MAPPING_SIZE);
XNF_SAME_NUMBER(CTRL_SET_TABLE, TYPE_SET_HASH_MAPPING);
XNF_SAME_NUMBER(CTRL_SET_ALG, TYPE_SET_HASH_ALGORITHM);
XNF_SAME_NUMBER(CTRL_SUCCESS, STATUS_SUCCESS);
XNF_SAME_NUMBER(CTRL_NOT_SUPPORTED, STATUS_NOT_SUPPORTED);
XNF_SAME_NUMBER(CTRL_INVALID, STATUS_INVALID_PARAMETER);
XNF_SAME_NUMBER(CTRL_OVERFLOW, STATUS_BUFFER_OVERFLOW);
XNF_SAME_NUMBER(HASH_ALG_NONE, HASH_ALGORITHM_NONE);
XNF_SAME_NUMBER(HASH_ALG_TOEPLITZ, HASH_ALGORITHM_TOEPLITZ);

static_assert(XNF_HASH_IPV4 == _XEN_NETIF_CTRL_HASH_TYPE_IPV4, "type");
static_assert(XNF_HASH_IPV4_TCP == _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP, "type");
static_assert(XNF_HASH_IPV6 == _XEN_NETIF_CTRL_HASH_TYPE_IPV6, "type");
static_assert(XNF_HASH_IPV6_TCP == _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP, "type");

#endif /* XENFRONT_NETFRONT_HASH_LAYOUT_H */
