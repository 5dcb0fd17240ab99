# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "saved with discards under way, restored to a backend with fewer rings"
#: vcpus = 2
#: dom0_vcpus = 2
#: disks = ["xvda 16M"]
#: nics = 0
#: timeout = 300
#: slow = true

# By its source the in-tree driver puts discards aside until it is connected again, but waits before
# for all requests to end, as the number of its rings has changed. That was not seen to happen here.
DISCARDS=24

counter() {
	cat /sys/kernel/debug/xen-blkfront/xvda/ring-* |
		awk -v name="$1" '$1 == name { n += $2 } END { print n + 0 }'
}

in_flight() { awk '{ print $2 }' /sys/block/xvda/inflight; }
under_way() { [ "$(in_flight)" -ge $((DISCARDS / 2)) ]; }

discards_begin() {
	{
		blkpat discard /dev/xvda 7 $DISCARDS
		echo $? >/tmp/discard.status
	} >/tmp/discard.log 2>&1 &
	wait_for 20 under_way
	echo "$(in_flight) discards"
	under_way
}

discards_were_right() {
	wait_for 60 test -s /tmp/discard.status
	cat /tmp/discard.log
	[ "$(cat /tmp/discard.status)" = 0 ]
}

sent_again() {
	echo "$(counter requeued) were sent again"
	[ "$(counter requeued)" -gt 0 ] && [ "$(counter slots)" = "$(counter slots_free)" ]
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "written" blkpat fill /dev/xvda 7
	ktap_test "a slow backend" dom0 disk_slow xvda 2
	ktap_test "discards are under way" discards_begin
	ktap_test "restored to a backend with one ring" dom0 save_restore multi-queue-max-queues
	ktap_test "each discard is done, and nothing else" discards_were_right
	[ "$DRIVER" = intree ] || ktap_test "they were sent again" sent_again
	ktap_test "written and verified" eval "blkpat fill /dev/xvda 8 && blkpat verify /dev/xvda 8"
	ktap_finished
}
