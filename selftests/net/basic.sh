#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Reachable, both ways, both families; what arrives is what was sent; the counters tell the truth.
#   XENFRONT_FULL=1    longer streams
#   XENFRONT_QUICK=1   shorter ones
. "$(dirname "$0")/lib.sh"

counters_follow() {
	local bytes=4194304 tx rx most
	most=$((bytes * 3 / 2))
	tx=$(stat_of tx_bytes) rx=$(stat_of rx_bytes)
	probe up "$PEER" stream "$bytes" || return
	probe down "$PEER" stream "$bytes" || return
	tx=$(($(stat_of tx_bytes) - tx)) rx=$(($(stat_of rx_bytes) - rx))
	if ((tx < bytes || tx > most || rx < bytes || rx > most)); then
		echo "$bytes bytes each way, counted $tx sent and $rx received"
		return 1
	fi
}

no_errors_counted() {
	[ "$(errors_counted)" = "$ERRORS" ] || { ip -s link show "$IFACE"; return 1; }
}

# As the in-tree driver has them: scripts set and read them.
ring_bounds() {
	local name dir=/sys/class/net/$IFACE
	for name in min max cur; do
		[ "$(cat "$dir/rxbuf_$name")" = 256 ] || return
	done
	echo 64 >"$dir/rxbuf_min" && [ "$(cat "$dir/rxbuf_min")" = 256 ] &&
		! echo many >"$dir/rxbuf_max" && ! echo 1 >"$dir/rxbuf_cur"
}

net_begin
ERRORS=$(errors_counted)
STREAM=$(whole_or_quick 4000001 1000001) TCP=$(whole_or_quick 6M 2M)
[ -z "${XENFRONT_FULL:-}" ] || STREAM=32000001 TCP=64M
ktap_test "ping" ping -c 2 -W 5 "$PEER"
test6 "ping over IPv6" ping -6 -c 2 -W 5 "$PEER6"
ktap_test "ping with no payload" ping -c 1 -W 5 -s 0 "$PEER"
ktap_test "ping in fragments" ping -c 1 -W 5 -s 20000 "$PEER"
for way in up down; do
	ktap_test "stream $way, compared" probe $way "$PEER" stream "$STREAM"
	ktap_test "scattered stream $way, compared" probe $way "$PEER" stream 700000 scattered
	test6 "stream $way over IPv6, compared" probe $way "$PEER6" stream $((STREAM / 2))
	ktap_test "datagrams of all small sizes $way" probe $way "$PEER" size 0 100 1
	ktap_test "datagrams up to the MTU $way" probe $way "$PEER" size 101 "$(payload_for "$PEER")" 53
	test6 "datagrams up to the MTU $way over IPv6" \
		probe $way "$PEER6" size 0 "$(payload_for "$PEER6")" 53
	ktap_test "smallest frames $way" probe $way "$PEER" raw 14 64
	ktap_test "broadcast $way" probe $way "$PEER" group "${PEER%.*}.255"
	ktap_test "multicast $way" probe $way "$PEER" group 239.7.7.7
	test6 "multicast $way over IPv6" probe $way "$PEER6" group ff02::7:7
done
ktap_test "iperf3, TCP up" limited 60 iperf3 -c "$PEER" -n "$TCP"
ktap_test "iperf3, TCP down" limited 60 iperf3 -c "$PEER" -n "$TCP" -R
ktap_test "iperf3, UDP up" limited 60 iperf3 -c "$PEER" -u -b 30M -l 1400 -n 2M
ktap_test "iperf3, UDP down" limited 60 iperf3 -c "$PEER" -u -b 30M -l 1400 -n 2M -R
ktap_test "bounds of the receive ring are accepted and ignored" ring_bounds
ktap_test "counters follow the traffic" counters_follow
ktap_test "no errors and drops counted" no_errors_counted
ktap_test "a spoiled datagram is noticed" \
	goes_red "byte 0 of" env NETPROBE_BREAK=flip netprobe up "$PEER" size 900 900 1
ktap_test "a spoiled stream is noticed" \
	goes_red "stream" env NETPROBE_BREAK=flip netprobe down "$PEER" stream 100000
ktap_test "a lost datagram is noticed" \
	goes_red "lost" env NETPROBE_BREAK=drop netprobe down "$PEER" size 900 900 1
ktap_finished
