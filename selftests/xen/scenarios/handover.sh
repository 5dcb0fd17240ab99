# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "ours gives its interfaces to the in-tree driver and takes them back; no keys are left"
#: vcpus = 2
#: dom0_vcpus = 2
#: nics = 2
#: disks = ["xvda 16M"]
#: driver = "ours"
#: timeout = 300

# By the keys of the first driver a backend would misunderstand the second. The in-tree block driver
# has no part in this: it takes up no disk that a driver has closed, itself included.

takes_over() {	# DRIVER
	# shellcheck disable=SC2034 # load_driver reads it
	DRIVER=$1
	load_driver net && net_names && net_up 0 && net_up 1
}

key_left() {	# vif|vbd NUMBER
	local key
	for key in state $(xenstore-list "device/$1/$2"); do
		case $key in
		*ring* | queue-* | event-channel* | multi-queue-* | request-* | feature-* | *-slots)
			echo "device/$1/$2/$key is left"
			return
			;;
		esac
	done
	return 1
}

none_left() {	# DEVICE...
	local device
	for device; do ! key_left "${device%/*}" "${device#*/}" || return; done
}

both_ways() {	# NUMBER
	local way
	ping -c 3 -i 0.2 -W 5 -q "10.7.$1.1" || return
	for way in up down; do
		netprobe $way "10.7.$1.1" raw 14 60 || return
	done
}

works() {	# DRIVER
	ktap_test "$1: first interface" both_ways 0
	ktap_test "$1: second interface" both_ways 1
	ktap_test "$1: stream" netprobe up "$DOM0_IP" stream 1000000
	ktap_test "$1: multicast" netprobe down "$DOM0_IP" group 239.7.7.7
}

interfaces() {
	ktap_test "page pools are counted" page_pools_count
	ktap_test "ours loads" takes_over ours
	works "ours"
	ktap_test "one page pool for each queue" page_pools_are $((NICS * 2))
	ktap_test "ours goes" unload_driver net
	ktap_test "no page pool is left" wait_for 10 page_pools_are 0
	ktap_test "no key is left" none_left vif/0 vif/1
	ktap_test "in-tree takes over" takes_over intree
	works "in-tree"
	ktap_test "in-tree goes" unload_driver net
	# The control: in-tree never lets its go, which Documentation/faults.rst has.
	ktap_test "and leaves its page pools" page_pools_are $((NICS * 2))
	ktap_test "ours takes over" takes_over ours
	works "ours again"
}

disk() {
	local order
	for order in 3 0 1; do
		ktap_test "disk, ring of order $order" load_driver blk max_ring_page_order=$order
		ktap_test "is there" wait_for 20 have_disk xvda
		ktap_test "is right" eval "blkpat fill /dev/xvda $order && blkpat mix /dev/xvda $order 100 16"
		ktap_test "goes" unload_driver blk
		ktap_test "no key is left" none_left vbd/51712
	done
}

guest() {
	begin_suites
	interfaces
	disk
	ktap_finished
}
