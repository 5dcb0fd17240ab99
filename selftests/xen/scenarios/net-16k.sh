# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "16 KB pages: packets of every shape, both ways"
#: arch = "arm64"
#: kernel = ["6.12-16k"]
#: timeout = 600

guest() {
	. /selftests/suite.sh
	export XENFRONT_PEER=$DOM0_IP XENFRONT_PEER6=$DOM0_IP6 XENFRONT_DOM0=dom0
	export -f dom0 dom0_answered wait_for
	ktap_print_header
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_suite net/basic net/shapes
	ktap_finished
}
