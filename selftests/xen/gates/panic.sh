# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a guest that panics fails"
#: must_fail = "guest died before it reported"
#: disks = []
#: nics = 0

guest() { echo c >/proc/sysrq-trigger; }
