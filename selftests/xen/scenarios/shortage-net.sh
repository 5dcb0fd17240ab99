# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "four queues offered, and grants for less: fewer queues, and packets; fewer rings, and a disk"
#: vcpus = 4
#: dom0_vcpus = 2
#: disks = ["xvda 16M"]
#: xl = ["max_grant_frames = 4"]
#: timeout = 300

# Each queue can use 514 of the 2048 grants, and the disk some of its own.
offer() { echo "$1" | tee /sys/module/xen_{net,blk}back/parameters/max_queues; }
dom0_before() { offer 4; }
dom0_after() { offer 2; }

queues_asked() { xenstore-read device/vif/0/multi-queue-num-queues 2>/dev/null || echo 1; }
some_queues() {
	echo "$(queues_asked) queues"
	[ "$(queues_asked)" -ge 1 ] && [ "$(queues_asked)" -le 4 ]
}

disk_works() { blkpat fill /dev/xvda 1 && blkpat verify /dev/xvda 1; }

# A disk has a context for each ring that it wanted. It may reserve half of the 2048 grants, and only
# three rings with 288 each fit in there even if the interface has taken none.
rings_asked() { xenstore-read device/vbd/51712/multi-queue-num-queues 2>/dev/null || echo 1; }
fewer_rings() {
	local contexts=(/sys/block/xvda/mq/*) wanted asked open
	wanted=${#contexts[@]}
	asked=$(rings_asked)
	open=$(awk '$1 == "slots" && $2 { n++ } END { print n + 0 }' /sys/kernel/debug/xen-blkfront/xvda/ring-*)
	echo "$wanted rings wanted, $asked asked for, $open open"
	[ "$wanted" = 4 ] && [ "$open" = "$asked" ] && [ "$asked" -ge 1 ] && [ "$asked" -lt 4 ]
}

# Each has a context, and some of these share a ring.
each_cpu_reads() {
	local cpu
	for cpu in 0 1 2 3; do
		taskset "$((1 << cpu))" blkpat verify /dev/xvda 1 $((cpu << 20)) $((1 << 20)) && continue
		echo "CPU $cpu does not"
		return 1
	done
}

works() {	# WHEN
	ktap_test "packets both ways$1" streams 1000000
	[ "$DRIVER" = intree ] || ktap_test "with fewer rings than it wanted$1" fewer_rings
	ktap_test "the disk works$1" disk_works
	ktap_test "from each CPU$1" each_cpu_reads
}

guest() {
	ktap_print_header
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up || ktap_finished
	ktap_test "with as many queues as there are grants for" some_queues
	ktap_test "disk is there" wait_for 20 have_disk xvda
	works ""
	ktap_test "saved and restored" dom0 save_restore
	ktap_test "link is up again" wait_for 30 carrier eth0
	works ", as before"
	ktap_finished
}
