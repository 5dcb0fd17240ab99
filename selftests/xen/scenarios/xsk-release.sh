# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "AF_XDP sockets closed while the backend is busy: nobody waits, their memory is not written to"
#: quick_arch = "arm64"
#: driver = "ours"
#: timeout = 300

dom0_after() { badback_all_ended; }

opens() {
	rm -f /tmp/go*
	job_begin socket env NETXSK_MODE=zero-copy NETXSK_WAKEUP=1 timeout 250 netxsk linger eth0 96 /tmp/go
	wait_for 60 grep -q zero-copy /tmp/job.socket.log && wait_for 60 carrier eth0 && sleep 1 &&
		ping -c 2 -W 5 "$DOM0_IP"
}

# The limits are for the emulator's sake.
closes() {
	touch /tmp/go
	wait_for 60 grep closed /tmp/job.socket.log && [ "$(awk '/closed/ { print $3 }' /tmp/job.socket.log)" -le $((20 * PACE)) ]
}

# Who configures the network waits for whoever holds its lock.
configured() {
	local start=$SECONDS
	ip link set lo txqueuelen $((1000 + RANDOM % 100)) && ip link set eth0 txqueuelen $((1000 + RANDOM % 100))
	echo "$((SECONDS - start)) s"
	[ $((SECONDS - start)) -le $((3 * PACE / 100)) ]
}

untouched() {
	touch /tmp/go.look
	wait_for 60 job_over socket && job_well socket
}

closed_while_busy() {	# NAME
	ktap_test "$1: a socket" opens
	ktap_test "$1: the backend is busy" dom0 badback_deaf 0
	ktap_test "$1: it closes, and does not wait" closes
	ktap_test "$1: nor does anybody else" configured
	ktap_test "$1: its memory has another owner" wait_for 60 [ -e /tmp/go.taken ]
	ktap_test "$1: packets come at once" dom0 packets_to 0 100
	# The driver has had its time to be told that nobody answers.
	ktap_test "$1: a while later" sleep "${2:-15}"
	ktap_test "$1: and more come" dom0 packets_to 0 200
	ktap_test "$1: nobody wrote to it" untouched
	ktap_test "$1: the backend hears" dom0 badback_hears 0
	ktap_test "$1: the interface works" eval "wait_for 60 ping -c 1 -W 2 $DOM0_IP && streams 1000000"
}

guest() {
	begin_suites
	ktap_test "a backend that can be busy" dom0 badback_take 0 slots
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	closed_while_busy "closed"
	ktap_test "the backend saw nothing wrong" dom0 badback_clean 0
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
