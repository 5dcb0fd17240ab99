# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "four vCPUs, backends that offer four queues: packets and requests compared"
#: vcpus = 4
#: dom0_vcpus = 2
#: disks = ["xvda 32M"]
#: timeout = 900
#: slow = true

# In dom0, whose backends offer as many queues as it has CPUs, and it has no more than the machine.
offer() {	# QUEUES
	echo "$1" | tee /sys/module/xen_{net,blk}back/parameters/max_queues
}
dom0_before() { offer 4; }
dom0_after() { offer 2; }

queues_are() {	# vif|vbd NUMBER: what the frontend asked for
	local asked
	asked=$(xenstore-read "device/$1/$(xenstore-list "device/$1" | head -n 1)/multi-queue-num-queues")
	echo "$asked queues"
	[ "$asked" = "$2" ]
}

# masks FILE: of the interrupts of the disk's rings, in the order of their CPUs
masks() {
	awk '$NF == "blkif" { sub(":", "", $1); print $1 }' /proc/interrupts | while read -r irq; do
		cat "/proc/irq/$irq/$1"
	done | sort | tr '\n' ' '
}

# Each ring's events go to the CPU that uses it, and to no other.
rings_have_cpus() {
	echo "CPUs asked for: $(masks affinity_hint); had: $(masks effective_affinity)"
	[ "$(masks affinity_hint)" = "1 2 4 8 " ] && [ "$(masks effective_affinity)" = "1 2 4 8 " ]
}

guest() {
	begin_suites
	export XENFRONT_DISK=xvda XENFRONT_PEER=$DOM0_IP XENFRONT_PEER6=$DOM0_IP6
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "four queues of the interface" queues_are vif 4
	ktap_test "four queues of the disk" queues_are vbd 4
	[ "$DRIVER" = intree ] || ktap_test "each ring of the disk has its CPU" rings_have_cpus
	ktap_suite net/basic net/cycle blk/content blk/cycle
	ktap_finished
}
