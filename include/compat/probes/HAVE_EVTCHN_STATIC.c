// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
#include <xen/events.h>

int probe(evtchn_port_t port)
{
	return evtchn_make_refcounted(port, false);
}
