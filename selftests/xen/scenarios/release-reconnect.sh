# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "new connections asked for while the backend is busy, for a minute and more: no disk holds packets"
#: nics = 2
#: disks = ["xvda 16M"]
#: driver = "ours"
#: timeout = 900
#: slow = true

# Whatever it is that makes the driver ask for one.

dom0_after() { badback_all_ended; }

# A second queue's is the one that is not the first.
eth1_works() { wait_for 60 carrier eth1 && wait_for 20 ping -c 1 -W 2 10.7.1.1 && streams 1000000 10.7.1.1; }

# The core's watchdog cries out where it has cause; it is not what this is about.
quietly() { dmesg -n "$1"; }
nothing_cried() {
	! dmesg | grep -v "still in use!" | grep -e "WARNING:" -e "BUG:" -e Oops -e "Call Trace" -e "stalled pool"
}
# The core has a line for each look at a ring that is still mapped. One in ten seconds is plenty.
few_lines() {
	dmesg | grep -c "still in use!"
	[ "$(dmesg | grep -c "still in use!")" -le $((SECONDS / 10)) ]
}

asks_with() { ethtool --set-tunable eth1 tx-copybreak "$1"; }
program() { ip link set eth1 xdp obj "$(command -v xdp.bpf.o)" program take_frags; }
no_program() { ip link set eth1 xdp off; }
down_and_up() { ip link set eth1 down && ip link set eth1 up; }

# The frames of an AF_XDP socket become the queue's, in its stead.
socket_opens() {
	rm -f /tmp/go*
	job_begin socket env NETXSK_MODE=zero-copy NETXSK_WAKEUP=1 NETXSK_NO_WAIT=1 \
		timeout 400 netxsk linger eth1 96 /tmp/go
	sleep 1
}
socket_is_there() { wait_for 60 grep zero-copy /tmp/job.socket.log; }
socket_closes() { touch /tmp/go && wait_for 60 grep closed /tmp/job.socket.log; }

# busy_over NAME SECONDS SEED [COMMAND...]: the backend is busy, and somebody wants a new connection.
busy_over() {
	local name=$1 seconds=$2 seed=$3
	shift 3
	ktap_test "$name: something to write" writes_make 16 "$seed"
	ktap_test "$name: the backend is busy" dom0 badback_deaf 1
	ktap_test "$name: and stands still" dom0 badback_stands 1
	ktap_test "$name: packets wait for it" packets_wait eth1 100
	[ $# = 0 ] || ktap_test "$name: a new connection is wanted" in_time 60 "$@"
	ktap_test "$name: a while later" sleep "$seconds"
	ktap_test "$name: a slow disk" dom0 disk_slow xvda 2
	ktap_test "$name: writes are under way" writes_begin xvda
	ktap_test "$name: the backend goes on" dom0 badback_goes_on 1
	ktap_test "$name: packets come" dom0 packets_to 1 300
	ktap_test "$name: the disk goes on" dom0 disks_fast
	ktap_test "$name: the writes end" writes_end xvda
	ktap_test "$name: it holds what was written" dom0 file_holds xvda "$seed"
	ktap_test "$name: no packet held anything but packets" counted_is tx_strange 0
	ktap_test "$name: the backend hears" dom0 badback_hears 1
	ktap_test "$name: the interface works" eth1_works
}

# The core complains of a page pool that has not ended after a minute.
left_for_long() {
	ktap_test "left: the backend is busy" dom0 badback_deaf 1
	ktap_test "left: the interface leaves its driver" in_time 60 unbind net vif-1
	ktap_test "left: for more than a minute" sleep 80
	ktap_test "left: the backend hears" dom0 badback_hears 1
	ktap_test "left: it comes back" eval "bind net vif-1 && net_up 1"
	ktap_test "left: and works" eth1_works
}

guest() {
	export NUMBER=1
	ktap_print_header
	ktap_test "a backend that can be busy" dom0 badback_take 1 slots
	ktap_test "drivers load" load_drivers
	ktap_test "interfaces have their numbers" net_names
	ktap_test "links are up" eval "net_up 0 && net_up 1"
	ktap_test "traffic" streams 1000000 10.7.1.1
	ktap_test "disk is there" wait_for 20 have_disk xvda
	quietly 1
	busy_over "a minute" 75 61
	busy_over "copybreak" 15 62 asks_with 1024
	busy_over "program" 15 63 program
	busy_over "no program" 15 64 no_program
	busy_over "down and up" 15 65 down_and_up
	busy_over "socket" 15 66 socket_opens
	ktap_test "socket: it is there" socket_is_there
	busy_over "socket closed" 15 67 socket_closes
	left_for_long
	quietly 7
	ktap_test "few lines of grants in use" few_lines
	ktap_test "nothing else was heard" nothing_cried
	ktap_test "the backend saw nothing wrong" dom0 badback_clean 1
	ktap_finished
}
