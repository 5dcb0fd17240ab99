# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a disk that stands still keeps dom0 from hearing guests: the rest goes on, then all recovers"
#: nics = 2
#: disks = ["xvda 16M"]
#: slow = true
#: timeout = 400
#: intree_fails = "every request ends|is there again"

# blkback stops its thread when a disk is taken away, and waits for it in dom0's only thread for
# xenstore. Discards keep that thread where the disk itself stands still.

dom0_before() { hung_tasks_wait 0; }
dom0_after() {
	mapped_all_go_on
	hung_tasks_wait 120
}

disk_with_content() {
	other_make xvdb 16M 35 && mapped_attach xvdb 16M
}

# Not waited for: the backend does not hear of it.
detach_begins() { { xl block-detach "$DOMID" "$1"; } 3>&- >/tmp/detach 2>&1 & }

# All but what was discarded.
file_verify_behind() { timeout "$(paced 100)" blkpat verify "$(disk_file xvdb)" 35 1048576 $((15 << 20)); }

# ---- in the guest ----

something_else() { truncate -s 16M /tmp/behind && blkpat fill /tmp/behind 35; }

# Behind a discard that does not end, on a ring that nobody reads: reads and writes. What is written
# is what lies there already, so whether it is written makes no difference. Through another device of
# the same disk, as the kernel has them wait for a discard of the same.
BEHIND=15
discards() { blkdiscard -o 0 -l 1048576 /dev/xvdb; }
part_made() { addpart /dev/xvdb 1 2048 30720 && wait_for 10 test -b /dev/xvdb1; }
reads() { dd if=/dev/xvdb1 of=/dev/null bs=64k count=1 skip="$1" iflag=direct; }
writes() { dd if=/tmp/behind of=/dev/xvdb1 bs=64k count=1 skip=$(($1 + 16)) seek="$1" oflag=direct conv=notrunc; }

load() {
	local job
	job_begin discards discards
	sleep 1
	for ((job = 0; job < BEHIND; job++)); do
		job_begin "reads-$job" reads $((32 + job))
		job_begin "writes-$job" writes $((96 + job))
	done
	wait_for 20 behind_it || { cat /sys/block/xvdb/inflight; return 1; }
}
behind_it() { awk -v least=$BEHIND '{ exit $1 < least || $2 < least }' /sys/block/xvdb/inflight; }

load_gone() {
	local job
	for ((job = 0; job < BEHIND; job++)); do
		job_over "reads-$job" "writes-$job" || return
	done
	job_over discards
}

leaves() {
	if [ "$DRIVER" = intree ]; then
		job_begin leaves unbind net vif-1
		sleep 15
	else
		in_time 60 unbind net vif-1
	fi
}

# written_while NAME COMMAND...: the other disk, and nothing else comes to lie there.
written_while() {
	ktap_test "a slow disk" dom0 disk_slow xvda 2
	ktap_test "writes are under way" writes_begin xvda
	ktap_test "$@"
	sleep 2
	ktap_test "the slow disk goes on" dom0 disks_fast
	ktap_test "the writes end" writes_end xvda
	ktap_test "it holds what was written" dom0 file_holds xvda 33
}

# netback goes on copying to whatever the ring of an interface names that it does not hear leave.
others() {
	ktap_test "an interface leaves its driver" leaves
	written_while "packets come for the interface" dom0 packets_to 1 300
	ktap_test "the other interface works" streams 1000000
	ktap_test "dom0 hears nobody, still" dom0 xenwatch_waits
}

recovers() {
	written_while "the disk that stood still goes on" dom0 mapped_goes_on xvdb
	ktap_test "every request ends" wait_for 60 load_gone
	ktap_test "dom0 hears" dom0 wait_for 60 xenwatch_hears
	ktap_test "the interface is free" wait_for 40 [ ! -e /sys/bus/xen/drivers/vif/vif-1 ]
	ktap_test "it comes back" eval "bind net vif-1 && net_up 1"
	ktap_test "and works" streams 1000000 10.7.1.1
	ktap_test "nothing else was written to the disk" dom0 file_verify_behind
	ktap_test "the disk is gone" wait_for 60 gone
	ktap_test "it is attached" dom0 mapped_attach xvdb 16M
	ktap_test "is there again" wait_for 30 have_disk xvdb
	ktap_test "and right" eval "blkpat fill /dev/xvdb 34 && dom0 file_verify xvdb 34"
}

gone() { [ ! -e /sys/block/xvdb ] || { dom0 block_detach xvdb; [ ! -e /sys/block/xvdb ]; }; }

guest() {
	ktap_print_header
	ktap_test "drivers load" load_drivers
	ktap_test "interfaces have their numbers" net_names
	ktap_test "links are up" eval "net_up 0 && net_up 1"
	ktap_test "traffic" streams 1000000 10.7.1.1
	ktap_test "something to write" writes_make 16 33
	ktap_test "and something else" something_else
	ktap_test "a disk that can stand still" dom0 disk_with_content
	ktap_test "disks are there" eval "wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb"
	ktap_test "it has a partition" part_made
	ktap_test "it stands still" dom0 mapped_stops xvdb
	ktap_test "requests are under way" load
	ktap_test "it is to be detached" dom0 detach_begins xvdb
	ktap_test "dom0 hears nobody" dom0 wait_for 20 xenwatch_waits
	others
	recovers
	ktap_finished
}
