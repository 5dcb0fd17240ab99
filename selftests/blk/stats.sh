#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the driver counts in debugfs is what was done.
#   XENFRONT_EXPECT   words: copy=1 data goes through frames of the driver, copy=0 it does not
. "$(dirname "$0")/lib.sh"

COUNTERS="requests parts waits doorbells events idle_events deferred grants_made grants_ended bytes_copied
	requeued parked slots slots_free segments grant_references kept_frames kept_frames_used kept_frames_max"

all_there() {
	local name ring code=0
	for ring in "$STATS"/ring-*; do
		for name in $COUNTERS; do
			grep -q "^$name [0-9]*$" "$ring" || { echo "no $name in $ring"; code=1; }
		done
	done
	return "$code"
}

remember() {
	local name
	for name in $COUNTERS; do
		declare -g "was_$name=$(counter "$name")"
	done
}

# grew NAME: by how much since remember()
grew() { local was=was_$1; echo $(($(counter "$1") - ${!was})); }

# is NAME VALUE at-least|at-most|just LIMIT
is() {
	case $3 in
	at-least) [ "$2" -ge "$4" ] ;;
	at-most)  [ "$2" -le "$4" ] ;;
	just)     [ "$2" -eq "$4" ] ;;
	esac || { echo "$1: $2 is not $3 $4"; return 1; }
}

transfer() {	# to or from the disk, 64 requests of 16 KB
	if [ "$1" = read ]; then
		dd if="$DEV" of=/dev/null bs=16k count=64 iflag=direct
	else
		dd if=/dev/zero of="$DEV" bs=16k count=64 oflag=direct conv=notrunc
	fi 2>/dev/null
}

counted() {	# read|write
	remember
	transfer "$1" || return
	is requests "$(grew requests)" at-least 64 && is parts "$(grew parts)" at-least "$(grew requests)" &&
		is events "$(grew events)" at-least 1 && is doorbells "$(grew doorbells)" at-least 1 &&
		is "slots in use" "$(counter slots_free)" just "$(counter slots)"
}

copied() {	# read|write
	remember
	transfer "$1" || return
	is "bytes copied" "$(grew bytes_copied)" at-least $((64 * 16384)) &&
		is "grants made" "$(grew grants_made)" just 0 &&
		is "kept frames" "$(counter kept_frames)" at-most "$(counter kept_frames_max)" &&
		is "kept frames in use" "$(counter kept_frames_used)" just 0
}

granted() {	# read|write
	remember
	transfer "$1" || return
	is "grants made" "$(grew grants_made)" at-least 256 && is "bytes copied" "$(grew bytes_copied)" just 0 &&
		is "grants ended" "$(grew grants_ended)" just "$(grew grants_made)"
}

blk_begin
[ -d "$STATS" ] || { ktap_test_skip "statistics" "this driver has none"; ktap_finished; }
ktap_test "every counter is there" all_there
for way in write read; do
	ktap_test "$way: counted" counted "$way"
	! wanted copy 1 || ktap_test "$way: copied, nothing granted" copied "$way"
	! wanted copy 0 || ktap_test "$way: granted, nothing copied" granted "$way"
done
ktap_finished
