/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* 6.4, "kernel.h: split the hexadecimal related helpers to hex.h". */
#include <linux/kernel.h>
