# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Reads that are under way while the guest is saved, migrated or only suspended. What a disk holds
# is known and stays, each buffer is spoiled before it is read into, and whatever is called complete
# is compared. Four disks: grants persist (the default), they do not, the ring is polled, and the
# backend is not trusted; or as many others as a scenario says. dom0 has filled them with READS_SEED
# (disks_filled).

# Migrations take their time.
# shellcheck disable=SC2034 # dom0 reads it
DOM0_LIMIT=300
READS_SEED=7
READS_DISKS=(xvda xvdb xvdc xvdd)
# A guest with one CPU has one ring, which is none for polling.
[ "$(nproc)" = 1 ] || READS_POLLED=xvdc
declare -A READS_KIND=([xvda]="grants persist" [xvdb]="grants do not persist"
	[xvdc]="${READS_POLLED:+polled ring}" [xvdd]="untrusted")
declare -A READS_PID

PARAMETERS=/sys/module/xen_blkfront/parameters

# vbd_of NAME: vbd-51712 for xvda.
vbd_of() { basename "$(readlink -f "/sys/block/$1/device")"; }

# connect_again NAME PERSISTENT: bound anew with or without persistent grants.
connect_again() {
	local device
	device=$(vbd_of "$1")
	echo "$2" >$PARAMETERS/feature_persistent && unbind blk "$device" && bind blk "$device" &&
		wait_for 60 have_disk "$1"
}

all_there() {
	local name
	for name in "${READS_DISKS[@]}"; do
		wait_for 60 have_disk "$name" || { echo "no $name"; return 1; }
	done
}

# disks_of_each_kind: to be said again after each restore, which makes them all alike. The in-tree
# driver's disks are of the first kind: one of another would have to be bound anew, and would not
# come back.
disks_of_each_kind() {
	[ "$DRIVER" = ours ] || return 0
	dom0 trust vbd/51760 0 && connect_again xvda Y && connect_again xvdc Y &&
		connect_again xvdb N && connect_again xvdd N && kinds_are_so
}

kept_max() { awk '$1 == "kept_frames_max" { print $2 }' "/sys/kernel/debug/xen-blkfront/$1/ring-0"; }
slots_of() { awk '$1 == "slots" { print $2 }' "/sys/kernel/debug/xen-blkfront/$1/ring-$2"; }

kinds_are_so() {
	echo "kept frames: $(kept_max xvda) $(kept_max xvdb) $(kept_max xvdd); polled ring: $(slots_of xvdc 1)"
	[ "$(kept_max xvda)" -gt 0 ] && [ "$(kept_max xvdb)" = 0 ] && [ "$(kept_max xvdd)" -gt 0 ] &&
		{ [ -z "${READS_POLLED:-}" ] || [ "$(slots_of xvdc 1)" -gt 0 ]; }
}

# READS_DEPTH: as many as a ring takes, so that most are with the backend.
READS_DEPTH=32

start_reads() {
	local name how
	for name in "${READS_DISKS[@]}"; do
		how=queued
		[ "$name:$DRIVER" != "${READS_POLLED:-}:ours" ] || how=polled
		blkpat reads "/dev/$name" $READS_SEED $READS_DEPTH $how >"/tmp/reads.$name" 2>&1 &
		READS_PID[$name]=$!
	done
}

reads_completed() { awk '{ print $1 }' "/sys/block/$1/stat"; }
reads_in_flight() { awk '{ print $1 }' "/sys/block/$1/inflight"; }

crowded() {
	local name
	for name in "${READS_DISKS[@]}"; do
		[ "$(reads_in_flight "$name")" -ge 16 ] || return
	done
}

reads_crowd() {
	local name code=0
	wait_for 60 crowded || code=1
	for name in "${READS_DISKS[@]}"; do
		echo "$name: $(reads_in_flight "$name") reads under way"
	done
	return $code
}

read_more() { [ "$(reads_completed "$1")" -ge "$2" ]; }

# Twice what was under way, so that all of that is complete.
reads_go_on() {
	local name code=0
	for name in "${READS_DISKS[@]}"; do
		wait_for 60 read_more "$name" $(($(reads_completed "$name") + 2 * READS_DEPTH)) || {
			echo "$name: $(reads_in_flight "$name") reads under way, no more complete"
			code=1
		}
	done
	return $code
}

# The reader gives up by itself when nothing completes.
reads_said() {	# NAME STATUS
	cat "/tmp/reads.$1"
	return "$2"
}

reads_verdict() {	# NAME
	local disk
	for disk in "${READS_DISKS[@]}"; do
		end_job "${READS_PID[$disk]}" 120
		ktap_test "$1: $disk (${READS_KIND[$disk]:-as it comes}): what was read is what is there" \
			reads_said "$disk" $?
	done
}

requeued() {
	[ "$DRIVER" = intree ] || cat /sys/kernel/debug/xen-blkfront/*/ring-* |
		awk '$1 == "requeued" { n += $2 } END { print n + 0 }'
}

begin_reads() {
	local more=poll_queues=1
	[ "$DRIVER" = ours ] || more=
	# shellcheck disable=SC2086 # in-tree has no such parameter
	ktap_test "disk driver loads" load_driver blk $more
	ktap_test "disks are there" all_there
	ktap_test "they are of each kind" disks_of_each_kind
}
