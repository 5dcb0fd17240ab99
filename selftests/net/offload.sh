#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The features are what the backend left of them, and traffic flows in that shape.
. "$(dirname "$0")/lib.sh"

STREAM=$(whole_or_quick 4000000 1000000)

is_set() {	# ETHTOOL-NAME FEATURE
	local now
	now=$(feature "$1")
	[ "$now" = "$(wanted "$2")" ] || { echo "$1 is ${now:-not known}"; return 1; }
}

packets_sent() {	# PEER FEATURE BYTES
	local mean
	mean=$(mean_packet tx probe up "$1" stream "$3") || return
	if [ "$(wanted "$2")" = on ]; then
		[ "$mean" -gt 1514 ] && return
	else
		[ "$mean" -le 1514 ] && return
	fi
	echo "segmentation should be $(wanted "$2"), the mean packet has $mean bytes"
	return 1
}

packets_received() {	# PEER BYTES: the peer segments only for those who cannot take more
	local mean
	mean=$(mean_packet rx probe down "$1" stream "$2") || return
	[ "$mean" -gt 1514 ] || { echo "the mean packet has $mean bytes"; return 1; }
}

checksum_sent() {	# PEER FEATURE
	local state
	state=$(probe up "$1" csum) || { echo "$state"; return 1; }
	if [ "$(wanted "$2")" = on ]; then
		[ "$state" = partial ] && return
	else
		[ "$state" = good ] && return
	fi
	echo "checksum offload should be $(wanted "$2"), the checksum arrives $state"
	return 1
}

mtu_obeys_sg() {
	local was code
	was=$(mtu_of)
	if [ "$(wanted sg)" = off ]; then
		goes_red "" ip link set "$IFACE" mtu 1501
		return
	fi
	ip link set "$IFACE" mtu 9000
	code=$?
	ip link set "$IFACE" mtu "$was"
	return "$code"
}

net_begin
ktap_print_msg "expected: ${XENFRONT_EXPECT:-everything on}"
ktap_test "scatter-gather" is_set tx-scatter-gather sg
ktap_test "segmentation of TCP over IPv4" is_set tx-tcp-segmentation tso4
ktap_test "segmentation of TCP over IPv6" is_set tx-tcp6-segmentation tso6
ktap_test "checksum of IPv4" is_set tx-checksum-ipv4 csum4
ktap_test "checksum of IPv6" is_set tx-checksum-ipv6 csum6
ktap_test "MTU over 1500 only with scatter-gather" mtu_obeys_sg
ktap_test "packets sent over IPv4" packets_sent "$PEER" tso4 "$STREAM"
ktap_test "UDP checksum sent over IPv4" checksum_sent "$PEER" csum4
ktap_test "stream received over IPv4" probe down "$PEER" stream "$STREAM"
ktap_test "scattered stream" probe up "$PEER" stream 300000 scattered
ktap_test "packets of 12 pieces" probe up "$PEER" slots 12 "$(payload_for "$PEER")"
test6 "packets sent over IPv6" packets_sent "$PEER6" tso6 "$STREAM"
test6 "UDP checksum sent over IPv6" checksum_sent "$PEER6" csum6
test6 "stream received over IPv6" probe down "$PEER6" stream "$STREAM"
if [ "$(wanted sg)" = on ]; then
	ktap_test "large packets are received" packets_received "$PEER" "$STREAM"
fi
ktap_finished
