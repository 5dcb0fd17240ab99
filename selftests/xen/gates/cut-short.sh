# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "fewer results than planned fail"
#: must_fail = "plan of 2 tests, 1 results"
#: nics = 0

guest() {
	ktap_print_header
	ktap_set_plan 2
	ktap_test "the test that passes" true
}
