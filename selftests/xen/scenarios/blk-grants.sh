# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a grant table too small for what three disks could use: slower, right, never stuck"
#: disks = ["xvda 16M", "xvdb 16M", "xvdc 16M"]
#: nics = 0
#: xl = ["max_grant_frames = 3"]
#: driver = ["ours"]
#: timeout = 300
#: slow = true

DISKS_HERE="xvda xvdb xvdc"

counter() { cat /sys/kernel/debug/xen-blkfront/*/ring-* | awk -v n="$1" '$1 == n { s += $2 } END { print s + 0 }'; }

disks_there() {
	local disk
	for disk in $DISKS_HERE; do
		wait_for 20 have_disk "$disk" || return
	done
}

# Requests of 1 MB, six at a time on each disk; the writers of a disk write the same.
all_at_once() {	# fill|verify
	local disk job code=0
	local -a jobs=()
	for disk in $DISKS_HERE; do
		for _ in 1 2 3 4 5 6; do
			blkpat "$1" "/dev/$disk" 5 &
			jobs+=($!)
		done
	done
	for job in "${jobs[@]}"; do
		wait "$job" || code=1
	done
	return $code
}

short_of_grants() {
	echo "$(counter waits) requests waited, $(counter grant_references) references for all disks"
	[ "$(counter waits)" -gt 0 ] && [ "$(counter grant_references)" -gt 1200 ]
}

round() {	# persistent|direct
	ktap_test "disks are there, $1" disks_there
	ktap_test "all written at once, $1" all_at_once fill
	ktap_test "all verified at once, $1" all_at_once verify
	ktap_test "requests had to wait, $1" short_of_grants
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	round persistent
	ktap_test "driver unloads" unload_driver blk
	ktap_test "driver loads without persistent grants" load_driver blk feature_persistent=0
	round direct
	ktap_finished
}
