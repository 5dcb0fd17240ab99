# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a kernel that prints a stack trace fails, even if every test passes"
#: must_fail = "kernel report: guest kernel: .*Call Trace"
#: nics = 0

guest() {
	ktap_print_header
	ktap_test "the test that passes" true
	echo l >/proc/sysrq-trigger
	ktap_finished
}
