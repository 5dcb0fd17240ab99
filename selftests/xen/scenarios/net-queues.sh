# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "four queues, their number changed at run time under traffic; a change that fails"
#: kernel = ["6.12"]
#: vcpus = 4
#: dom0_vcpus = 2
#: driver = "ours"
#: timeout = 1200
#: slow = true

# By default netback offers as many as dom0 has CPUs.
dom0_before() { netback_offers 4; }
dom0_after() { netback_offers 2; }

gave_up() { dmesg | grep -q "no connection with 3 queues, back to 1"; }

ring_is_256() { ethtool -g eth0 | awk '$1 ~ /^(RX|TX):$/ && $2 == 256 { n++ } END { exit n != 4 }'; }

link_says() {	# SPEED DUPLEX
	ethtool eth0 | tee /dev/stderr | grep -q "Speed: $1" && ethtool eth0 | grep -q "Duplex: $2"
}

guest() {
	begin_net
	ktap_test "four queues at first" combined_is 4
	ktap_test "rings have 256 places" ring_is_256
	ktap_test "speed is not known" link_says Unknown! Unknown!
	ktap_test "speed is set" ethtool -s eth0 speed 10000 duplex full
	ktap_suite net/queues
	ktap_test "speed is still set" link_says 10000Mb/s Full
	ktap_test "one queue" change_to 1
	ktap_test "the backend goes" dom0 netback_goes
	ktap_test "three queues asked for" ethtool -L eth0 combined 3
	ktap_test "another change meanwhile is refused" goes_red "resource busy" ethtool -L eth0 combined 2
	ktap_test "one queue is to be had again" wait_for 130 gave_up
	ktap_test "the backend returns" dom0 netback_returns
	ktap_test "one queue is had again" wait_for 100 combined_is 1
	ktap_test "ping" ping -c 2 -W 5 "$DOM0_IP"
	ktap_test "four queues" change_to 4
	ktap_test "ping" ping -c 2 -W 5 "$DOM0_IP"
	ktap_finished
}
