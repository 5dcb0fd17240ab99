/* SPDX-License-Identifier: GPL-2.0 */
/* What the queueing discipline of an interface has counted: see qdisc.c. */
#ifndef XENFRONT_RULER_QDISC_H
#define XENFRONT_RULER_QDISC_H

#include <stdbool.h>
#include <stdint.h>

bool qdisc_sent(const char *interface, uint64_t *packets, uint64_t *bytes);

#endif /* XENFRONT_RULER_QDISC_H */
