#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Kept frames that are not needed any more are freed, and had again when they are. Needs a backend
# that forgets grants within seconds: xen_blkback.persistent_grant_unused_seconds.
. "$(dirname "$0")/lib.sh"

MANY=300	# more than are kept for good
FEW=257

busy() {
	local start
	for start in 0 1 2 3; do
		dd if="$DEV" of=/dev/null bs=1M skip="$start" count=12 iflag=direct 2>/dev/null &
	done
	wait
}

frames() { counter kept_frames; }
many() { busy; echo "$(frames) frames"; [ "$(frames)" -ge "$MANY" ]; }
few() { [ "$(frames)" -le "$FEW" ]; }

shrunk() {
	local references
	references=$(counter grant_references)
	until_true 100 few || { echo "$(frames) frames"; return 1; }
	echo "$(frames) frames; $references references before, $(counter grant_references) after"
	[ "$(counter grant_references)" -lt "$references" ]
}

blk_begin
[ -d "$STATS" ] || { ktap_test_skip "kept frames" "this driver does not count them"; ktap_finished; }
ktap_test "under load there are many" many
ktap_test "they go when they are not used" shrunk
ktap_test "they come back under load" many
ktap_test "the disk holds what it held" filled_and_verified "$DEV" 91
ktap_finished
