# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "saved and restored with open files and a live link"
#: slow = true
#: disks = ["xvda 64M"]
#: timeout = 300

disk_written() { dd if=/dev/urandom of=/dev/xvda bs=1M count=8 conv=fsync; }
disk_read() { echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/xvda bs=1M count=8 | sha256sum; }

# The network's backend comes back a moment after the guest does.
answers() { wait_for 30 ping -c 1 -W 2 "$DOM0_IP"; }

same_content() {
	local now
	now=$(disk_read)
	echo "before $BEFORE, after $now"
	[ "$now" = "$BEFORE" ]
}

guest() {
	ktap_print_header
	ktap_set_plan 8
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up
	ktap_test "ping" answers
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "disk is written" disk_written
	BEFORE=$(disk_read)
	ktap_test "saved and restored" dom0 save_restore
	ktap_test "ping afterwards" answers
	ktap_test "disk holds what was written" same_content
	ktap_finished
}
