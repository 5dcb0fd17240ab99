# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend that is restarted under traffic, and one that takes nothing for a while"
#: kernel = ["6.12"]
#: driver = "ours"
#: timeout = 500
#: slow = true

# netback stops consuming when its interface goes down in dom0.
vif_down() { ip link set "vif$DOMID.0" down; }
vif_up() {
	ip link set "vif$DOMID.0" up && ip -6 address add fd07:0::1/64 dev "vif$DOMID.0" nodad
}

answers() { wait_for 40 ping -c 1 -W 2 "$DOM0_IP"; }

flood() {
	timeout 300 iperf3 -c "$DOM0_IP" -u -b 0 -l 1000 -t 300 -P 8 >/dev/null 2>&1 &
	FLOOD=$!
	flows
}

flows() { wait_for 20 nic_counter_over tx_packets $(($(nic_counter tx_packets) + 5000)); }

no_more_flood() {
	kill "$FLOOD"
	wait "$FLOOD"
	true
}

# The stream is compared, and goes on over the backend's restart. It cannot end while there is none.
restarted_in_stream() {	# up|down tx|rx
	local job before was
	before=$(connects) was=$(nic_counter "$2_packets")
	timeout 200 netprobe "$1" "$DOM0_IP" stream 400000000 >/tmp/stream 2>&1 &
	job=$!
	wait_for 20 nic_counter_over "$2_packets" $((was + 100)) && dom0 netback_goes &&
		kill -0 $job && sleep 1 && dom0 netback_returns &&
		wait_for 20 connects_over "$before" && wait $job && return
	cat /tmp/stream
	kill $job
	return 1
}

nothing_cried() { ! dmesg | grep -e "NETDEV WATCHDOG" -e "WARNING:" -e "BUG:" -e "Call Trace"; }

# Longer than any patience that the driver ever had.
stands_still() { sleep 100; }

backlog() { tc -s qdisc show dev eth0 | awk '$1 == "backlog" { n += $3 } END { print n + 0 }'; }
none_waits() { [ "$(backlog)" = 0 ]; }
some_wait() { [ "$(backlog)" -gt 0 ]; }

# More datagrams than the ring has places, from senders that are gone before the backend takes one.
packets_wait() {
	local job jobs=() number
	for ((job = 0; job < 4; job++)); do
		for ((number = 0; number < 1000; number++)); do
			echo "$number"
		done >"/dev/udp/$DOM0_IP/9" &
		jobs+=($!)
	done
	wait_for 10 some_wait
	kill "${jobs[@]}"
	wait "${jobs[@]}"
	echo "$(backlog) packets wait"
	echo "$(backlog) $(nic_counter tx_packets) $(connects)" >/tmp/waiting
	some_wait
}

# Not dropped, and not by a new connection.
waiting_sent() {
	local waiting sent before
	read -r waiting sent before </tmp/waiting
	wait_for 10 none_waits && wait_for 10 nic_counter_over tx_packets $((sent + waiting - 1)) &&
		connects_are "$before"
}

# Any other packet, such as a question for the neighbour, would take those along that wait.
nobody_else_sends() {
	local mac
	mac=$(ip neigh show to "$DOM0_IP" dev eth0 | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
	ip neigh replace "$DOM0_IP" lladdr "$mac" dev eth0 nud permanent &&
		echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6
}

# The first and the last are a new connection each. One for another stops and starts the queues.
program() { ip -force link set eth0 xdp obj "$(command -v xdp.bpf.o)" program "$1"; }
first_program() { program take_frags && wait_for 30 carrier eth0 && answers; }
no_program() { ip link set eth0 xdp off && wait_for 30 carrier eth0; }

program_over_backlog() {
	ktap_test "an XDP program" first_program
	ktap_test "nobody else sends" nobody_else_sends
	ktap_test "the backend stops" dom0 vif_down
	ktap_test "packets wait for it" packets_wait
	ktap_test "another program meanwhile" program take
	ktap_test "the backend goes on" dom0 vif_up
	ktap_test "they are all sent" waiting_sent
	ktap_test "the program goes" no_program
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_test "traffic" streams 4000000
	ktap_test "backend restarted while a stream is sent" restarted_in_stream up tx
	ktap_test "backend restarted while a stream is received" restarted_in_stream down rx
	flood
	ktap_test "a flood of datagrams" [ $? = 0 ]
	ktap_test "the backend stops" dom0 vif_down
	ktap_test "the driver rings again" wait_for 20 nic_counter_over tx_kicks 2
	ktap_test "for more than a minute" stands_still
	ktap_test "the backend goes on" dom0 vif_up
	ktap_test "the flood goes on" flows
	ktap_test "reachable" answers
	ktap_test "over the same connection" connects_are 3
	no_more_flood
	program_over_backlog
	ktap_test "nothing was heard of all that" nothing_cried
	ktap_test "traffic as before" streams 4000000
	ktap_finished
}
