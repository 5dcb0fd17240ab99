# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "all 2048 request sizes to 1 MB, and long random runs of packets and requests"
#: kernel = ["6.12", "6.1"]
#: tools = ["fio"]
#: disks = ["xvda 64M"]
#: timeout = 1500
#: slow = true

guest() {
	begin_suites
	export XENFRONT_DISK=xvda XENFRONT_PEER=$DOM0_IP XENFRONT_PEER6=$DOM0_IP6
	export XENFRONT_FULL=1 XENFRONT_ROUNDS=3000 XENFRONT_LIMIT=900
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_suite net/basic net/shapes blk/content blk/filesystem
	ktap_finished
}
