# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend that takes no packets for a while: silence, and then they flow; few under way"
#: quick_arch = "arm64"
#: timeout = 300

# In dom0: netback stops consuming when its interface goes down.
vif_down() { ip link set "vif$DOMID.0" down; }
vif_up() { ip link set "vif$DOMID.0" up; }

# As many times as the carrier came, a connection did.
carriers() { cat /sys/class/net/eth0/carrier_up_count; }
sent_over() { [ "$(statistic tx_packets)" -gt "$1" ]; }
flows() { wait_for 20 sent_over $(($(statistic tx_packets) + 1000)); }
answers() { wait_for 20 ping -c 1 -W 2 "$DOM0_IP"; }
silent() { ! dmesg | grep -e "NETDEV WATCHDOG" -e "timed out" -e reconnect; }

flood() {
	timeout 100 iperf3 -c "$DOM0_IP" -u -b 0 -l 1000 -t 100 -P 4 >/dev/null 2>&1 &
	FLOOD=$!
	flows
}

# The core's watchdog waits 5 s.
rests() { sleep 12; }

stream_over_a_rest() {
	local job
	timeout 100 netprobe up "$DOM0_IP" stream 60000000 >/tmp/stream 2>&1 &
	job=$!
	wait_for 20 sent_over $(($(statistic tx_packets) + 100)) && dom0 vif_down && sleep 6 &&
		dom0 vif_up && wait $job && return
	cat /tmp/stream
	return 1
}

named() {	# INTERRUPT...
	local name
	for name; do
		awk -v name="$name" '$NF == name { n++ } END { exit n != 1 }' /proc/interrupts ||
			{ echo "no interrupt called $name"; return 1; }
	done
}

sent_events() {
	awk '$NF == "vif0-q0-tx" { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) n += $i }
		END { print n + 0 }' /proc/interrupts
}

# Who may have one datagram or two under way can go on only when one is answered. One that had to wait
# for a timer would have no events. (The ring has one frame: each packet of it takes two places of the
# driver's, and four are so many that any driver has events, whoever waits.)
has_events() {	# tight|plain|lent HOST PORT, or ring INTERFACE
	local before
	before=$(sent_events)
	dgram "$@" 1000 || return
	echo "$(($(sent_events) - before)) events"
	[ $(($(sent_events) - before)) -ge 300 ]
}

# The same, by the queue's limit.
limited_has_events() {
	local limit=/sys/class/net/eth0/queues/tx-0/byte_queue_limits/limit_max code before
	before=$(cat $limit)
	echo 1500 >$limit
	has_events plain "$DOM0_IP" 9
	code=$?
	echo "$before" >$limit
	return $code
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_test "interrupts have their usual names" named vif0-q0-tx vif0-q0-rx
	ktap_test "a sender with little under way has its events" has_events tight "$DOM0_IP" 9
	ktap_test "a ring of one frame has its events" has_events ring eth0
	ktap_test "a sender that lends its memory has its events" has_events lent "$DOM0_IP" 9
	# The in-tree driver has no byte limit.
	[ "$DRIVER" = intree ] ||
		ktap_test "a queue that takes little at a time has its events" limited_has_events
	flood
	ktap_test "a flood of datagrams" [ $? = 0 ]
	CARRIERS=$(carriers)
	ktap_test "the backend rests" dom0 vif_down
	ktap_test "for longer than the core waits" rests
	ktap_test "the backend goes on" dom0 vif_up
	ktap_test "the flood goes on" flows
	kill "$FLOOD"
	wait "$FLOOD"
	ktap_test "reachable" answers
	ktap_test "over the same connection" [ "$(carriers)" = "$CARRIERS" ]
	ktap_test "a stream is whole that met a rest" stream_over_a_rest
	ktap_test "nothing was said" silent
	ktap_finished
}
