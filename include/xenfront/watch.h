/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Watches on keys of a backend besides its state.
 */
#ifndef XENFRONT_WATCH_H
#define XENFRONT_WATCH_H

#include "lifecycle.h"

struct xfl_watch;

/**
 * DOC: How a watch ends
 *
 * To unregister a watch waits for xenwatch, the thread that runs all watch callbacks. That thread
 * may be removing the device, and then it waits for the device's own work item. So no step of a
 * device unregisters a watch. It drops the watch, and a work queue for nothing else unregisters it.
 */

struct xfl_watch *xfl_watch_start(struct xfl_device *xd, const char *key);
void xfl_watch_drop(struct xfl_watch *w);

#endif /* XENFRONT_WATCH_H */
