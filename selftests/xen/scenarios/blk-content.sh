# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "requests of every size and alignment compared; partitions, ext4, fio"
#: kernel = ["6.12", "6.1"]
#: tools = ["fio"]
#: disks = ["xvda 48M", "xvdb 24M"]
#: timeout = 900

guest() {
	begin_suites
	export XENFRONT_DISK=xvda
	# The second disk's backend has no indirect descriptors.
	ktap_test "backend made poorer" dom0 key_hide vbd 51728 feature-max-indirect-segments
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" eval 'wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb'
	ktap_suite blk/content blk/filesystem
	export XENFRONT_DISK=xvdb
	ktap_print_msg "xvdb, without indirect descriptors"
	ktap_suite blk/content
	ktap_finished
}
