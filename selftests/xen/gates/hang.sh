# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a guest that hangs fails, within its time limit"
#: must_fail = "guest hangs: no result after 12 s"
#: nics = 0
#: timeout = 12

guest() { sleep 1000; }
