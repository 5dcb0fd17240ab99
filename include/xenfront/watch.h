/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Watches on keys of a backend besides its state.
 *
 * DOC: ending a watch waits for the thread that runs all watch callbacks, and that
 * thread may at this moment be removing the device, which waits for the device's own
 * work item. So a work item never ends a watch itself: it lets go of it, and
 * somebody who holds nothing up ends it later.
 */
#ifndef XENFRONT_WATCH_H
#define XENFRONT_WATCH_H

#include "lifecycle.h"

struct xfl_watch;

struct xfl_watch *xfl_watch_start(struct xfl_device *xd, const char *key);
void xfl_watch_drop(struct xfl_watch *w);

#endif /* XENFRONT_WATCH_H */
