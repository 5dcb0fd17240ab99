/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Frames that stay granted: see tx_bounce.c.
 */
#ifndef XENFRONT_NETFRONT_TX_BOUNCE_H
#define XENFRONT_NETFRONT_TX_BOUNCE_H

#include <linux/types.h>

struct xnf_tx;

int xnf_bounce_alloc(struct xnf_tx *tx, u32 nr_gather);
void xnf_bounce_free(struct xnf_tx *tx);

#endif /* XENFRONT_NETFRONT_TX_BOUNCE_H */
