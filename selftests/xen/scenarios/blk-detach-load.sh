# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a disk detached whose backend has yet to read what is on the ring: every request ends"
#: disks = ["xvda 16M"]
#: nics = 0
#: timeout = 300
#: slow = true

# blkback discards in the thread that reads the ring: while that takes long, requests behind it wait
# unread when the disk is detached. Whoever answers or fails them, they have to end.
LIMIT=2		# discards a second; there is no less

discards() { while blkdiscard -o "$1" -l 1048576 /dev/xvda; do :; done; }
reads() { while dd if=/dev/xvda of=/dev/null bs=4k count=1 skip="$1" iflag=direct; do :; done; }

LOAD=()
load() {
	local job
	for job in 0 1 2 3 4 5; do
		discards $((job << 20)) &
		LOAD+=($!)
		reads $((3072 + job)) &
		LOAD+=($!)
	done >/dev/null 2>&1
}

in_flight() { awk '{ print $1 }' /sys/block/xvda/inflight; }
reads_wait() { [ "$(in_flight)" -ge 4 ]; }
under_way() {
	local code=0
	wait_for 30 reads_wait || code=1
	echo "$(in_flight) reads"
	return $code
}

# The toolstack may give up waiting.
detached() { dom0 block_detach xvda || echo "the toolstack says no"; }

all_over() { ! kill -0 "${LOAD[@]}" 2>/dev/null; }
ended() {
	wait_for 60 all_over && return
	echo "$(in_flight) reads hang"
	return 1
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "a slow backend" dom0 disk_slow xvda $LIMIT
	load
	ktap_test "requests are under way" under_way
	ktap_test "disk detached" detached
	ktap_test "every request has ended" ended
	ktap_test "the disk is gone" wait_for 30 test ! -e /sys/block/xvda
	ktap_finished
}
