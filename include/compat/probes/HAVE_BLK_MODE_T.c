// SPDX-License-Identifier: GPL-2.0
#include <linux/blkdev.h>

blk_mode_t probe;
