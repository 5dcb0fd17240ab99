# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "trusted=0: everything copied, no page granted; packets and requests of every size"
#: quick_arch = "arm64"
#: shorter = true
#: disks = ["xvda 8M"]
#: timeout = 900

# Small ones, large ones in many slots, and pieces of pages.
packets_go() {	# up|down
	netprobe "$1" "$DOM0_IP" size 0 1472 97 && netprobe "$1" "$DOM0_IP" stream 1000000 &&
		netprobe "$1" "$DOM0_IP" stream 200000 scattered
}

last_connection_says() {
	dmesg | grep "eth0: connected:" | tail -n 1 | grep "$1"
}

# Short packets would be copied anyhow.
nothing_granted() {
	ktap_test "which the log says" last_connection_says "backend not trusted, all packets copied"
	ktap_test "length is not why" ethtool --set-tunable eth0 tx-copybreak 0 rx-copybreak 0
	ktap_test "no page is granted for packets sent" grants_within 0 0 packets_go up
	ktap_test "nor for received ones" grants_within 0 0 packets_go down
}

# That pages which are granted would have been seen.
pages_granted() {
	ktap_test "length is not why" ethtool --set-tunable eth0 tx-copybreak 0 rx-copybreak 0
	ktap_test "pages are granted for packets sent" grants_within 100 100000 packets_go up
	ktap_test "and for received ones" grants_within 100 100000 packets_go down
}

# Each of the two ways to say it alone, then neither.
trust_in_both_places() {
	ktap_test "grants are counted" grants_trace
	nothing_granted
	ktap_test "the toolstack trusts it no more" dom0 trust vif/0 0
	ktap_test "driver that does loads" load_net_again
	nothing_granted
	ktap_test "the toolstack trusts it" dom0 trust vif/0 1
	ktap_test "driver loads again" load_net_again
	pages_granted
}

guest() {
	begin_suites
	export XENFRONT_DISK=xvda XENFRONT_ROUNDS XENFRONT_PEER=$DOM0_IP XENFRONT_PEER6=$DOM0_IP6
	ktap_test "network driver loads" load_driver net trusted=0
	ktap_test "disk driver loads" load_driver blk trusted=0
	ktap_test "link is up" net_up
	ktap_test "disk is there" wait_for 20 have_disk xvda
	XENFRONT_ROUNDS=$(whole_or_quick 60 30)
	ktap_suite net/basic net/shapes blk/content
	[ "$DRIVER" != ours ] || trust_in_both_places
	ktap_finished
}
