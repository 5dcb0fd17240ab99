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
save_cancelled() { xl save -c "$DOMID" /tmp/saved 1>&2 && rm /tmp/saved; }

# In the guest. Until /tmp/stop is there, xvda is read and written by many requests at once, all
# verified, and xvdb by the kernel's own writeback, which no freezer stops.
verified_load() {
	until [ -e /tmp/stop ]; do
		blkpat fill /dev/xvda 21 && blkpat mix /dev/xvda 21 3000 32 || return
	done
}

written_load() {
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

still() {	# NAME COMMAND...: under load, and the load goes on
	local name=$1
	shift
	load_begins
	ktap_test "$name" "$@"
	ktap_test "$name: I/O goes on" wait_for 60 more_than "$(completed)"
	ktap_test "$name: all that was read was right" load_was_right
	ktap_test "$name: each request was completed once" each_once
}

more_than() { [ "$(completed)" -gt $(($1 + 100)) ]; }
some_requeued() { [ "$(counter requeued)" -gt 0 ]; }
none_requeued() { [ "$(counter requeued)" = 0 ]; }

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
	echo 4 >/sys/block/xvdb/queue/max_sectors_kb
	dd if=/dev/urandom of=/tmp/data bs=1M count=16 2>/dev/null
	ktap_test "a ring of two frames" ring_is 64 256
	still "suspend cancelled" dom0 save_cancelled
	ktap_test "no request had to be sent again" none_requeued
	still "saved and restored" dom0 save_restore
	ktap_test "a ring of two frames again" ring_is 64 256
	still "restored to a poorer backend" dom0 save_restore max-ring-page-order \
		feature-max-indirect-segments
	ktap_test "requests were sent again" some_requeued
	ktap_test "a ring of one frame, direct requests" ring_is 32 11
	ktap_finished
}
