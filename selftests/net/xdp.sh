#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# XDP programs (tools/xdp.bpf.c): each verdict, packets moved and cut and marked, frames of any
# size, checksums made whole, and what becomes of a program that takes one piece only.
# With XENFRONT_DOM0 the peer pings us, too.
. "$(dirname "$0")/lib.sh"

PROGRAMS=$(command -v xdp.bpf.o)
TAGGED=$IFACE.7
ROUNDS=$(whole_or_quick 10 3)
STREAM=$(whole_or_quick 4000000 1000000)

attach() { ip link set "$IFACE" xdp obj "$PROGRAMS" program "$1" && until_true 30 carrier_is 1; }
detach() { ip link set "$IFACE" xdp off && until_true 30 carrier_is 1; }
pings() { ping -c 5 -i 0.2 -W 5 "$PEER"; }
no_pings() { ! ping -c 3 -i 0.2 -W 1 "$PEER"; }
peer_pings() { "$XENFRONT_DOM0" ping_guest "$@"; }
peer_pings_somehow() { peer_pings "$@" || true; }

own_answers() {	# on|off: whether the kernel answers pings itself
	[ "$1" = on ]
	echo $? >/proc/sys/net/ipv4/icmp_echo_ignore_all
}

refused_over_a_frame() {
	set_mtu 4000 && goes_red "fragments" attach take
	local code=$?
	set_mtu 1500 && return "$code"
}

mtu_bounded() { attach take && goes_red "" ip link set "$IFACE" mtu 4000 && detach; }

jumbo_with_fragments() {
	set_mtu 9000 && attach take_frags || return
	counts rx_xdp_pass 50 streams "$STREAM" && probe up "$PEER" size 8000 8900 123 &&
		probe down "$PEER" size 1 8900 431 && counts rx_xdp_pass 40 probe down "$PEER" random 40 8900
	local code=$?
	detach && set_mtu 1500 && return "$code"
}

# The kernel's own answers are off, so it is the program that answers.
answered_by_program() {	# PROGRAM KIND
	local code
	attach "$1" || return
	own_answers off
	counts "rx_xdp_$2" 5 peer_pings 56 && counts "rx_xdp_$2" 5 peer_pings 1400
	code=$?
	[ "$code" != 0 ] || [ "$2" = redirect ] || counts "rx_xdp_$2" 5 peer_pings 200 || code=1
	detach
	goes_red "" peer_pings 56 || code=1
	own_answers on
	return "$code"
}

# 64 bytes and 8 of ICMP header are cut by 32, which makes a frame of 74. The peer's ping does not
# care for short answers, but its kernel counts those that are sound.
cut_short() {
	local before after mean
	attach shorten || return
	own_answers off
	before=$("$XENFRONT_DOM0" echo_replies)
	mean=$(mean_packet tx peer_pings_somehow 64)
	after=$("$XENFRONT_DOM0" echo_replies)
	own_answers on
	detach
	echo "$((after - before)) answers of $mean bytes"
	[ $((after - before)) -ge 5 ] && [ "$mean" -lt 90 ]
}

tagged_packets() { cat "/sys/class/net/$TAGGED/statistics/rx_packets"; }

tag_put_in_front() {
	local before after
	ip link add link "$IFACE" name "$TAGGED" type vlan id 7 && ip link set "$TAGGED" up || return
	before=$(tagged_packets)
	attach tag || return
	peer_pings 56
	after=$(tagged_packets)
	detach
	ip link del "$TAGGED"
	echo "$((after - before)) packets with a tag"
	[ $((after - before)) -ge 5 ]
}

filter() {
	tc filter add dev "$IFACE" ingress bpf direct-action object-file "$PROGRAMS" section tc
}

marks_are_seen() {
	local code=0
	filter || return
	pings || code=1
	attach mark || code=1
	no_pings || { echo "marked packets were not noticed"; code=1; }
	detach
	pings || code=1
	tc qdisc del dev "$IFACE" clsact
	return "$code"
}

checksums_made_whole() {
	local peer code=0
	attach sound || return
	for peer in $(peers); do
		counts rx_xdp_pass 50 probe down "$peer" size 1 100 2 &&
			counts rx_xdp_pass 100 probe down "$peer" stream 400000 || code=1
	done
	detach
	return "$code"
}

# In the last of several pieces, which none of these sizes fills.
stretched_at_the_end() {
	set_mtu 9000 && attach stretch || return
	counts rx_xdp_pass 40 probe down "$PEER" size 5100 7300 43
	local code=$?
	detach && set_mtu 1500 && return "$code"
}

dropped() {
	attach drop && counts rx_xdp_drop 3 no_pings && streams "$STREAM" && detach && pings
}

twice_without_loss_of_memory() {
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		attach take_frags && detach || return
	done
	streams "$STREAM"
}

exchanged() { attach take_frags && ip -force link set "$IFACE" xdp obj "$PROGRAMS" program drop && no_pings && detach && pings; }

down_and_up() {
	attach drop && ip link set "$IFACE" down && ip link set "$IFACE" up && until_true 20 carrier_is 1 &&
		counts rx_xdp_drop 3 no_pings && detach && pings
}

net_begin
[ -n "$PROGRAMS" ] || ktap_skip_all "no xdp.bpf.o"
set_mtu 1500
ktap_test "all packets taken, none over one piece" eval "attach take && counts rx_xdp_pass 100 streams $STREAM"
ktap_test "the backend segments what it sends" receives_segments
ktap_test "detached" detach
ktap_test "the backend sends large packets again" receives_large
ktap_test "a program that takes fragments" eval "attach take_frags && counts rx_xdp_pass 100 streams $STREAM"
ktap_test "the backend segments what it sends to that, too" receives_segments
ktap_test "detached again" detach
ktap_test "the backend sends large packets once more" receives_large
ktap_test "one piece only is refused over one frame" refused_over_a_frame
ktap_test "one piece only bounds the MTU" mtu_bounded
ktap_test "fragments at an MTU of 9000" jumbo_with_fragments
# With large pages that is refused: older kernels would let it grow over other frames.
grep -q "^KernelPageSize: *4 kB" /proc/self/smaps &&
	ktap_test "stretched in the last fragment" stretched_at_the_end
ktap_test "dropped" dropped
if tc qdisc add dev "$IFACE" clsact; then
	ktap_test "marked for tc" marks_are_seen
else
	ktap_test_skip "marked for tc" "Linux $(uname -r) has no filters to see marks"
fi
ktap_test "checksums are whole" checksums_made_whole
ktap_test "one program for another" exchanged
ktap_test "over down and up" down_and_up
ktap_test "$ROUNDS times attached and detached" twice_without_loss_of_memory
if [ -n "${XENFRONT_DOM0:-}" ]; then
	ktap_test "sent back" answered_by_program reflect tx
	ktap_test "redirected" answered_by_program bounce redirect
	ktap_test "cut at the end" cut_short
	ktap_test "grown in front" tag_put_in_front
else
	ktap_test_skip "sent back, redirected, cut, grown" "needs dom0's help (XENFRONT_DOM0)"
fi
ktap_test "traffic without a program" streams "$STREAM"
ktap_finished
