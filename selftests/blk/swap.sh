#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Swap on the disk, with more memory in use than there is; every page is compared.
. "$(dirname "$0")/lib.sh"

OVER=${XENFRONT_SWAP_MB:-24}	# how much more than what is free
LEAVE=48			# how much is left free before

free_mb() { awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo; }
swapped_out() { awk '/^pswpout/ { print $2 }' /proc/vmstat; }

under_pressure() {
	local before pages locked
	before=$(swapped_out)
	locked=$(($(free_mb) - LEAVE))
	limited 250 swapfill $((LEAVE + OVER)) 2 $((locked > 0 ? locked : 1)) || return
	pages=$(($(swapped_out) - before))
	echo "$pages pages went out"
	[ "$pages" -gt 1000 ] || { echo "too few to prove anything"; return 1; }
}

swap_on() { mkswap "$DEV" && swapon "$DEV"; }

blk_begin
if [ "$(disk_sectors)" -lt $(((OVER + 64) * 2048)) ]; then
	ktap_test_skip "swap" "$DISK is smaller than $((OVER + 64)) MB"
	ktap_finished
fi
ktap_test "swap on" swap_on
ktap_test "more memory in use than there is" under_pressure
ktap_test "swap off" swapoff "$DEV"
ktap_finished
