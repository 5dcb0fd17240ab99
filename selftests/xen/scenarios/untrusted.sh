# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "trusted=0, everything copied: packets of every shape, requests of every size"
#: disks = ["xvda 32M"]
#: timeout = 900

guest() {
	begin_suites
	export XENFRONT_DISK=xvda XENFRONT_PEER=$DOM0_IP XENFRONT_PEER6=$DOM0_IP6
	ktap_test "network driver loads" load_driver net trusted=0
	ktap_test "disk driver loads" load_driver blk trusted=0
	ktap_test "link is up" net_up
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_suite net/basic net/shapes blk/content
	ktap_finished
}
