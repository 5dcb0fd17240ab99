// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/device.h>

void probe(struct device *dev);
void probe(struct device *dev)
{
	dev_set_dma_coherent(dev);
}
