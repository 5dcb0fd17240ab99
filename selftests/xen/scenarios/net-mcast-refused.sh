# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend whose multicast list is full before the guest's: it is to filter nothing"
#: driver = "ours"
#: timeout = 400
#: slow = true

dom0_after() { badback_all_ended; }

# badback's list has room for 8; the guest itself has 3 or 4.
GROUP=239.1.2.3 GROUP_MAC=01:00:5e:01:02:03
MORE=8 SENT=40 FEW=10

# Nobody answers.
tell_group() {
	ping -q -c $SENT -i 0.02 -W 1 -t 1 -I "tap$DOMID.0" $GROUP | grep "^$SENT packets transmitted"
}

# heard: how many of the packets that dom0 sends to the group come in.
heard() {
	local before
	before=$(nic_counter rx_packets)
	dom0 tell_group >&2 && sleep 0.5 && echo $(($(nic_counter rx_packets) - before))
}

hears_all() { local n; n=$(heard) && echo "$n packets came in" && [ "$n" -ge $SENT ]; }
hears_few() { local n; n=$(heard) && echo "$n packets came in" && [ "$n" -lt $FEW ]; }

more_groups() {	# add|del
	local n
	for ((n = 0; n < MORE; n++)); do
		ip maddress "$1" "01:00:5e:00:01:0$n" dev eth0 || return
	done
}

filters() {
	ktap_test "$1 is asked to filter" filtering_is 1
	ktap_test "$1 refuses nothing" counted_is mcast_refused "$2"
	ktap_test "a group not joined is not heard" hears_few
	ktap_test "joined" ip maddress add $GROUP_MAC dev eth0
	ktap_test "a group joined is heard" wait_for 10 hears_all
	ktap_test "left" ip maddress del $GROUP_MAC dev eth0
	ktap_test "a group left is not heard" wait_for 10 hears_few
}

refuses() {
	ktap_test "more groups than $1 lists" more_groups add
	ktap_test "$1 is asked not to filter" filtering_is 0
	wait_for 20 carrier eth0
	ktap_test "as it refused some" counted_over mcast_refused 0
	ktap_test "everything is heard" hears_all
	ktap_test "pings" ping -q -c 3 -i 0.2 -W 5 "$DOM0_IP"
	ktap_test "as few groups as before" more_groups del
	ktap_test "everything is still heard" eval "sleep 1 && filtering_is 0 && hears_all"
}

# A group refused is no packet lost.
is_no_error() {
	[ "$(nic_counter tx_errors)" = 0 ] && [ "$(statistic tx_errors)" = 0 ]
}
refusals_shown() {
	[ "$(nic_counter tx_rsp_error)" = "$(counted mcast_refused)" ]
}

bound_again() { unbind net vif-0 && bind net vif-0 && net_up; }
replaced() { dom0 badback_leave 0 && dom0 badback_take 0 "$1" && wait_for 30 carrier eth0; }

guest() {
	local refused
	begin_suites
	ktap_test "badback takes the interface" dom0 badback_take 0 groups
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	filters "the backend" 0
	refuses "the backend"
	ktap_test "every refusal is counted" refusals_shown
	ktap_test "as no lost packet" is_no_error
	ktap_test "that was the first connection" counted_is connects 1
	refused=$(counted mcast_refused)
	ktap_test "a new connection" bound_again
	filters "the backend" "$refused"
	ktap_test "nothing was wrong" dom0 badback_clean 0
	ktap_test "a backend that reads the request once" replaced groups-once
	filters "that one" 0
	refuses "that one"
	ktap_test "which took a new connection" counted_is connects 2
	ktap_test "nothing was wrong" dom0 badback_clean 0
	ktap_finished
}
