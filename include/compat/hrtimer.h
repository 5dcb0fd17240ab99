/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * 6.13, "hrtimers: Introduce hrtimer_setup() to replace hrtimer_init()"; the function is the
 * timer's own since 6.15. See compat.h.
 */
#ifndef XENFRONT_COMPAT_HRTIMER_H
#define XENFRONT_COMPAT_HRTIMER_H

#include <linux/hrtimer.h>

#ifndef HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *timer),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* XENFRONT_COMPAT_HRTIMER_H */
