# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a failing test fails"
#: must_fail = "^the test that fails$"
#: nics = 0

guest() {
	ktap_print_header
	ktap_test "the test that passes" true
	ktap_test "the test that fails" false
	ktap_finished
}
