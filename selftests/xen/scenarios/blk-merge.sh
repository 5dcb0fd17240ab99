# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "many requests that lie one behind the other are merged inside pages, and arrive whole"
#: quick_arch = "arm64"
#: slow_kernel = ["6.1"]
#: nics = 0
#: disks = ["xvda 4M", "xvdb 4M"]
#: timeout = 600

merge() {	# HOW PARAMETER...: indirect descriptors on xvda alone
	local how=$1
	shift
	ktap_test "$how: driver loads" load_driver blk "$@"
	ktap_test "$how: disks are there" eval 'wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb'
	ktap_print_msg "$how"
	XENFRONT_DISK=xvda ktap_suite blk/merge
	ktap_print_msg "$how, no indirect descriptors"
	XENFRONT_DISK=xvdb ktap_suite blk/merge
}

guest() {
	begin_suites
	ktap_test "backend made poorer" dom0 key_hide vbd 51728 feature-max-indirect-segments
	merge "kept frames"
	ktap_test "driver unloads" unload_driver blk
	ktap_test "backend made poorer again" dom0 key_hide vbd 51728 feature-max-indirect-segments
	merge "the caller's memory" feature_persistent=0
	ktap_finished
}
