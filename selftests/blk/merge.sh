#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Requests that lie one behind the other, many in one submission: the block layer makes few of
# them, and where their length is no multiple of 4 KB they meet inside pages. What is read was
# written by dom0 to its file, what is written is compared there.
#
# Where pages are larger than Xen's frames of 4 KB, Linux takes no two pieces of a Xen guest's memory
# for adjacent, so there it merges only what meets at a frame's end: other lengths come out as they
# went in, and "blk/content" has those.
. "$(dirname "$0")/lib.sh"

# blkpat's last line: so many bytes it was about.
batch() {	# read|write SEED NR BYTES OFFSET
	local said
	said=$(pat "$1batch" "$DEV" "${@:2}") || { echo "$said"; return 1; }
	BYTES=${said%% *}
}

filled_by_dom0() { dom0_does file_fill "$DISK" 61; }

reads() { batch read 61 "$@"; }

# Both ways, then as it was for the next one.
writes() {
	batch write 71 "$@" && dom0_does file_verify "$DISK" 71 0 "$BYTES" && batch write 61 "$@"
}

merged() { awk '{ print $2 + $6 }' "/sys/block/$DISK/stat"; }

PAGE=$(awk '/^KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps)
# Where the first one begins inside a frame, the block layer merges none.
if [ "$PAGE" = 4096 ]; then
	LENGTH=6144
	SHAPES=("170 6144 0" "256 3072 0" "257 1536 0" "102 10240 0" "10 104448 0" "120 0 0" "170 6144 512")
else
	LENGTH=12288	# pages of 16 KB begin inside most of them
	SHAPES=("170 12288 0" "257 4096 4096" "120 0 0")
fi

# Without that, nothing below is tried.
few_requests() {
	local before
	before=$(merged)
	batch read 61 170 "$LENGTH" 0 || return
	echo "$(($(merged) - before)) of 170 merged into others"
	[ $(($(merged) - before)) -ge 85 ]
}

# Without dom0's help nobody else fills the disk.
[ -n "${XENFRONT_DOM0:-}" ] || filled_by_dom0() { pat fill "$DEV" 61; }
[ -n "${XENFRONT_DOM0:-}" ] || dom0_does() { [ "$1" = file_verify ] && pat verify "$DEV" "${@:3}"; }

blk_begin
ktap_test "filled by dom0" filled_by_dom0
ktap_test "requests are merged" few_requests
for shape in "${SHAPES[@]}"; do
	read -r nr bytes offset <<<"$shape"
	name="$nr of $([ "$bytes" = 0 ] && echo "any number of" || echo "$bytes") bytes"
	[ "$offset" = 0 ] || name+=", $offset into a page"
	# shellcheck disable=SC2086 # words
	ktap_test "$name: read" reads $shape
	# shellcheck disable=SC2086
	ktap_test "$name: written" writes $shape
done
ktap_test "all else is as it was" dom0_does file_verify "$DISK" 61
ktap_finished
