#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# AF_XDP sockets (tools/netxsk.c): frames of every size through zero-copy and copying ones, what is
# refused, and what of it lives through changes. XENFRONT_XSK=copy: where zero-copy cannot be had.
. "$(dirname "$0")/lib.sh"

export NETXSK_MODE=zero-copy
HELD=

netxsk() { timeout 240 netxsk "$@"; }
settled() { sleep 0.5 && until_true 60 carrier_is 1; }
pings() { ping -c 3 -i 0.2 -W 5 "$PEER"; }

# says WORD COMMAND...: the first line it prints.
says() {
	local word=$1 said
	shift
	said=$("$@") || { echo "$said"; return 1; }
	echo "$said"
	[ "$(head -n 1 <<<"$said")" = "$word" ]
}

hold() {
	command netxsk hold "$IFACE" 100 >/tmp/held 2>&1 &
	HELD=$!
	until_true 60 grep -q -e copy -e : /tmp/held && settled && grep copy /tmp/held
}

held() { kill -0 "$HELD"; }

let_go() {
	kill "$HELD"
	wait "$HELD" 2>/dev/null
	settled
}

stack_goes_on() {
	hold && pings && streams 1000000 && held
	local code=$?
	let_go
	return "$code"
}

# The queue's own frames do where there are no chunks, so nobody behind them waits either.
starved() {
	NETXSK_FILL=0 stack_goes_on && [ "$(counter_of rx_xsk_no_frame)" -gt 0 ]
}

# in_place LEAST COMMAND...: at least so many percent of the frames came without being copied.
in_place() {
	local least=$1 said
	shift
	said=$("$@") && echo "$said" && [ "$(awk '/% in place/ { print $1 + 0 }' <<<"$said")" -ge "$least" ]
}

segmented_meanwhile() {
	hold && receives_segments
	local code=$?
	let_go
	return "$code"
}

jumbo() {
	local code
	set_mtu 3400 && netxsk down "$IFACE" "$PEER" 3000 3414 7 &&
		netxsk up "$IFACE" "$PEER" 3000 3414 7
	code=$?
	settled && set_mtu 3600 && goes_red "not supported" netxsk bind "$IFACE" || code=1
	set_mtu 1500 && return "$code"
}

down_and_up() {
	hold && ip link set "$IFACE" down && ip link set "$IFACE" up && settled && held && pings
	local code=$?
	let_go
	return "$code"
}

bound_again_and_again() {
	local round
	for ((round = 0; round < 4; round++)); do
		netxsk bind "$IFACE" || return
	done
	settled && streams 1000000
}

net_begin
set_mtu 1500
case $(NETXSK_MODE='' netxsk bind "$IFACE") in
*"not supported"*) ktap_skip_all "no AF_XDP in this kernel" ;;
esac
settled

if [ "${XENFRONT_XSK:-}" = copy ]; then
	ktap_test "zero-copy is refused" goes_red "not supported" netxsk bind "$IFACE"
	ktap_test "then copying is had" says copy env NETXSK_MODE= netxsk bind "$IFACE"
else
	ktap_test "zero-copy is had unless copying is asked for" says zero-copy env NETXSK_MODE= netxsk bind "$IFACE"
	ktap_test "received by one who wakes us if he must" \
		env NETXSK_WAKEUP=1 netxsk down "$IFACE" "$PEER" 60 1514 17
	ktap_test "sent by one who wakes us if he must" \
		env NETXSK_WAKEUP=1 netxsk up "$IFACE" "$PEER" 60 1514 17
	ktap_test "received with few chunks" env NETXSK_FILL=20 netxsk down "$IFACE" "$PEER" 60 800 11
	ktap_test "received with few chunks by one who wakes us" \
		env NETXSK_FILL=20 NETXSK_WAKEUP=1 netxsk down "$IFACE" "$PEER" 60 800 11
	ktap_test "a spoiled frame is noticed when sent" \
		goes_red "byte 0 of" env NETXSK_BREAK=flip netxsk up "$IFACE" "$PEER" 100 100
	ktap_test "a spoiled frame is noticed when received" \
		goes_red "byte 0 of" env NETXSK_BREAK=flip netxsk down "$IFACE" "$PEER" 100 100
	settled
	ktap_test "two chunks in a frame are refused" \
		goes_red "not supported" env NETXSK_CHUNK=2048 netxsk bind "$IFACE"
	ktap_test "headroom is refused" \
		goes_red "not supported" env NETXSK_HEADROOM=256 netxsk bind "$IFACE"
	ktap_test "then copying is had" \
		says copy env NETXSK_MODE= NETXSK_CHUNK=2048 netxsk down "$IFACE" "$PEER" 60 1514 97
	ktap_test "the stack has its packets" stack_goes_on
	ktap_test "the stack has them with no chunk to receive into" starved
	ktap_test "the backend segments meanwhile" segmented_meanwhile
	ktap_test "and no longer than that" receives_large
	ktap_test "frames of 3 KB, but none over a frame" jumbo
	ktap_test "over down and up" down_and_up
	ktap_test "bound again and again" bound_again_and_again
	ktap_test "frames of all sizes received, most in place" \
		in_place 80 netxsk down "$IFACE" "$PEER" 60 1514 5
	ktap_test "and counted" counts rx_xdp_redirect 50 netxsk down "$IFACE" "$PEER" 60 110
	ktap_test "frames of all sizes sent" netxsk up "$IFACE" "$PEER" 14 1514 5
	ktap_test "and counted" counts tx_xsk_packets 50 netxsk up "$IFACE" "$PEER" 60 110
fi
export NETXSK_MODE=copy
ktap_test "copied: frames received" netxsk down "$IFACE" "$PEER" 60 1514 13
settled
ktap_test "copied: frames sent" netxsk up "$IFACE" "$PEER" 60 1514 13
settled
ktap_test "traffic without a socket" streams 1000000
ktap_finished
