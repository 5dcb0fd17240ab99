# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "an interface leaves while its backend is busy: no disk holds packets, no packet holds a disk"
#: quick_arch = "arm64"
#: nics = 2
#: disks = ["xvda 16M"]
#: timeout = 600

# What the backend goes on to do with a ring that it has not let go of concerns what the guest meant
# for that ring, and nothing else.

dom0_after() { badback_all_ended; }

interface_vanishes() {
	xenstore-rm "/local/domain/$DOMID/device/vif/$1" && xenstore-rm "$(badback_path "$1")"
}

network() {
	ktap_test "a backend that can be busy" dom0 badback_take 1 slots
	ktap_test "drivers load" load_drivers
	ktap_test "interfaces have their numbers" net_names
	ktap_test "links are up" eval "net_up 0 && net_up 1"
	ktap_test "traffic" streams 1000000 10.7.1.1
}

# The in-tree driver waits as long as it takes.
leaves() {
	if [ "$DRIVER" = intree ]; then
		job_begin leaves unbind net vif-1
		sleep 15
	else
		in_time 60 unbind net vif-1
	fi
}

# What is kept for the backend is seen: a ring of 256 frames for packets to come, and more.
parked() { cat "/sys/module/xen_frontlib/parameters/parked_$1"; }
parked_are() {	# NUMBER LEAST-KB
	echo "$(parked connections) parked, $(parked kb) KB"
	[ "$(parked connections)" = "$1" ] && [ "$(parked kb)" -ge "$2" ]
}

interface_leaves() {
	ktap_test "the backend looks at xenstore no more" dom0 badback_deaf 1
	ktap_test "and stands still" dom0 badback_stands 1
	ktap_test "packets wait for it" packets_wait eth1 100
	ktap_test "the interface leaves its driver" leaves
	[ "$DRIVER" = intree ] || ktap_test "what it left is counted" parked_are 1 1024
}

disks_written() {
	ktap_test "another disk comes" eval "dom0 block_attach xvdb 16M && wait_for 20 have_disk xvdb"
	ktap_test "slow disks" eval "dom0 disk_slow xvda 2 && dom0 disk_slow xvdb 2"
	ktap_test "writes are under way" eval "writes_begin xvda && writes_begin xvdb"
	ktap_test "the backend goes on" dom0 badback_goes_on 1
	ktap_test "packets come for the interface" dom0 packets_to 1 300
	ktap_test "the disks go on" dom0 disks_fast
	ktap_test "the writes end" eval "writes_end xvda && writes_end xvdb"
	ktap_test "the disk holds what was written" dom0 file_holds xvda 31
	ktap_test "and so does the other" dom0 file_holds xvdb 31
	ktap_test "no packet held anything but packets" counted_is tx_strange 0
}

# So many references that those of the interface's rings, given back first, would be among them.
takes_many() {	# DISK
	ktap_test "$1 is slow" dom0 disk_slow "$1" 2
	ktap_test "$1 has much under way" writes_begin "$1"
}

gives_back() {	# DISK
	ktap_test "$1 is fast" dom0 disks_fast
	ktap_test "$1 has been written" writes_end "$1"
	ktap_test "$1 holds what was written" dom0 file_holds "$1" 31
}

# The backend has read the keys of a connection, and is about to map what they name. Its InitWait of
# before that says nothing of whether it will.
late_to_map() {
	ktap_test "the interface leaves its driver again" in_time 60 unbind net vif-1
	ktap_test "the backend will be slow to map" dom0 badback_dawdles 1
	ktap_test "the interface comes back" bind net vif-1
	ktap_test "its keys are read" dom0 badback_dawdling 1
	ktap_test "and it leaves" in_time 60 unbind net vif-1
	ktap_test "one more disk comes" eval "dom0 block_attach xvdc 16M && wait_for 20 have_disk xvdc"
	takes_many xvdc
	ktap_test "the backend goes on" dom0 badback_goes_on 1
	ktap_test "it finds nothing to map" dom0 badback_mapped_nothing 1
	gives_back xvdc
	ktap_test "the interface comes back, and works" eval "bind net vif-1 && net_up 1 && streams 1000000 10.7.1.1"
}

# Both directories go meanwhile, as for "xl network-detach" of a device that hangs. That says what the
# toolstack did, and not what the backend knows.
late_to_map_of_the_gone() {
	ktap_test "the interface leaves once more" in_time 60 unbind net vif-1
	ktap_test "the backend will be slow again" dom0 badback_dawdles 1
	ktap_test "the interface is back" bind net vif-1
	ktap_test "the keys are read" dom0 badback_dawdling 1
	ktap_test "its directories vanish" dom0 interface_vanishes 1
	ktap_test "it is gone" wait_for 30 [ ! -e /sys/bus/xen/devices/vif-1 ]
	ktap_test "a last disk comes" eval "dom0 block_attach xvdd 16M && wait_for 20 have_disk xvdd"
	takes_many xvdd
	ktap_test "again the backend goes on" dom0 badback_goes_on 1
	ktap_test "and finds nothing to map" dom0 badback_mapped_nothing 1
	gives_back xvdd
}

guest() {
	export NUMBER=1
	ktap_print_header
	network
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "something to write" writes_make 16 31
	interface_leaves
	disks_written
	ktap_test "the backend hears" dom0 badback_hears 1
	ktap_test "the interface is free" wait_for 40 [ ! -e /sys/bus/xen/drivers/vif/vif-1 ]
	# shellcheck disable=SC2016 # asked anew each time
	[ "$DRIVER" = intree ] || ktap_test "nothing is left of it" wait_for 20 eval 'parked_are 0 0 && [ "$(parked kb)" = 0 ]'
	ktap_test "the interface comes back" eval "bind net vif-1 && net_up 1"
	ktap_test "traffic" streams 1000000 10.7.1.1
	[ "$DRIVER" = intree ] || late_to_map
	ktap_test "the backend saw nothing wrong" dom0 badback_clean 1
	[ "$DRIVER" = intree ] || late_to_map_of_the_gone
	ktap_finished
}
