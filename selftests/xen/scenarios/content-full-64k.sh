# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "64 KB pages: all 2048 request sizes to 1 MB, and long random runs, two kinds of backend"
#: arch = "arm64"
#: kernel = ["6.12-64k", "7.2-64k", "6.1-64k"]
#: disks = ["xvda 64M", "xvdb 64M"]
#: timeout = 1500
#: slow = true

guest() {
	begin_suites
	export XENFRONT_DISK=xvda XENFRONT_FULL=1 XENFRONT_ROUNDS=3000
	ktap_test "no indirect descriptors" dom0 key_hide vbd 51712 feature-max-indirect-segments
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" eval 'wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb'
	ktap_suite blk/content
	XENFRONT_DISK=xvdb
	ktap_print_msg "xvdb, with indirect descriptors and persistent grants"
	ktap_suite blk/content
	ktap_finished
}
