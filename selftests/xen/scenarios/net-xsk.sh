# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "AF_XDP: zero-copy and copied, refused, over reconnects and a restore, and gone without a trace"
#: kernel = ["6.12"]
#: vcpus = 2
#: dom0_vcpus = 2
#: driver = "ours"
#: timeout = 2000
#: slow = true
#: slow_kernel = ["6.1", "7.2"]
#: xl = ["max_grant_frames = 10"]

HELD=

# start up|down SETTING=VALUE...: frames up to all_came, sent again where a change has lost them.
start() {
	local way=$1
	shift
	rm -f /tmp/enough*
	env NETXSK_MODE=zero-copy NETXSK_WAKEUP=1 NETXSK_TRIES=60 NETXSK_UNTIL=/tmp/enough "$@" \
		timeout 300 netxsk "$way" eth0 "$DOM0_IP" 60 1400 67 >/tmp/frames 2>&1 &
	HELD=$!
	wait_for 60 grep -q zero-copy /tmp/frames && sleep 1 && wait_for 60 carrier eth0 && sleep 1
}

all_came() {
	local code
	touch /tmp/enough
	wait "$HELD"
	code=$?
	cat /tmp/frames
	return "$code"
}

changed_under() {	# up|down
	local code
	start "$1" && change_to 2 && sleep 1 && change_to 1
	code=$?
	all_came && return "$code"
}

# Nothing is asked of the server meanwhile: its answer would be sent again only after minutes, and
# its socket is one of an interface that goes.
restored_under() {	# up|down
	local code
	start "$1" && touch /tmp/enough.pause && wait_for 60 [ -e /tmp/enough.paused ] &&
		dom0 save_restore && wait_for 60 ping -c 1 -W 2 "$DOM0_IP"
	code=$?
	rm -f /tmp/enough.pause*
	all_came && return "$code"
}

# As when a new connection has too few grants: the interface goes on, and the socket with it. With
# two queues all of the frames may be for the other one.
copied_without_grants() {
	local code
	start down && dom0 trust vif/0 0 && change_to 2 && change_to 1 && sleep 1 &&
		dmesg | grep "AF_XDP socket is copied to" && ping -c 2 -W 5 "$DOM0_IP"
	code=$?
	all_came || code=1
	dom0 trust vif/0 1 && change_to 2 && change_to 1 && return "$code"
}

# Queue 1 is there still, and on its way out.
going_queue_refused() {
	local said
	wait_for 60 combined_is 2 && ethtool -L eth0 combined 1 || return
	said=$(NETXSK_MODE=zero-copy NETXSK_QUEUE=1 NETXSK_NO_WAIT=1 netxsk bind eth0)
	echo "$said"
	grep -q "Invalid argument" <<<"$said" && wait_for 60 combined_is 1 && change_to 2
}

# The core keeps a queue that has a socket.
queue_kept() {
	local code
	start up NETXSK_QUEUE=1 && ! ethtool -L eth0 combined 1 && combined_is 2
	code=$?
	all_came && return "$code"
}

no_grants_left_over() {
	NETXSK_MODE=zero-copy NETXSK_FRAMES=9000 netxsk bind eth0 >/tmp/said
	cat /tmp/said
	grep -q "No space" /tmp/said && ping -c 2 -W 5 "$DOM0_IP"
}

unloaded_with_socket() {
	local code
	NETXSK_MODE=zero-copy NETXSK_SECOND=1 timeout 100 netxsk hold eth0 100 >/tmp/frames 2>&1 &
	HELD=$!
	wait_for 60 grep -q zero-copy /tmp/frames && sleep 1 && unload_driver net && kill -0 "$HELD"
	code=$?
	kill "$HELD"
	return "$code"
}

guest() {
	export XENFRONT_LIMIT=900	# each socket that comes or goes renews the connection
	begin_suites
	export XENFRONT_PEER=$DOM0_IP
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_test "one queue" change_to 1
	ktap_suite net/xsk
	ktap_test "more memory than grants is refused" no_grants_left_over
	ktap_test "frames sent over changes of queues" changed_under up
	ktap_test "frames received over changes of queues" changed_under down
	ktap_test "frames sent over a restore" restored_under up
	ktap_test "frames received over a restore" restored_under down
	ktap_test "copied to while its memory cannot be granted" copied_without_grants
	ktap_test "two queues" change_to 2
	ktap_test "a queue with a socket is not taken away" queue_kept
	ktap_test "nor is a socket taken by a queue that goes" going_queue_refused
	ktap_test "driver goes with a socket bound" unloaded_with_socket
	ktap_test "driver loads untrusting" load_driver net trusted=0
	ktap_test "link is up" net_up
	ktap_test "one queue" change_to 1
	export XENFRONT_XSK=copy
	ktap_suite net/xsk
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
