#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Down and up, out of the driver and back, away and here again, also while traffic flows.
. "$(dirname "$0")/lib.sh"

ROUNDS=${XENFRONT_ROUNDS:-$(whole_or_quick 5 2)} DETACHED=$(whole_or_quick 3 1)
DRIVER_DIR=/sys/bus/xen/drivers/vif
DEVICE=$(basename "$(driver_path)")

addresses_back() {
	local address
	for address in $ADDRESSES; do
		ip address add "$address" dev "$IFACE" nodad 2>/dev/null
	done
	ip link set "$IFACE" up && until_true 20 carrier_is 1
}

works() { ping -c 1 -W 5 "$PEER" && probe up "$PEER" stream 1000000 && probe down "$PEER" stream 1000000; }

background_traffic() {
	local way
	for way in "" -R; do
		timeout 60 iperf3 -c "$PEER" -t 60 ${way:+"$way"} >/dev/null 2>&1 &
		sleep 1
	done
}

traffic_stop() {
	local job
	for job in $(jobs -p); do
		kill "$job" 2>/dev/null
	done
	wait
}

down_and_up() {
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		ip link set "$IFACE" down || return
		addresses_back || return
	done
	works
}

down_and_up_in_traffic() {
	local code
	background_traffic
	down_and_up
	code=$?
	traffic_stop
	return "$code"
}

unbind_and_bind() {
	echo "$DEVICE" >"$DRIVER_DIR/unbind" || return
	if [ -e "/sys/class/net/$IFACE" ]; then
		echo "$IFACE is still there"
		return 1
	fi
	echo "$DEVICE" >"$DRIVER_DIR/bind" || return
	until_true 20 test -e "/sys/class/net/$IFACE" && addresses_back
}

rebound() {
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		unbind_and_bind || return
	done
	works
}

rebound_in_traffic() {
	local code
	background_traffic
	unbind_and_bind
	code=$?
	traffic_stop
	[ "$code" = 0 ] && works
}

interface_gone() { ! [ -e "/sys/class/net/$IFACE" ]; }

detached_and_attached() {
	local round
	for ((round = 0; round < DETACHED; round++)); do
		"$XENFRONT_DOM0" network_detach "${DEVICE#vif-}" && until_true 20 interface_gone || return
		"$XENFRONT_DOM0" network_attach || return
		until_true 20 test -e "/sys/class/net/$IFACE" && addresses_back || return
	done
	works
}

detached_in_traffic() {
	background_traffic
	"$XENFRONT_DOM0" network_detach "${DEVICE#vif-}"
	until_true 20 interface_gone || return
	traffic_stop
	"$XENFRONT_DOM0" network_attach || return
	until_true 20 test -e "/sys/class/net/$IFACE" && addresses_back && works
}

net_begin
ADDRESSES=$(ip -brief address show dev "$IFACE" | awk '{ for (i = 3; i <= NF; i++) print $i }' |
	grep -v ^fe80)
ktap_test "down and up $ROUNDS times" down_and_up
ktap_test "down and up $ROUNDS times under traffic" down_and_up_in_traffic
ktap_test "out of the driver and back $ROUNDS times" rebound
ktap_test "out of the driver and back under traffic" rebound_in_traffic
if [ -n "${XENFRONT_DOM0:-}" ]; then
	ktap_test "detached and attached $DETACHED times" detached_and_attached
	ktap_test "detached under traffic" detached_in_traffic
else
	ktap_test_skip "detached and attached" "needs dom0's help (XENFRONT_DOM0)"
fi
ktap_finished
