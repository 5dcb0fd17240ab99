#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Requests of every size and alignment, one at a time and many at once, compared sector by sector;
# and compared with what the backend's file holds.
#   XENFRONT_QUICK=1  fewer sizes
#   XENFRONT_FULL=1   all 2048 sizes up to 1 MB, not only every fifteenth; more of those to 64 KB
. "$(dirname "$0")/lib.sh"

other_way() { dom0_does file_fill "$DISK" 41 && pat verify "$DEV" 41; }

# Few at a time take longest and have least to mix up.
mixed() {	# DEPTH
	local rounds=${XENFRONT_ROUNDS:-600}
	# The generations begin with what "fill" wrote, so each run starts from a filled disk.
	pat fill "$DEV" 21 && pat mix "$DEV" 21 $(($1 > 1 ? rounds : rounds / 4)) "$1"
}

spoiled_is_noticed() {
	pat fill "$DEV" 31 || return
	dom0_does file_flip "$DISK" $((3 * 1024 * 1024 + 777)) || return
	goes_red "byte .* is .., not" blkpat verify "$DEV" 31
}

PAGE=$(awk '/^KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps)
# From one size to the next: the fewer, the larger the page. An odd number of sectors.
STEP=$((PAGE / 2 - 512)) LARGE_STEP=$(whole_or_quick 7680 23040)
[ -z "${XENFRONT_FULL:-}" ] || STEP=$((PAGE / 8))

blk_begin
ktap_test "written whole, read back" filled_and_verified "$DEV" 11
test_dom0 "dom0 finds the same in its file" dom0_does file_verify "$DISK" 11
# As many requests whatever the page size is; "every size" below does the rest.
ktap_test "sizes to 64 KB, every alignment of the buffer" \
	pat sweep "$DEV" 100 512 65536 $STEP every
if [ -n "${XENFRONT_FULL:-}" ]; then
	ktap_test "every size to 1 MB" pat sweep "$DEV" 5000 512 1048576 512 rotate
else
	ktap_test "sizes to 1 MB" pat sweep "$DEV" 5000 65536 1048576 "$LARGE_STEP" rotate
fi
for depth in 1 32 128; do
	ktap_test "random mix of scattered buffers, depth $depth" mixed "$depth"
done
test_dom0 "dom0 has the same checksum" sum_agrees
test_dom0 "what dom0 wrote is read here" other_way
test_dom0 "a byte spoiled in dom0 is noticed" spoiled_is_noticed
ktap_finished
