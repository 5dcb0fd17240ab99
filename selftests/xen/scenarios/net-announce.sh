# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a peer that knows nothing is told the guest's addresses after a restore and a new backend"
#: kernel = ["6.12"]
#: intree_fails = "restored: the IPv4 address"
#: timeout = 300

MAC=02:00:00:ab:cd:ef

# dom0 as a host that believes what it is told unasked (RFC 5227, RFC 9131). Each restore and each
# new backend brings it an interface that knows no neighbour. Nothing here is asked for: it would
# learn from the question.
dom0_before() { credulous 1; }
dom0_after() { credulous 0; }

credulous() {	# 0|1
	local way=/proc/sys/net/ipv6/conf/default
	echo "$1" >/proc/sys/net/ipv4/conf/default/arp_accept &&
		echo "$1" >$way/forwarding && echo "$1" >$way/accept_untracked_na
}

told() {	# in dom0: ADDRESS MAC
	ip neigh show to "$1" dev "vif$DOMID.0" | grep -q " lladdr $2 " && return
	ip neigh show dev "vif$DOMID.0"
	return 1
}

heard() {
	ktap_test "$1: the IPv4 address" wait_for 20 dom0 told "$GUEST_IP" $MAC
	ktap_test "$1: the IPv6 address" wait_for 20 dom0 told "$GUEST_IP6" $MAC
	ktap_test "$1: and is answered" ping -c 2 -i 0.2 -W 5 "$DOM0_IP"
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_test "the administrator's MAC address" ip link set eth0 address $MAC
	ktap_test "saved and restored" dom0 save_restore
	heard "restored"
	ktap_test "backend restarted" dom0 netback_restarts
	heard "new backend"
	ktap_finished
}
