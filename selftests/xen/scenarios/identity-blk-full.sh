# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "disks exchanged by force in every state of their connections, two at a time, and again"
#: nics = 0
#: disks = ["xvda 16M", "xvdb 16M", "xvdc 16M"]
#: driver = "ours"
#: timeout = 1200
#: slow = true

# In dom0: blkback lets go of a disk, which no state tells the guest.
backend_goes() { echo "vbd-$DOMID-51728" >/sys/bus/xen-backend/drivers/vbd/unbind; }

# It takes the guest's keys, and goes no further.
backend_waits() {
	backend_goes && xenstore-rm "/local/domain/0/backend/vbd/$DOMID/51728/physical-device" &&
		echo "vbd-$DOMID-51728" >/sys/bus/xen-backend/drivers/vbd/bind
}

exchange_both() {
	block_detach_forced xvdb && block_detach_forced xvdc && other_attach xvdb "$1" 24M &&
		other_attach xvdc "$2" 24M
}

# ---- in the guest ----

# It opens the disk once, so that it never comes to write to the other.
writes_until_told() {	# DISK
	blkpat fill "/dev/$1" 74 && blkpat mix "/dev/$1" 74 100000000 8
}

writing() {	# DISK...
	local disk
	for disk; do
		job_begin "writer-$disk" writes_until_told "$disk"
	done
	sleep 3
	! job_over "writer-$1"
}

untouched() {	# OTHER SUM
	local now
	now=$(dom0 file_sum "$1") && echo "at first $2, now $now" && [ "$now" = "$2" ]
}

other_is_there() { [ "$(cat "/sys/block/$1/size" 2>/dev/null)" = 49152 ]; }
first_is_there() { [ "$(cat "/sys/block/$1/size" 2>/dev/null)" = 32768 ]; }

other_comes() {	# DISK OTHER
	wait_for 30 other_is_there "$1" && return
	dmesg | grep -i "detach.*attach" || { echo "no line says what to do" && return 1; }
	dom0 block_detach "$1"
	dom0 other_attach "$1" "$2" 24M && wait_for 30 other_is_there "$1"
}

# exchanged NAME OTHER COMMAND...: xvdb is exchanged while it is written, as COMMAND has it.
exchanged() {
	local name=$1 other=$2 sum
	shift 2
	ktap_test "$name: another disk" dom0 other_make "$other" 24M 72
	sum=$(dom0 file_sum "$other")
	ktap_test "$name: the first is written" writing xvdb
	ktap_test "$name: exchanged" "$@"
	sleep 10
	ktap_test "$name: nothing is written to the other" untouched "$other" "$sum"
	ktap_test "$name: the writer is told" wait_for 60 job_over writer-xvdb
	ktap_test "$name: the other comes" other_comes xvdb "$other"
	ktap_test "$name: nothing was written to it" untouched "$other" "$sum"
	ktap_test "$name: it holds what it held" blkpat verify /dev/xvdb 72
	ktap_test "$name: it can be written" eval "blkpat fill /dev/xvdb 73 && dom0 file_verify $other 73"
}

# xvdb as at first, for the next.
first_again() {
	ktap_test "the other is detached" dom0 block_detach xvdb
	ktap_test "the first is attached" dom0 block_attach xvdb 16M
	ktap_test "the first is there" wait_for 30 first_is_there xvdb
}

connected() { dom0 disk_exchange xvdb "$1" 24M; }
running() { dom0 disk_exchange_running xvdb "$1" 24M; }
closed() { dom0 backend_dies vbd-51728 && dom0 disk_exchange xvdb "$1" 24M; }
outage() { dom0 backend_goes && sleep 2 && dom0 disk_exchange xvdb "$1" 24M; }
waiting() { dom0 backend_waits && sleep 5 && dom0 disk_exchange xvdb "$1" 24M; }

two_at_once() {
	local one two
	ktap_test "two: other disks" eval "dom0 other_make o5 24M 75 && dom0 other_make o6 24M 76"
	one=$(dom0 file_sum o5) two=$(dom0 file_sum o6)
	ktap_test "two: both are written" writing xvdb xvdc
	ktap_test "two: both are exchanged" dom0 exchange_both o5 o6
	sleep 10
	ktap_test "two: nothing is written to the one" untouched o5 "$one"
	ktap_test "two: nor to the other" untouched o6 "$two"
	ktap_test "two: the writers are told" wait_for 60 job_over writer-xvdb writer-xvdc
	ktap_test "two: one comes" other_comes xvdb o5
	ktap_test "two: the other comes" other_comes xvdc o6
	ktap_test "two: they hold what they held" eval "blkpat verify /dev/xvdb 75 && blkpat verify /dev/xvdc 76"
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" eval "wait_for 20 have_disk xvdb && wait_for 20 have_disk xvdc"
	exchanged "connected" o1 connected o1
	first_again
	exchanged "running" o2 running o2
	first_again
	exchanged "closed" o3 closed o3
	first_again
	exchanged "outage" o4 outage o4
	first_again
	exchanged "waiting" o7 waiting o7
	first_again
	two_at_once
	ktap_test "the bystander works" eval "blkpat fill /dev/xvda 77 && dom0 file_verify xvda 77"
	ktap_finished
}
