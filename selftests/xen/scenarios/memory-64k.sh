# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "64 KB pages: the memory that one disk and one interface hold, after load"
#: arch = "arm64"
#: kernel = ["6.12-64k"]
#: disks = ["xvda 48M"]
#: timeout = 400
#: intree_fails = "paging request"

disk_load() { blkpat fill /dev/xvda 1 && blkpat mix /dev/xvda 1 300 32; }

net_load() {
	netprobe up "$DOM0_IP" stream 8000000 && netprobe down "$DOM0_IP" stream 8000000 &&
		netprobe up "$DOM0_IP" random 60 1472 1000
}

# held NAME LIMIT net|blk DEVICE: what is free again when the device has gone; the module has not.
held() {
	local before held
	before=$(memory_kb)
	unbind "$3" "$4" || return
	held=$(($(memory_kb) - before))
	figure "$1" $held kB
	unload_driver "$3" || return
	[ $held -ge 0 ] && [ $held -le "$2" ]
}

guest() {
	ktap_print_header
	ktap_test "block driver loads" load_driver blk
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "disk used" disk_load
	ktap_test "one disk holds at most 6 MB" held "one disk" 6144 blk vbd-51712
	ktap_test "network driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_test "interface used" net_load
	ktap_test "one interface holds at most 4 MB" held "one interface" 4096 net vif-0
	ktap_finished
}
