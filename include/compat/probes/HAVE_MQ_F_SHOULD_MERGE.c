// SPDX-License-Identifier: GPL-2.0
#include <linux/blk-mq.h>

unsigned int probe = BLK_MQ_F_SHOULD_MERGE;
