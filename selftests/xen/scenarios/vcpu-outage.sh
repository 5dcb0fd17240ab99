# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a CPU is taken from the guest while a disk has lost its backend"
#: vcpus = 2
#: dom0_vcpus = 2
#: disks = ["xvda 16M"]
#: nics = 0
#: driver = ["ours"]
#: timeout = 300

# In dom0. The toolstack only asks; what the guest makes of it is seen in the guest.
cpus() { xl vcpu-set "$DOMID" "$1"; }

# In the guest.
OUTAGE=vbd-51712 HELD=8

in_flight() { awk '{ print $1 + $2 }' /sys/block/xvda/inflight; }
all_in_flight() { [ "$(in_flight)" = $HELD ]; }

# On each CPU some, so that no queue of the disk is without any.
held_begin() {
	local job
	for ((job = 0; job < HELD; job++)); do
		{
			taskset $((job % 2 + 1)) dd if=/dev/xvda of=/tmp/held.data.$job bs=4k count=1 \
				skip=$job iflag=direct
			echo $? >/tmp/held.$job
		} >/dev/null 2>&1 &
	done
	wait_for 20 all_in_flight || { echo "$(in_flight) in flight"; return 1; }
}

statuses() { cat /tmp/held.[0-9] 2>/dev/null; }
held_ended() { [ "$(statuses | wc -l)" = $HELD ]; }
held_right() {
	local job
	wait_for 30 held_ended
	echo "ended with status $(statuses | tr '\n' ' ')"
	[ "$(statuses | grep -c -x 0)" = $HELD ] || return
	for ((job = 0; job < HELD; job++)); do
		dd if=/tmp/data bs=4k count=1 skip=$job 2>/dev/null | cmp - /tmp/held.data.$job || return
	done
}

online_is() { [ "$(cat /sys/devices/system/cpu/online)" = "$1" ]; }
# The kernel says that it is there, and leaves the rest to udev.
online_again() { echo 1 >/sys/devices/system/cpu/cpu1/online 2>/dev/null; online_is 0-1; }
disk_written() {
	dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null &&
		dd if=/tmp/data of=/dev/xvda bs=64k oflag=direct
}
disk_read() { dd if=/dev/xvda bs=64k count=16 iflag=direct | cmp - /tmp/data; }

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "disk is written" disk_written
	ktap_test "the backend dies" dom0 backend_dies $OUTAGE
	ktap_test "requests wait for it" held_begin
	ktap_test "a CPU is to go" dom0 cpus 1
	sleep 3
	ktap_test "the backend returns" dom0 backend_returns $OUTAGE
	ktap_test "requests are answered, and right" held_right
	ktap_test "the CPU goes" wait_for 20 online_is 0
	ktap_test "another disk is attached" dom0 block_attach xvdb 16M
	ktap_test "and is there" wait_for 20 have_disk xvdb
	ktap_test "the CPU is to come back" dom0 cpus 2
	ktap_test "and comes back" wait_for 20 online_again
	ktap_test "the disk works" disk_read
	ktap_finished
}
