# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a guest that tests nothing fails"
#: must_fail = "no test passed"
#: nics = 0

guest() { ktap_print_header; echo "1..0"; }
