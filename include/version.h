/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
#ifndef XENFRONT_VERSION_H
#define XENFRONT_VERSION_H

#include <stamp.h>	/* XENFRONT_STAMP: this, and which build it is; made by Kbuild */

/* The one place; dkms.conf repeats it, and make check-host compares them. */
#define XENFRONT_VERSION "0.1.0"

#endif /* XENFRONT_VERSION_H */
