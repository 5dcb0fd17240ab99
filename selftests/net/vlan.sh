#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tagged packets, checksums and segmentation included. The peer needs VLAN 77 on its interface
# with address 10.77.0.1; in the bench dom0 makes it.
. "$(dirname "$0")/lib.sh"

vlan_up() {
	ip link add link "$IFACE" name xfvlan type vlan id 77 &&
		ip address add 10.77.0.2/24 dev xfvlan &&
		ip link set xfvlan up
}

large_pieces() {
	[ "$(IFACE=xfvlan feature tx-scatter-gather)" = on ] && set_mtu 9000 &&
		"$XENFRONT_DOM0" vlan_mtu 77 9000 && ip link set xfvlan mtu 9000 || return
	probe up 10.77.0.1 stream 8000001 && probe down 10.77.0.1 stream 8000001 &&
		probe up 10.77.0.1 slots 12 8900 && probe up 10.77.0.1 size 1000 8972 333 &&
		probe down 10.77.0.1 size 1000 8972 333
}

net_begin
if [ -z "${XENFRONT_DOM0:-}" ]; then
	ktap_test_skip "VLAN" "needs dom0 to make the peer's end"
	ktap_finished
fi
DEVICE=$(driver_path)
DEVICE=${DEVICE##*-}
modprobe 8021q
ktap_test "dom0 makes its end" "$XENFRONT_DOM0" vlan_make 77 "$DEVICE"
ktap_test "VLAN on $IFACE" vlan_up
ktap_test "ping" ping -c 2 -W 5 10.77.0.1
ktap_test "stream up" probe up 10.77.0.1 stream 4000001
ktap_test "stream down" probe down 10.77.0.1 stream 4000001
ktap_test "datagrams up" probe up 10.77.0.1 size 0 1472 64
ktap_test "datagrams down" probe down 10.77.0.1 size 0 1472 64
ktap_test "packets of 12 pieces" probe up 10.77.0.1 slots 12 1400
[ "$(wanted sg)" = off ] || ktap_test "MTU of 9000, in pieces" large_pieces
ip link del xfvlan
set_mtu 1500
ktap_finished
