# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend that takes longer over closing than the driver waits for it"
#: kernel = ["6.12"]
#: slow_kernel = ["7.2"]
#: driver = "ours"
#: timeout = 200

# What it says of the ring that was given up meanwhile does not count.
dom0_after() { badback_all_ended || true; }

front_state() { xenstore-read "/local/domain/$DOMID/device/vif/0/state"; }
front_is() { [ "$(front_state)" = "$1" ]; }

# In dom0, while the driver asks for a new connection. The backend stands still from its Closing on,
# which is written for it, until the driver has waited in vain (5 s) and offered a new connection.
stands_still() {
	local back=${BADBACK[0]} code=0
	kill -STOP "$back"
	xenstore-write "/local/domain/$DOMID/data/still" 1
	if wait_for 20 front_is 5; then
		xenstore-write "$(badback_path 0)/state" 5
		sleep 8
	else
		echo "frontend is in state $(front_state)"
		code=1
	fi
	kill -CONT "$back"
	return $code
}

connects_are() { [ "$(dmesg | grep -c "eth0: connected")" = "$1" ]; }
streams() { netprobe up "$DOM0_IP" stream 1000000 && netprobe down "$DOM0_IP" stream 1000000; }

waited_in_vain() { dmesg | grep "backend stays in state Closing"; }

# A longer copybreak needs more memory, and with it a new connection.
asks_then() {
	wait_for 30 xenstore-exists data/still &&
		ethtool --set-tunable eth0 tx-copybreak 2048
}

closes_slowly() {
	local job
	asks_then &
	job=$!
	dom0 stands_still && wait $job
}

guest() {
	ktap_print_header
	ktap_test "a backend that can stand still" dom0 badback_take 0 slots
	ktap_test "driver loads" load_driver net tx_copybreak=256
	ktap_test "link is up" net_up
	ktap_test "traffic" streams
	ktap_test "the first connection" connects_are 1
	ktap_test "a new one is asked for, and the backend stands still" closes_slowly
	ktap_test "the driver waited in vain" waited_in_vain
	ktap_test "it is made" wait_for 30 connects_are 2
	ktap_test "traffic" eval "wait_for 20 carrier eth0 && streams"
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
