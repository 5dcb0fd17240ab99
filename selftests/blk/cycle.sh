#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Out of the driver and back, detached and attached, its backend restarted, resized; idle, open and
# under load.
. "$(dirname "$0")/lib.sh"

ROUNDS=${XENFRONT_ROUNDS:-5}
SIZE_MB=$(($(disk_sectors) / 2048))

unbind_and_bind() {
	local device
	device=$(disk_device)
	echo "$device" >"$DRIVER_DIR/unbind" || return
	until_true 30 disk_gone || return
	echo "$device" >"$DRIVER_DIR/bind" || return
	until_true 30 disk_there
}

rebound() {
	local round
	pat fill "$DEV" 71 || return
	for ((round = 0; round < ROUNDS; round++)); do
		unbind_and_bind || return
	done
	pat verify "$DEV" 71
}

partition_comes_back() {
	printf 'o\nn\np\n1\n\n\nw\n' | fdisk "$DEV" >/dev/null 2>&1
	until_true 10 test -b "${DEV}1" && unbind_and_bind && until_true 10 test -b "${DEV}1" || return
	dd if=/dev/zero of="$DEV" bs=4k count=1 conv=notrunc,fsync 2>&1 && blockdev --rereadpt "$DEV"
}

# What goes on while the disk is taken away; it is expected to fail, but not to hang.
load_start() {
	local job
	for job in a b c; do
		echo "load $job"
		while blkpat fill "$DEV" 79; do :; done >/dev/null &
		while dd if="$DEV" of=/dev/null bs=64k iflag=direct; do :; done 2>/dev/null &
	done
	sleep 2
}

load_over() { [ -z "$(jobs -pr)" ]; }

load_ends() {
	until_true 40 load_over && return
	echo "I/O on the lost disk hangs:"
	pgrep -a "blkpat|dd"
	return 1
}

rebound_under_load() {
	local device
	device=$(disk_device)
	load_start
	echo "$device" >"$DRIVER_DIR/unbind" || return
	until_true 30 disk_gone && load_ends || return
	echo "$device" >"$DRIVER_DIR/bind" || return
	until_true 30 disk_there && pat fill "$DEV" 72 && pat verify "$DEV" 72
}

attach() { dom0_does block_attach "$DISK" "${SIZE_MB}M" && until_true 30 disk_there; }
detach() { dom0_does block_detach "$DISK" && until_true 30 disk_gone; }

detached_and_attached() {
	local round
	pat fill "$DEV" 73 || return
	for ((round = 0; round < 3; round++)); do
		detach && attach || return
	done
	pat verify "$DEV" 73
}

# An open disk may stay until it is closed, so the toolstack may give up waiting.
detached_while_open() {
	local holder code=0
	tail -f "$DEV" >/dev/null 2>&1 &
	holder=$!
	sleep 1
	dom0_does block_detach "$DISK"
	kill "$holder"
	wait "$holder" 2>/dev/null
	until_true 30 disk_gone || code=1
	dom0_does block_detach "$DISK" 2>/dev/null
	[ "$code" = 0 ] && attach && pat verify "$DEV" 73
}

detached_under_load() {
	load_start
	dom0_does block_detach "$DISK"
	load_ends && until_true 30 disk_gone || return
	dom0_does block_detach "$DISK" 2>/dev/null
	attach && pat fill "$DEV" 74 && pat verify "$DEV" 74
}

completed() { awk '{ print $1 + $5 + $12 }' "/sys/block/$DISK/stat"; }
completed_over() { [ "$(completed)" -gt "$1" ]; }
goes_on() { until_true 60 completed_over $(($(completed) + 50)); }
crowded() { awk '{ exit $1 + $2 < 8 }' "/sys/block/$DISK/inflight"; }

# changed_under_load COMMAND...: as dom0 does it, with many requests under way, all verified; none may
# fail, none may be lost
changed_under_load() {
	local load code=0
	disk_there && pat fill "$DEV" 77 || return
	blkpat mix "$DEV" 77 1000000 32 &
	load=$!
	until_true 60 crowded && dom0_does "$@" && goes_on || code=1
	kill "$load"
	wait "$load" || code=1
	return "$code"
}

# What was sent, less what was sent again, is what was completed; nothing is on the ring any more.
each_once() {	# SENT COMPLETED
	local sent=$(($(counter requests) - $(counter requeued) - $1)) ended=$(($(completed) - $2))
	echo "$sent requests sent, $ended completed, $(counter requeued) sent twice"
	[ "$sent" = "$ended" ] && [ "$(counter slots)" = "$(counter slots_free)" ]
}

# answered_once COMMAND...: changed_under_load(), and the driver counts each request once
answered_once() {
	local sent ended
	sent=$(($(counter requests) - $(counter requeued))) ended=$(completed)
	changed_under_load "$@" && { [ ! -d "$STATS" ] || each_once "$sent" "$ended"; }
}

segments() { awk '$1 == "segments" { print $2 }' "$STATS/ring-0"; }

# restarted LEAST MOST [KEY...]: the new backend lacks these keys; segments of its requests
restarted() {
	local before least=$1 most=$2
	shift 2
	before=$(counter requeued)
	answered_once backend_restarts "$(disk_device)" "$@" || return
	[ -d "$STATS" ] || return 0
	echo "$(segments) segments each"
	[ "$(counter requeued)" -ge $((before + 4)) ] && [ "$(segments)" -ge "$least" ] &&
		[ "$(segments)" -le "$most" ]
}

reopened() { answered_once backend_reopens "$(disk_device)"; }

grown() { [ "$(disk_sectors)" = "$1" ]; }

resized() {
	local want=$(((SIZE_MB + 8) * 2048))
	pat fill "$DEV" 75 || return
	dom0_does disk_grow "$DISK" "$((SIZE_MB + 8))M" || return
	# blkback looks at the size when it serves a request.
	dd if="$DEV" of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null
	until_true 20 grown "$want" || { echo "$(disk_sectors) sectors, not $want"; return 1; }
	pat verify "$DEV" 75 0 $((SIZE_MB << 20)) && pat fill "$DEV" 76 && pat verify "$DEV" 76
}

blk_begin
ktap_test "out of the driver and back $ROUNDS times" rebound
ktap_test "its partition comes back with it" partition_comes_back
ktap_test "out of the driver and back under load" rebound_under_load
test_dom0 "detached and attached three times" detached_and_attached
test_dom0 "detached while open" detached_while_open
test_dom0 "detached under load" detached_under_load
# Once from and once to requests that are linked, as there are no indirect ones.
test_dom0 "backend restarted under load, then poorer" restarted 11 11 \
	feature-max-indirect-segments
test_dom0 "backend restarted under load" restarted 12 256
test_dom0 "backend closed under load, and opened" reopened
test_dom0 "grown" resized
ktap_finished
