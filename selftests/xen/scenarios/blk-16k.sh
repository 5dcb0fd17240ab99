# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "16 KB pages: requests of every size compared, and merged, without and with indirect descriptors"
#: arch = "arm64"
#: kernel = ["6.12-16k"]
#: shorter = true
#: disks = ["xvda 16M", "xvdb 8M"]
#: timeout = 600

# One without indirect descriptors, one without persistent grants.
poorer() {
	dom0 key_hide vbd 51712 feature-max-indirect-segments &&
		dom0 key_hide vbd 51728 feature-persistent
}

guest() {
	begin_suites
	export XENFRONT_DISK=xvda XENFRONT_ROUNDS
	XENFRONT_ROUNDS=$(whole_or_quick 200 60)
	ktap_test "pages of 16 KB" grep -q "^KernelPageSize: *16 kB" /proc/self/smaps
	ktap_test "backends made poorer" poorer
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" eval 'wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb'
	# A page fits one ring request here, so there is a tag for every slot, and 32 for small ones.
	ktap_test "32 more requests than slots" grep -qx 64 /sys/block/xvda/queue/nr_requests
	ktap_suite blk/content
	ktap_suite blk/merge
	XENFRONT_DISK=xvdb
	ktap_suite blk/content
	ktap_suite blk/merge
	ktap_finished
}
