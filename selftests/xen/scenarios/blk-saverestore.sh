# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "saved and restored under verified load; suspend cancelled; to other backends and from them"
#: disks = ["xvda 32M", "xvdb 32M"]
#: nics = 0
#: memory = 256
#: timeout = 600
#: driver = ["ours"]
#: slow = true

# In dom0.
cancelled_when_slow() { xl save -c "$DOMID" /tmp/saved 1>&2 && rm /tmp/saved && disks_fast; }

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

grants_ended() {
	echo "$(counter grants_made) frames granted, $(counter grants_ended) taken back"
	[ "$(counter grants_made)" -gt 0 ] && [ "$(counter grants_made)" = "$(counter grants_ended)" ]
}

in_flight() { awk '{ print $2 }' /sys/block/xvdb/inflight; }
crowded() { [ "$(in_flight)" -ge 16 ]; }

# Every slot is taken, by much fewer requests: they are linked. A largest one takes 24 slots of 32,
# so of the last only a part is on the ring.
CROWDED=crowded
of() { awk -v name="$1" '$1 == name { print $2 }' "$STATS/xvdb/ring-0"; }
on_ring() { echo $(($(of requests) - $(of requeued) - $(awk '{ print $1 + $5 + $12 }' /sys/block/xvdb/stat))); }
linked() { [ "$(of slots_free)" = 0 ] && [ "$(on_ring)" -gt 0 ] && [ "$(on_ring)" -le 8 ]; }
large_requests() { CROWDED=linked && echo 1024 >/sys/block/xvdb/queue/max_sectors_kb; }

requests_in_flight() {
	local code=0
	wait_for 20 "$CROWDED" || code=1
	echo "$(in_flight) writes, $(on_ring) of them in $(($(of slots) - $(of slots_free))) slots"
	return $code
}

still() {	# NAME COMMAND...: under load, and the load goes on
	local name=$1
	shift
	load_begins
	REQUEUED=$(counter requeued)
	ktap_test "$name: a slow backend" dom0 disk_slow xvdb 40
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
	# Of the two that follow, the first takes copied data to a backend that is granted the caller's
	# memory, the second such grants away from it.
	large_requests
	echo 0 >/sys/module/xen_blkfront/parameters/feature_persistent
	still "restored from a poor backend to a poor one" dom0 save_restore max-ring-page-order \
		feature-max-indirect-segments
	ktap_test "linked requests were sent again" some_requeued
	ktap_test "still direct requests" ring_is 32 11
	ktap_test "each frame that was granted was taken back" grants_ended
	still "restored from the poor backend" dom0 save_restore
	ktap_test "linked requests were sent again" some_requeued
	ktap_test "a ring of two frames as at first" ring_is 64 256
	ktap_test "each frame that was granted was taken back" grants_ended
	ktap_finished
}
