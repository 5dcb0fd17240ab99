# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a disk's backend restarts while other disks take every grant there is"
#: disks = ["xvda 16M", "xvdb 16M", "xvdc 16M"]
#: nics = 0
#: xl = ["max_grant_frames = 3"]
#: driver = ["ours"]
#: slow = true
#: timeout = 300

LOADED="xvda xvdc"
OUTAGE=vbd-51728

disks_there() {
	local disk
	for disk in xvda xvdb xvdc; do
		wait_for 20 have_disk "$disk" || { echo "no $disk"; return 1; }
	done
}

filled() { local disk; for disk in xvda xvdb xvdc; do blkpat fill "/dev/$disk" 5 || return; done; }

# Requests of up to 1 MB, eight of them on each disk at any time, until /tmp/stop is there: more than
# there are grants for. The writers of a disk write the same.
writer() { until [ -e /tmp/stop ]; do blkpat fill "/dev/$1" 5 || return; done; }
busy() { [ "$(awk '{ print $1 + $2 }' "/sys/block/$1/inflight")" -gt 0 ]; }

JOBS=8
load_begins() {
	local disk job
	rm -f /tmp/stop /tmp/load.*
	for disk in $LOADED; do
		for ((job = 0; job < JOBS; job++)); do
			{ writer "$disk"; echo $? >"/tmp/load.$disk.$job"; } >/dev/null 2>&1 &
		done
		wait_for 20 busy "$disk" || return
	done
}
load_was_right() { touch /tmp/stop && ended_right load $((2 * JOBS)); }

# Requests that are sent while there is no backend, and answered by the next one.
HELD=4
held_begin() {
	local job
	rm -f /tmp/held.*
	for ((job = 0; job < HELD; job++)); do
		{ blkpat verify /dev/xvdb 5; echo $? >"/tmp/held.$job"; } >/dev/null 2>&1 &
	done
	wait_for 20 busy xvdb
}
held_were_right() { ended_right held $HELD; }

# ended_right NAME NUMBER: so many jobs, each well.
ended_right() {
	wait_for 60 all_ended "$1" "$2"
	echo "$1: status $(cat "/tmp/$1".* | tr '\n' ' ')"
	[ "$(cat "/tmp/$1".* | grep -c -x 0)" = "$2" ]
}
all_ended() { [ "$(cat "/tmp/$1".* 2>/dev/null | wc -l)" = "$2" ]; }

outage() {	# persistent|direct
	ktap_test "others take every grant, $1" load_begins
	ktap_test "a backend dies, $1" dom0 backend_dies $OUTAGE
	ktap_test "requests wait for it, $1" held_begin
	# The others have the time to take what it may have given back.
	sleep 5
	ktap_test "the backend returns, $1" dom0 backend_returns $OUTAGE
	ktap_test "requests are answered, and right, $1" held_were_right
	ktap_test "the others were right, $1" load_was_right
	ktap_test "the disk is written, $1" blkpat fill /dev/xvdb 5
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" disks_there
	ktap_test "disks are filled" filled
	outage persistent
	ktap_test "driver unloads" unload_driver blk
	ktap_test "driver loads without persistent grants" load_driver blk feature_persistent=0
	ktap_test "disks are there, direct" disks_there
	outage direct
	ktap_finished
}
