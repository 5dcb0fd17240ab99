#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Polled I/O: content compared, on rings without events. Needs polled rings (poll_queues=).
. "$(dirname "$0")/lib.sh"

OPS=${XENFRONT_ROUNDS:-600}

live_rings() { grep -l "^slots [1-9]" "$STATS"/ring-* | wc -l; }

# Polled rings are those behind the others, of which the backend leaves one at least.
first_polled() {
	local rings wanted
	rings=$(live_rings)
	wanted=$(cat /sys/module/xen_blkfront/parameters/poll_queues)
	echo $((wanted < rings ? rings - wanted : 1))
}

# polled NAME: what the polled rings count together
polled() {
	local ring sum=0
	for ((ring = FIRST; ring < RINGS; ring++)); do
		((sum += $(awk -v name="$1" '$1 == name { print $2 }' "$STATS/ring-$ring")))
	done
	echo "$sum"
}

# Nothing but polling may find what is complete: the timeout's look has to come later than
# blkpat takes to say that the disk hangs. And requests are counted, so none may be merged.
alone() {
	echo 120000 >"$QUEUE/io_timeout" && echo 2 >"$QUEUE/nomerges"
}

as_before() { echo 30000 >"$QUEUE/io_timeout" && echo 0 >"$QUEUE/nomerges"; }

by_polling() {	# DEPTH
	local requests events
	pat fill "$DEV" 21 || return
	requests=$(polled requests) events=$(polled events)
	pat poll "$DEV" 21 "$OPS" "$1" || return
	requests=$(($(polled requests) - requests)) events=$(($(polled events) - events))
	echo "$requests requests on polled rings, $events events"
	[ "$requests" = "$OPS" ] && [ "$events" = 0 ] && [ "$(polled slots)" = "$(polled slots_free)" ]
}

others_are_not() {
	local requests
	requests=$(polled requests)
	pat fill "$DEV" 95 && pat mix "$DEV" 95 "$OPS" 32 && [ "$(polled requests)" = "$requests" ]
}

# A request that nobody polls for is one whose event was lost. With the block layer's patience at
# its end the driver looks; before, nobody does.
found_by_timeout() {
	pat fill "$DEV" 96 && goes_red "have brought nothing" blkpat forget "$DEV" 96 8 2 || return
	echo 2000 >"$QUEUE/io_timeout"
	pat forget "$DEV" 96 8 8 && [ "$(polled slots)" = "$(polled slots_free)" ]
}

# While one process polls, another waits for events.
side_by_side() {
	local job half=$(($(disk_sectors) / 2))
	dd if="$DEV" of=/dev/null bs=4k count=$((half / 8)) skip=$((half / 8)) iflag=direct 2>/dev/null &
	job=$!
	by_polling 32 && wait "$job"
}

blk_begin
[ "$(cat "$QUEUE/io_poll")" = 1 ] || { ktap_test_skip "polling" "no polled rings"; ktap_finished; }
RINGS=$(live_rings) FIRST=$(first_polled)
ktap_print_msg "$FIRST rings with events, $((RINGS - FIRST)) polled"
ktap_test "polling alone" alone
for depth in 1 32 128; do
	ktap_test "random mix, depth $depth" by_polling "$depth"
done
test_dom0 "dom0 has the same checksum" sum_agrees
ktap_test "polled beside what is not" side_by_side
ktap_test "what is not polled goes by other rings" others_are_not
ktap_test "found by the timeout, if nobody polls" found_by_timeout
ktap_test "as before" as_before
ktap_finished
