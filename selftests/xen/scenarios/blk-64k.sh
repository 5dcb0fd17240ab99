# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "64 KB pages, without and with indirect descriptors: every size and alignment"
#: arch = "arm64"
#: kernel = ["6.12-64k"]
#: slow_kernel = ["7.2-64k", "6.1-64k", "6.12-64k-debug"]
#: disks = ["xvda 16M", "xvdb 8M"]
#: cmdline = "oops=panic"
#: timeout = 900
#: intree_fails = "WARNING: .*block/blk-settings|sizes around 11 frames"

limit() { cat "/sys/block/$1/queue/$2"; }

# limits_are DISK NR_REQUESTS
limits_are() {
	echo "nr_requests $(limit "$1" nr_requests), max_hw_sectors_kb $(limit "$1" max_hw_sectors_kb)"
	[ "$(limit "$1" nr_requests)" = "$2" ] && [ "$(limit "$1" max_hw_sectors_kb)" = 1024 ] &&
		[ "$(limit "$1" virt_boundary_mask)" = 4095 ]
}

# More than 32 a backend whose own pages have 64 KB would read from the wrong place; see parameters.
segments_are() {	# DISK NUMBER
	grep "^segments" "/sys/kernel/debug/xen-blkfront/$1/ring-0"
	grep -qx "segments $2" "/sys/kernel/debug/xen-blkfront/$1/ring-0"
}

poorer() {
	dom0 key_hide vbd 51712 feature-max-indirect-segments &&
		dom0 key_hide vbd 51712 feature-persistent
}

guest() {
	begin_suites
	export XENFRONT_DISK=xvda XENFRONT_ROUNDS=200
	ktap_test "pages of 64 KB" grep -q "^KernelPageSize: *64 kB" /proc/self/smaps
	ktap_test "backend of xvda made poorer" poorer
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" eval 'wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb'
	# A page takes two ring requests here: half as many tags.
	ktap_test "tags for half the ring's slots and 16 more, requests to 1 MB" limits_are xvda 32
	[ "$DRIVER" = intree ] || ktap_test "requests of 11 segments" segments_are xvda 11
	ktap_suite blk/content
	ktap_suite blk/merge
	ktap_test "sizes around 11 frames, every alignment" blkpat sweep /dev/xvda 7000 44032 46080 512 every
	ktap_test "sizes around a page, every alignment" blkpat sweep /dev/xvda 8000 65024 66048 512 every
	XENFRONT_DISK=xvdb
	ktap_print_msg "xvdb, with indirect descriptors and persistent grants"
	ktap_test "for all of the ring's slots and 32 more, requests to 1 MB" limits_are xvdb 64
	[ "$DRIVER" = intree ] || ktap_test "requests of 32 segments" segments_are xvdb 32
	ktap_suite blk/content
	ktap_suite blk/merge
	ktap_finished
}
