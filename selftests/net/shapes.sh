#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets of every number of slots a packet may have, and of more than that; fragments that lie
# across frames; packets that are received in many slots; at several MTUs.
#   XENFRONT_QUICK=1   shorter streams
#   XENFRONT_FULL=1    at the longest MTU every number of slots, not only every fourth
. "$(dirname "$0")/lib.sh"

LIMIT=18		# XEN_NETIF_NR_SLOTS_MIN
FRAGS=$(cat /proc/sys/net/core/max_skb_frags)
FRAGS=$((FRAGS < 45 ? FRAGS : 45))
PIECES=$((FRAGS + 1))	# one fragment each, and the headers
MOST=$((2 * FRAGS + 1))	# fragments across two frames each, and the headers

shapes_up() {	# PEER [STEP]
	local max slots step=${2:-1}
	max=$(payload_for "$1")
	for ((slots = PIECES; slots >= 1; slots -= step)); do
		ktap_test "$MTU/$1 $slots slots" probe up "$1" slots "$slots" "$max"
	done
	for ((slots = LIMIT; slots >= 2; slots -= step)); do
		ktap_test "$MTU/$1 $slots slots, fragments across frames" \
			probe up "$1" straddle "$slots" "$max"
	done
	for slots in $((LIMIT + 1)) $((LIMIT + 2)) $((LIMIT + 5)) $((MOST - 1)) $MOST; do
		ktap_test "$MTU/$1 $slots slots, over the limit" probe up "$1" straddle "$slots" "$max"
	done
}

random_shapes() {	# PEER
	ktap_test "$MTU/$1 random shapes" probe up "$1" random "${XENFRONT_ROUNDS:-60}" \
		"$(payload_for "$1")" 1000
}

sizes_around_frames() {	# WAY PEER MAX: payloads that end near the end of every frame
	local frame from
	for ((frame = 4096; frame - 64 <= $3; frame += 4096)); do
		from=$((frame - 64))
		probe "$1" "$2" size "$from" $((frame + 8 < $3 ? frame + 8 : $3)) 9 || return
	done
	probe "$1" "$2" size "$3" "$3" 1
}

at_mtu() {	# MTU
	local peer way
	MTU=$1
	ktap_test "MTU $MTU" set_mtu "$MTU" || return
	for peer in $(peers); do
		for way in up down; do
			ktap_test "$MTU/$peer packets of 1 to $((MTU / 4096 + 1)) frames $way" \
				sizes_around_frames $way "$peer" "$(payload_for "$peer")"
		done
		random_shapes "$peer"
	done
	for way in up down; do
		ktap_test "$MTU/$PEER stream $way" probe $way "$PEER" stream "$STREAM"
	done
	ktap_test "$MTU/$PEER scattered stream" probe up "$PEER" stream 700000 scattered
}

# Slot 0 carries the whole packet's length in 16 bits; a driver may allow less, but not more.
longest_mtu() {
	local longest
	longest=$(ip -d link show "$IFACE" | sed -n 's/.*maxmtu \([0-9]*\).*/\1/p')
	echo $((longest < 65517 ? longest : 65517))
}

STEP=4 STREAM=$(whole_or_quick 8000001 2000001)
[ -z "${XENFRONT_FULL:-}" ] || STEP=1

net_begin
MTU=$(mtu_of) WAS=$(mtu_of) ERRORS=$(errors_counted)
for peer in $(peers); do
	shapes_up "$peer"
	random_shapes "$peer"
done
at_mtu 9000
at_mtu "$(longest_mtu)"
shapes_up "$PEER" "$STEP"
ktap_test "MTU back to $WAS" set_mtu "$WAS"
ktap_test "no errors and drops counted" [ "$(errors_counted)" = "$ERRORS" ]
ktap_test "a spoiled fragment is noticed" \
	goes_red "byte 0 of" env NETPROBE_BREAK=flip netprobe up "$PEER" straddle 12 1000
ktap_test "a lost packet of many slots is noticed" \
	goes_red "lost" env NETPROBE_BREAK=drop netprobe up "$PEER" slots 12 1000
ktap_finished
