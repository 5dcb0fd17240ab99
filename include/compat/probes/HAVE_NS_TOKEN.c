// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/module.h>

MODULE_IMPORT_NS(XEN_FRONTLIB);
