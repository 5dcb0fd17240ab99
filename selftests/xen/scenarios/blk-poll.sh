# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "polled rings: io_uring verified without an event; a save meanwhile, a backend without them"
#: kernel = ["6.12", "6.1"]
#: vcpus = 2
#: dom0_vcpus = 2
#: disks = ["xvda 32M"]
#: nics = 0
#: driver = ["ours"]
#: timeout = 600
#: slow = true

STATS=/sys/kernel/debug/xen-blkfront/xvda
rings_are() {	# NUMBER
	local live
	live=$(grep -l "^slots [1-9]" $STATS/ring-* | wc -l)
	[ "$live" = "$1" ] || { echo "$live rings"; return 1; }
}

polled_load() { blkpat fill /dev/xvda 33 && blkpat poll /dev/xvda 33 4000 32; }
sent() { awk '$1 == "requests" { print $2 }' $STATS/ring-1; }
sent_over() { [ "$(sent)" -gt "$1" ]; }

load_begins() {
	rm -f /tmp/poll.status
	{
		polled_load
		echo $? >/tmp/poll.status
	} >/tmp/poll.log 2>&1 &	# else the test would end with it
	wait_for 60 sent_over $(($(sent) + 200)) && [ ! -e /tmp/poll.status ]
}

load_was_right() {
	wait_for 200 test -s /tmp/poll.status
	cat /tmp/poll.log
	[ "$(cat /tmp/poll.status)" = 0 ]
}

# Polled contexts are then served by the ring there is, which has events.
one_ring_polled() { blkpat fill /dev/xvda 34 && blkpat poll /dev/xvda 34 600 32; }

guest() {
	begin_suites
	export XENFRONT_DISK=xvda
	ktap_test "driver loads" load_driver blk poll_queues=1
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "a ring with events and a polled one" rings_are 2
	ktap_suite blk/poll
	ktap_test "polled load" load_begins
	ktap_test "saved and restored" dom0 save_restore
	ktap_test "polled load was right" load_was_right
	ktap_test "polled load" load_begins
	ktap_test "restored to a backend with one ring" dom0 save_restore multi-queue-max-queues
	ktap_test "polled load was right" load_was_right
	ktap_test "one ring" rings_are 1
	ktap_test "polled for without a polled ring" one_ring_polled
	ktap_test "restored to the backend it had" dom0 save_restore
	ktap_test "two rings again" wait_for 20 rings_are 2
	ktap_suite blk/poll
	ktap_finished
}
