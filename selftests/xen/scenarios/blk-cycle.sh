# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a disk taken away and given back: idle, open, under load; resized"
#: disks = ["xvda 32M"]
#: timeout = 900
#: intree_fails = "out of the driver and back"

guest() {
	. /selftests/suite.sh
	export XENFRONT_DISK=xvda XENFRONT_DOM0=dom0
	export -f dom0 dom0_answered wait_for
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_suite blk/cycle
	ktap_finished
}
