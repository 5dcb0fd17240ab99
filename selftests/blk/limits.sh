#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A disk with blocks of 4 KB: the block layer knows, and nothing smaller is ever sent.
. "$(dirname "$0")/lib.sh"

says() {	# FILE VALUE
	local now
	now=$(cat "$QUEUE/$1")
	[ "$now" = "$2" ] || { echo "$1 is $now"; return 1; }
}

# Whole blocks out of memory that does not begin at one: to be cut into segments of other sizes.
odd_memory_refused() {
	goes_red "buffer at page offset [1-9].*: Invalid argument" \
		blkpat sweep "$DEV" 5 4096 16384 4096 rotate
}

half_block_refused() {
	goes_red "Invalid argument" blkpat sweep "$DEV" 5 512 512 512 rotate
}

written_and_read() {
	local size sum
	for size in 4k 60k 1M; do
		dd if=/dev/urandom of=/tmp/blocks bs="$size" count=6 2>/dev/null &&
			dd if=/tmp/blocks of="$DEV" bs="$size" oflag=direct conv=notrunc 2>&1 || return
		sum=$(dd if="$DEV" bs="$size" count=6 iflag=direct 2>/dev/null | sha256sum)
		[ "$sum" = "$(sha256sum </tmp/blocks)" ] || { echo "other data in blocks of $size"; return 1; }
	done
}

file_system() {
	mkdir -p "$MNT"
	mke2fs -q -F -t ext4 "$DEV" && mount -t ext4 "$DEV" "$MNT" &&
		cp -r "$HERE" "$MNT/" && umount "$MNT" && mount -t ext4 -o ro "$DEV" "$MNT" &&
		diff -r "$HERE" "$MNT/$(basename "$HERE")"
	local code=$?
	umount "$MNT" && return "$code"
}

blk_begin
ktap_test "logical blocks of 4096 bytes" says logical_block_size 4096
ktap_test "memory has to be aligned like them" says dma_alignment 4095
ktap_test "memory that is not is refused" odd_memory_refused
ktap_test "half a block is refused" half_block_refused
ktap_test "blocks written and read" written_and_read
ktap_test "ext4" file_system
ktap_finished
