# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "four vCPUs, backends that offer four queues: packets and requests compared"
#: vcpus = 4
#: dom0_vcpus = 4
#: disks = ["xvda 32M"]
#: timeout = 600
#: slow = true

all_channels_of() {	# vif|vbd: how many queues the frontend asked for
	xenstore-read "device/$1/$(xenstore-list "device/$1" | head -n 1)/multi-queue-num-queues" || echo 1
}

guest() {
	. /selftests/suite.sh
	export XENFRONT_DISK=xvda XENFRONT_DOM0=dom0 XENFRONT_PEER=$DOM0_IP XENFRONT_PEER6=$DOM0_IP6
	export -f dom0 dom0_answered wait_for
	ktap_print_header
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_print_msg "queues: $(all_channels_of vif) of the network, $(all_channels_of vbd) of the disk"
	ktap_suite net/basic net/cycle blk/content blk/cycle
	ktap_finished
}
