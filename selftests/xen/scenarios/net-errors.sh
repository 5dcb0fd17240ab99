# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend at which packets fail both ways: each is lost alone and counted, rings go on"
#: driver = "ours"
#: timeout = 900
#: slow = true

dom0_after() { badback_all_ended; }

# Places of a ring. If a failure cost one, so many failures would be the end of it.
PLACES=256
# At this MTU a packet of that payload has four slots.
MTU=16000 PAYLOAD=14000

large_mtu() { probe mtu "$DOM0_IP" $MTU && ip link set eth0 mtu $MTU; }
# As fast as they are answered, or faster.
pings() { limited 120 ping -q -A -i 0.02 -W 1 -c "$1" -s $PAYLOAD "$DOM0_IP"; }

many_of_each() {
	local what
	pings 1000
	for what in rx_failed_first rx_failed_middle rx_failed_last; do
		counted_over $what $((PLACES / 4)) || return
	done
	counted_over rx_failed $PLACES && counted_over tx_errors $PLACES
}

# One at a time, and compared, where one in eleven failed before.
none_is_lost() {
	probe up "$DOM0_IP" size $((PAYLOAD - 1000)) $PAYLOAD 10 &&
		probe down "$DOM0_IP" size $((PAYLOAD - 1000)) $PAYLOAD 10
}

got_through() { echo $(($(counted rx_packets) - $(counted rx_failed))); }

# agree COUNTER COMMAND...: the driver's counter is, or soon will be, what the command prints.
agree() {
	wait_for 10 agree_now "$@" || { echo "$1 is $(nic_counter "$1"), not $("${@:2}")"; return 1; }
}
agree_now() { [ "$(nic_counter "$1")" = "$("${@:2}")" ]; }

# What some of these packets might be taken for.
nothing_else_wrong() {
	local name
	for name in tx_rsp_bad_status rx_bad_range rx_short rx_too_many_slots rx_too_long rx_bad_flags \
		rx_bad_extra rx_bad_gso rx_dropped tx_dropped; do
		[ "$(nic_counter $name)" = 0 ] || { echo "$name: $(nic_counter $name)"; return 1; }
	done
}

statistic_is() { [ "$(statistic "$1")" = "$(nic_counter "$1")" ]; }
no_complaint() { ! dmesg | grep -e "broke the protocol" -e "transmit queue .* timed out"; }

counters_tell() {
	ktap_test "each packet that failed is an error of receiving" agree rx_errors counted rx_failed
	ktap_test "and a bad status" agree rx_bad_status counted rx_failed
	ktap_test "and no packet received" agree rx_packets got_through
	ktap_test "each packet not sent is an error of sending" agree tx_errors counted tx_errors
	ktap_test "each slot answered with an error is counted" agree tx_rsp_error counted tx_rsp_error
	ktap_test "and each slot answered as dropped" agree tx_rsp_dropped counted tx_rsp_dropped
	ktap_test "nothing else was wrong" nothing_else_wrong
	ktap_test "the interface's errors are the queues'" \
		eval "statistic_is rx_errors && statistic_is tx_errors"
}

guest() {
	begin_suites
	ktap_test "badback takes the interface" dom0 badback_take 0 errors
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_test "streams arrive, as packets fail" streams 1000001
	ktap_test "segments among these" counted_over rx_failed_extra 0
	ktap_test "MTU of $MTU" large_mtu
	ktap_test "more failures than a ring has places" wait_for 300 many_of_each
	ktap_test "no more failures" dom0 badback_mend 0
	ktap_test "no packet is lost" none_is_lost
	ktap_test "streams" streams 1000001
	ktap_test "the ring is full of buffers" wait_for 10 counted_is rx_posted $PLACES
	counters_tell
	ktap_test "this is the first connection" counted_is connects 1
	ktap_test "nobody complained" no_complaint
	ktap_test "nothing was wrong with the guest" dom0 badback_clean 0
	figure "packets received in part" "$(counted rx_failed)" packets
	figure "packets sent in vain" "$(counted tx_errors)" packets
	ktap_finished
}
