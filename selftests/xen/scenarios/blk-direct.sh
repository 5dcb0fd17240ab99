# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "the caller's pages granted, none kept: requests of every size compared"
#: quick_arch = "arm64"
#: shorter = true
#: kernel = ["6.12"]
#: disks = ["xvda 16M", "xvdb 8M"]
#: timeout = 900

guest() {
	begin_suites
	export XENFRONT_DISK=xvda XENFRONT_ROUNDS
	XENFRONT_ROUNDS=$(whole_or_quick 300 60)
	# The second disk's backend has no indirect descriptors.
	ktap_test "backend made poorer" dom0 key_hide vbd 51728 feature-max-indirect-segments
	ktap_test "driver loads" load_driver blk feature_persistent=0
	ktap_test "disks are there" eval 'wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb'
	ktap_suite blk/content
	XENFRONT_DISK=xvdb
	ktap_suite blk/content
	ktap_finished
}
