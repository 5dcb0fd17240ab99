# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "rings of 1 to 16 frames, one or two of them; fewer and smaller ones after a restore"
#: vcpus = 2
#: dom0_vcpus = 2
#: disks = ["xvda 32M"]
#: nics = 0
#: driver = ["ours"]
#: timeout = 600
#: slow = true

STATS=/sys/kernel/debug/xen-blkfront/xvda

rings_are() {	# NUMBER SLOTS
	local seen
	seen=$(cat $STATS/ring-* | awk '$1 == "slots" && $2 { n++; slots = $2 } END { print n, slots }')
	echo "rings and their slots: $seen"
	[ "$seen" = "$1 $2" ]
}

# Each CPU reads; each ring then has had requests.
all_used() {	# NUMBER
	local cpu ring
	for cpu in 0 1; do
		taskset "$((1 << cpu))" dd if=/dev/xvda of=/dev/null bs=4k count=50 iflag=direct 2>/dev/null
	done
	for ((ring = 0; ring < $1; ring++)); do
		grep -q "^requests [1-9]" $STATS/ring-$ring || { echo "ring $ring is idle"; return 1; }
	done
}

verified() { blkpat fill /dev/xvda 7 && blkpat mix /dev/xvda 7 400 "$1"; }

with_rings() {	# ORDER RINGS
	local name="$2 rings, order $1"
	ktap_test "$name" load_driver blk "max_ring_page_order=$1" "max_queues=$2"
	ktap_test "$name: disk" wait_for 20 have_disk xvda
	ktap_test "$name: as many and as large" rings_are "$2" $((32 << $1))
	ktap_test "$name: all are used" all_used "$2"
	ktap_test "$name: verified, 128 at once" verified 128
}

guest() {
	ktap_print_header
	with_rings 0 1
	ktap_test "unloaded" unload_driver blk
	with_rings 2 1
	ktap_test "unloaded" unload_driver blk
	with_rings 3 2
	ktap_test "unloaded" unload_driver blk
	with_rings 4 2
	ktap_test "restored to a backend with one small ring" dom0 save_restore \
		multi-queue-max-queues max-ring-page-order
	ktap_test "one small ring" wait_for 20 rings_are 1 32
	ktap_test "verified, 128 at once" verified 128
	ktap_test "restored to the backend it had" dom0 save_restore
	ktap_test "its rings are back" wait_for 20 rings_are 2 512
	ktap_test "all are used" all_used 2
	ktap_test "verified, 128 at once" verified 128
	ktap_finished
}
