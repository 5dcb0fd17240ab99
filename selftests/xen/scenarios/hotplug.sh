# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "disk and interface attached, used, detached, attached again"
#: quick_arch = "arm64"
#: disks = []
#: nics = 0
#: timeout = 300

disk_works() {
	dd if=/dev/urandom of=/tmp/data bs=64k count=16 && dd if=/tmp/data of=/dev/xvdb bs=64k conv=fsync &&
		echo 3 >/proc/sys/vm/drop_caches && dd if=/dev/xvdb bs=64k count=16 | cmp - /tmp/data
}

gone() { [ ! -e "$1" ]; }

attached_and_detached() {	# the Nth time
	ktap_test "disk attached, time $1" dom0 block_attach xvdb 16M
	ktap_test "disk is there, time $1" wait_for 20 have_disk xvdb
	ktap_test "disk works, time $1" disk_works
	ktap_test "disk detached, time $1" dom0 block_detach xvdb
	ktap_test "disk is gone, time $1" wait_for 20 gone /dev/xvdb
	ktap_test "interface attached, time $1" dom0 network_attach
	ktap_test "link is up, time $1" net_up
	ktap_test "ping, time $1" ping -c 2 "$DOM0_IP"
	ktap_test "interface detached, time $1" dom0 network_detach 0
	ktap_test "interface is gone, time $1" wait_for 20 gone /sys/class/net/eth0
}

only_first_mapped() {
	local now
	now=$(dom0 grants_mapped) && echo "at first $MAPPED, now $now" && [ "$now" = "$MAPPED" ]
}

guest() {
	ktap_print_header
	ktap_set_plan 22
	MAPPED=$(dom0 grants_mapped)
	ktap_test "drivers load" load_drivers
	attached_and_detached 1
	attached_and_detached 2
	ktap_test "backends have given back all grants" only_first_mapped
	ktap_finished
}
