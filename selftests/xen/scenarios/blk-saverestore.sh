# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "saved and restored under verified load; suspend cancelled; another backend afterwards"
#: disks = ["xvda 32M", "xvdb 32M"]
#: nics = 0
#: memory = 256
#: timeout = 400
#: driver = ["ours"]
#: slow = true

# In dom0.
cancelled_when_slow() { xl save -c "$DOMID" /tmp/saved 1>&2 && rm /tmp/saved && fast; }

# A backend that may write 40 times a second has whatever the guest sent it in its hands for long.
# What is limited is its thread, by a control group; a thread of the backend that the guest is
# restored to is in no group.
SLOW=/sys/fs/cgroup/slow
slow() {	# DISK
	local loop thread
	[ -e $SLOW ] || {
		mount -t cgroup2 cgroup /sys/fs/cgroup && echo +io >/sys/fs/cgroup/cgroup.subtree_control &&
			mkdir $SLOW
	} || return
	loop=$(losetup --noheadings --output NAME --associated "$(disk_file "$1")")
	echo "$(cat "/sys/block/${loop##*/}/dev") wiops=40" >$SLOW/io.max || return
	for thread in /proc/[0-9]*; do
		case $(cat "$thread/comm" 2>/dev/null) in
		"$DOMID.$1"-*) echo "${thread##*/}" | tee $SLOW/cgroup.procs && return ;;
		esac
	done
	return 1
}

fast() {
	local limit
	while read -r limit _; do
		echo "$limit wiops=max" >$SLOW/io.max
	done < <(cat $SLOW/io.max)
}

# In the guest. Until /tmp/stop is there, xvda is read and written by many requests at once, all
# verified, and xvdb by the kernel's own writeback, which no freezer stops.
verified_load() {
	until [ -e /tmp/stop ]; do
		blkpat fill /dev/xvda 21 && blkpat mix /dev/xvda 21 3000 32 || return
	done
}

written_load() {
	# The last to close a disk waits for all that was written, and the freezer for whoever waits.
	exec 8<>/dev/xvdb
	until [ -e /tmp/stop ]; do
		dd if=/tmp/data of=/dev/xvdb bs=64k conv=notrunc || return
	done
	sync /dev/xvdb && echo 3 >/proc/sys/vm/drop_caches && cmp -n 16777216 /dev/xvdb /tmp/data
}

background() {	# COMMAND: its output goes to /tmp/COMMAND.log, its status to /tmp/COMMAND.status
	rm -f "/tmp/$1.status"
	{
		"$1" >"/tmp/$1.log" 2>&1
		echo $? >"/tmp/$1.status"
	} &
}

ended_well() {	# COMMAND
	wait_for 100 test -s "/tmp/$1.status" && [ "$(cat "/tmp/$1.status")" = 0 ] && return
	echo "$1: status $(cat "/tmp/$1.status")"
	tail -3 "/tmp/$1.log"
	return 1
}

STATS=/sys/kernel/debug/xen-blkfront
counter() { cat $STATS/xvd[ab]/ring-* | awk -v name="$1" '$1 == name { n += $2 } END { print n + 0 }'; }
# A flush is in there as the write of nothing that asked for it.
completed() { awk '{ n += $1 + $5 + $12 } END { print n }' /sys/block/xvd[ab]/stat; }

load_begins() {
	rm -f /tmp/stop
	background verified_load
	background written_load
	wait_for 60 more_than "$(completed)"
}

load_was_right() {
	touch /tmp/stop
	ended_well verified_load && ended_well written_load
}

# What was put on the rings, without what a connection ended on, is what was completed.
each_once() {
	local sent requeued ended
	sent=$(counter requests) requeued=$(counter requeued) ended=$(completed)
	echo "$sent sent, $requeued requeued, $ended completed"
	[ $((sent - requeued)) = "$ended" ] && [ "$(counter slots)" = "$(counter slots_free)" ]
}

in_flight() { awk '{ print $2 }' /sys/block/xvdb/inflight; }
crowded() { [ "$(in_flight)" -ge 16 ]; }
requests_in_flight() {
	local code=0
	wait_for 20 crowded || code=1
	echo "$(in_flight) writes"
	return $code
}

still() {	# NAME COMMAND...: under load, and the load goes on
	local name=$1
	shift
	load_begins
	REQUEUED=$(counter requeued)
	ktap_test "$name: a slow backend" dom0 slow xvdb
	ktap_test "$name: requests are in flight" requests_in_flight
	ktap_test "$name" "$@"
	ktap_test "$name: I/O goes on" wait_for 60 more_than "$(completed)"
	ktap_test "$name: all that was read was right" load_was_right
	ktap_test "$name: each request was completed once" each_once
}

more_than() { [ "$(completed)" -gt $(($1 + 100)) ]; }
requeued() { echo $(($(counter requeued) - REQUEUED)); }
some_requeued() { echo "$(requeued) requests" && [ "$(requeued)" -gt 0 ]; }
none_requeued() { [ "$(requeued)" = 0 ]; }

ring_is() {	# SLOTS SEGMENTS
	local here
	here=$(awk '$1 == "slots" || $1 == "segments" { printf "%s ", $2 }' $STATS/xvda/ring-0)
	echo "slots and segments: $here"
	[ "$here" = "$1 $2 " ]
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk max_ring_page_order=1
	ktap_test "disks are there" eval 'wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb'
	# There is much to be written back, in small requests: some are under way at any time.
	echo 4096 >/proc/sys/vm/dirty_background_bytes
	# No task has to wait for it, which would keep it from being frozen.
	echo 134217728 >/proc/sys/vm/dirty_bytes
	echo 4 >/sys/block/xvdb/queue/max_sectors_kb
	# Else the block layer sends a slow disk but few at a time.
	echo 0 >/sys/block/xvdb/queue/wbt_lat_usec
	dd if=/dev/urandom of=/tmp/data bs=1M count=16 2>/dev/null
	ktap_test "a ring of two frames" ring_is 64 256
	still "suspend cancelled" dom0 cancelled_when_slow
	ktap_test "no request had to be sent again" none_requeued
	still "saved and restored" dom0 save_restore
	ktap_test "requests were sent again" some_requeued
	ktap_test "a ring of two frames again" ring_is 64 256
	still "restored to a poorer backend" dom0 save_restore max-ring-page-order \
		feature-max-indirect-segments
	ktap_test "requests were sent again" some_requeued
	ktap_test "a ring of one frame, direct requests" ring_is 32 11
	ktap_finished
}
