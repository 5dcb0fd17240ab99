/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* 6.6, "page_pool: split types and declarations from page_pool.h". */
#include <net/page_pool.h>
