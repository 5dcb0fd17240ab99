# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a disk that claims more than it has: requests of which parts fail, linked ones and others"
#: nics = 0
#: driver = ["ours"]
#: timeout = 300
#: slow = true

# In dom0. The disk is half a megabyte smaller than it says: the last request of 1 MB goes beyond.
REAL=33792 CLAIMED=34816	# sectors
number_of() { xenstore-list "/local/domain/0/backend/vbd/$DOMID"; }
attach_short() { attach_edited xvde 16896K sectors=$CLAIMED; }
tells_the_truth() { key_set vbd "$(number_of)" sectors $REAL; }

# In the guest.
STATS=/sys/kernel/debug/xen-blkfront/xvde
counter() { cat $STATS/ring-* 2>/dev/null | awk -v name="$1" '$1 == name { n += $2 } END { print n + 0 }'; }
sectors_are() { [ "$(cat /sys/block/xvde/size)" = "$1" ]; }

read_last()  { dd if=/dev/xvde of=/dev/null bs=1M skip=16 count=1 iflag=direct; }
write_last() { dd if=/tmp/ones of=/dev/xvde bs=1M seek=16 count=1 oflag=direct conv=notrunc; }
fails()      { goes_red "Input/output error" "$1"; }

# Many that are right in the midst of many that are not.
side_by_side() {
	local job good=() bad=() code=0
	for job in 1 2 3 4; do
		dd if=/dev/xvde of=/dev/null bs=1M count=16 iflag=direct 2>/dev/null &
		good+=($!)
		read_last 2>/dev/null &
		bad+=($!)
		write_last 2>/dev/null &
		bad+=($!)
	done
	for job in "${good[@]}"; do
		wait "$job" || { echo "a request that is right has failed"; code=1; }
	done
	for job in "${bad[@]}"; do
		wait "$job" && { echo "one beyond the end has not"; code=1; }
	done
	return $code
}

# What lies before the end is written, by those parts of the request that do not go beyond.
head_written() {
	dd if=/dev/xvde bs=512k skip=32 count=1 iflag=direct 2>/dev/null | cmp -s -n 409600 - /tmp/ones
}

many_parts() {	# LEAST: of one request
	local before
	before=$(counter parts)
	read_last 2>/dev/null
	echo "$(($(counter parts) - before)) parts"
	[ $(($(counter parts) - before)) -ge "$1" ]
}

nothing_is_left() {
	echo "$(counter slots_free) slots free of $(counter slots); $(counter grants_made) frames granted," \
		"$(counter grants_ended) taken back; $(counter kept_frames_used) kept ones in use"
	[ "$(counter slots)" -gt 0 ] && [ "$(counter slots)" = "$(counter slots_free)" ] &&
		[ "$(counter kept_frames_used)" = 0 ] && [ "$(counter grants_made)" = "$(counter grants_ended)" ]
}

round() {	# NAME PARTS PARAMETER...
	local name=$1 parts=$2
	shift 2
	ktap_test "$name: driver loads" load_driver blk "$@"
	ktap_test "$name: disk attached" dom0 attach_short
	ktap_test "$name: disk is there" wait_for 20 have_disk xvde
	ktap_test "$name: it claims too much" sectors_are $CLAIMED
	ktap_test "$name: parts of a request" many_parts "$parts"
	ktap_test "$name: a read beyond the end fails" fails read_last
	ktap_test "$name: a write beyond the end fails" fails write_last
	[ "$parts" = 1 ] || ktap_test "$name: its beginning is written" head_written
	ktap_test "$name: beside what is right" side_by_side
	ktap_test "$name: nothing is left" nothing_is_left
	ktap_test "$name: the disk tells the truth" eval "dom0 tells_the_truth && wait_for 10 sectors_are $REAL"
	ktap_test "$name: later I/O is right" eval "blkpat fill /dev/xvde 6 && blkpat mix /dev/xvde 6 300 32"
	ktap_test "$name: nothing is left then" nothing_is_left
	ktap_test "$name: disk detached" eval "dom0 block_detach xvde && wait_for 20 test ! -e /sys/block/xvde"
	ktap_test "$name: driver unloads" unload_driver blk
}

guest() {
	begin_suites
	dd if=/dev/zero bs=1M count=1 2>/dev/null | tr '\0' '\377' >/tmp/ones
	round "linked" 24 max_indirect_segments=0
	round "linked, the caller's memory" 24 max_indirect_segments=0 feature_persistent=0
	round "indirect, the caller's memory" 1 feature_persistent=0
	ktap_finished
}
