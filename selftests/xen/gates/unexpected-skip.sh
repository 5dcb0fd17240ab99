# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a skip that nobody expects fails"
#: must_fail = "unexpected skip: the test that is skipped"
#: nics = 0

guest() {
	ktap_print_header
	ktap_test "the test that passes" true
	ktap_test_skip "the test that is skipped" "to see whether it is noticed"
	ktap_finished
}
