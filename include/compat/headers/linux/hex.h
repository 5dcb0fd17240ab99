/* SPDX-License-Identifier: GPL-2.0 */
/* 6.4 moved these declarations out of linux/kernel.h. */
#include <linux/kernel.h>
