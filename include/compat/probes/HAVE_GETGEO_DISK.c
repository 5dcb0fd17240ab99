// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/blkdev.h>

static int getgeo(struct gendisk *disk, struct hd_geometry *geo)
{
	return 0;
}

struct block_device_operations probe = { .getgeo = getgeo };
