// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <linux/timer.h>

struct thing {
	struct timer_list timer;
};

struct thing *probe(struct timer_list *t)
{
	struct thing *thing = timer_container_of(thing, t, timer);

	return thing;
}
