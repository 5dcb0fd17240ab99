#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Swap on the disk, with more memory in use than there is; every page is compared.
. "$(dirname "$0")/lib.sh"

OVER=${XENFRONT_SWAP_MB:-160}	# how much more than what is free

free_mb() { awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo; }
swapped_out() { awk '/^pswpout/ { print $2 }' /proc/vmstat; }

under_pressure() {
	local before pages
	before=$(swapped_out)
	timeout 250 swapfill $(($(free_mb) + OVER)) 2 || return
	pages=$(($(swapped_out) - before))
	echo "$pages pages went out"
	[ "$pages" -gt 1000 ] || { echo "too few to prove anything"; return 1; }
}

swap_on() { mkswap "$DEV" && swapon "$DEV"; }

pressure_again() {
	dd if=/dev/urandom of=/tmp/xfbulk bs=1M count=16 2>/dev/null
	under_pressure
}

blk_begin
if [ "$(disk_sectors)" -lt $(((OVER + 64) * 2048)) ]; then
	ktap_test_skip "swap" "$DISK is smaller than $((OVER + 64)) MB"
	ktap_finished
fi
ktap_test "swap on" swap_on
ktap_test "more memory in use than there is" under_pressure
ktap_test "again, with file system pages to drop" pressure_again
rm -f /tmp/xfbulk
ktap_test "swap off" swapoff "$DEV"
ktap_finished
