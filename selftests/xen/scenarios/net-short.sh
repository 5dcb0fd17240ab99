# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "other numbers of queues, with too few grants or event channels for them: nothing happens"
#: kernel = ["6.12"]
#: vcpus = 2
#: dom0_vcpus = 2
#: driver = "ours"
#: timeout = 300
#: slow = true
#: xl = ["max_grant_frames = 7"]

# What a change needs it needs besides what is in use. These are 3584 grants; a queue has 570.

# By default netback offers as many queues as dom0 has CPUs.
dom0_before() { netback_offers 4; }
dom0_after() { netback_offers 2; }

still_sends() { wait_for 10 statistic_over tx_bytes $(($(statistic tx_bytes) + 1000000)); }

# A stream is under way meanwhile, and goes on; a new connection would be in the log.
refused() {	# QUEUES MESSAGE
	local before said job code
	before=$(connects)
	timeout 200 netprobe up "$DOM0_IP" stream 4000000000 >/tmp/stream 2>&1 &
	job=$!
	still_sends
	said=$(ethtool -L eth0 combined "$1" 2>&1)
	code=$?
	echo "$said"
	[ $code != 0 ] && grep -q "$2" <<<"$said" && still_sends && connects_are "$before"
	code=$?
	kill $job
	wait $job
	return $code
}

HOG=

hog() {	# LEFT
	[ -e /dev/xen/evtchn ] || modprobe xen-evtchn || return
	evtchnhog "$1" >/tmp/hog 2>&1 &
	HOG=$!
	wait_for 30 grep -q "$1 given back" /tmp/hog
}

no_more_hog() {
	kill $HOG
	wait $HOG
	true
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver net max_queues=4
	ktap_test "link is up" net_up
	ktap_test "four queues at first" combined_is 4
	ktap_test "too few grants for three more" refused 3 "No space"
	ktap_test "still four queues" combined_is 4
	ktap_test "traffic" streams 2000000
	ktap_test "enough for one" change_to 1
	hog 4
	ktap_test "four channels are left" [ $? = 0 ]
	ktap_test "too few for four queues" refused 4 "No space"
	ktap_test "still one queue" combined_is 1
	ktap_test "traffic" streams 2000000
	ktap_test "all four are there for two queues" change_to 2
	ktap_test "traffic" streams 2000000
	no_more_hog
	ktap_test "enough for four" change_to 4
	ktap_test "traffic" streams 2000000
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
