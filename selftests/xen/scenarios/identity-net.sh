# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "another interface in the place of one: it has its own address, and packets pass"
#: quick_arch = "arm64"
#: timeout = 300
#: intree_fails = "it comes"

# In dom0.
first_closes() {
	xenstore-write "/local/domain/0/backend/vif/$DOMID/0/state" 5 && sleep 2 &&
		xenstore-write "/local/domain/0/backend/vif/$DOMID/0/state" 6
}

# interface_with MAC-LAST-BYTE: its name.
interface_with() {
	local path
	for path in /sys/class/net/eth*; do
		[ "$(cat "$path/address" 2>/dev/null)" != "00:16:3e:00:00:$1" ] || echo "${path##*/}"
	done
}

comes() { [ -n "$(interface_with "$1")" ]; }

# Whatever it is called: one that is configured by its address is found by it.
up_with() {
	local name
	name=$(interface_with "$1")
	echo "$name"
	/bin/ip address flush dev "$name"
	/bin/ip address add "10.7.0.2/24" dev "$name" && /bin/ip link set "$name" up &&
		wait_for 20 carrier "$name"
}

reached() { dom0 neighbour_is 0 "$1" && ping -c 3 -W 5 "$DOM0_IP"; }

exchanged() {	# NAME MAC-LAST-BYTE
	ktap_test "$1: another one" dom0 vif_exchange 0 "$2"
	ktap_test "$1: it comes" wait_for 60 comes "$2" || ktap_finished
	ktap_test "$1: link is up" up_with "$2"
	ktap_test "$1: packets pass" reached "$2"
	ktap_test "$1: and streams" streams 1000000
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_test "traffic" streams 1000000
	exchanged "connected" 33
	ktap_test "netback goes" dom0 netback_goes
	exchanged "in an outage" 44
	ktap_test "its backend closes" dom0 first_closes
	exchanged "closed" 55
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
