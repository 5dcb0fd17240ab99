/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * A device whose accesses need no cache to be looked after; after 6.12 a flag with a function to
 * set it, a bit before, and none where no device needs it. See compat.h.
 */
#ifndef XENFRONT_COMPAT_DMA_COHERENT_H
#define XENFRONT_COMPAT_DMA_COHERENT_H

#include <linux/device.h>

#ifndef HAVE_DEV_SET_DMA_COHERENT
static inline void dev_set_dma_coherent(struct device *dev)
{
#if defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) || \
	defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU) || \
	defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU_ALL)
	dev->dma_coherent = true;
#endif
}
#endif

#endif /* XENFRONT_COMPAT_DMA_COHERENT_H */
