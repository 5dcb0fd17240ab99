# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "requests of every size and alignment compared; partitions, ext4, fio"
#: slow_kernel = ["6.1"]
#: shorter = true
#: quick_arch = "arm64"
#: tools = ["fio"]
#: disks = ["xvda 16M", "xvdb 8M", "xvdc 48M"]
#: timeout = 900

guest() {
	begin_suites
	export XENFRONT_DISK=xvda XENFRONT_ROUNDS
	XENFRONT_ROUNDS=$(whole_or_quick 300 100)
	# The second disk's backend has no indirect descriptors.
	ktap_test "backend made poorer" dom0 key_hide vbd 51728 feature-max-indirect-segments
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" eval 'wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb && wait_for 20 have_disk xvdc'
	ktap_suite blk/content
	XENFRONT_DISK=xvdb
	ktap_print_msg "xvdb, without indirect descriptors"
	ktap_suite blk/content
	XENFRONT_DISK=xvdc
	ktap_suite blk/filesystem
	ktap_finished
}
