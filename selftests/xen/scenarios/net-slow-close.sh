# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend that takes longer over parting than the driver waits for it; no disk holds packets"
#: kernel = ["6.12"]
#: slow_kernel = ["7.2"]
#: driver = "ours"
#: vcpus = 2
#: nics = 2
#: disks = ["xvda 16M"]
#: timeout = 300

# ---- in dom0 ----

# What it finds on a ring that it has not let go of counts.
dom0_after() { badback_all_ended; }

stands_still() { kill -STOP "${BADBACK[0]}"; }
goes_on() { kill -CONT "${BADBACK[0]}"; }

# It serves its rings before it looks at xenstore again, as one does that has packets to move.
goes_on_busy() {	# DEVICE
	badback_goes_on "$1" && packets_to "$1" 300 && badback_counts "$1" violations && badback_hears "$1"
}

# What it would write itself if it stood still a little later.
writes_closing() { xenstore-write "$(badback_path 0)/state" 5; }

# ---- in the guest ----

front_is() { [ "$(xenstore-read device/vif/0/state)" = "$1" ]; }

# said TIMES [DEVICE]: so often it was said that there is no connection, and why; one line each.
said() { [ "$(dmesg | grep -c "${2:-vif-0}: backend still maps a ring")" = "$1" ]; }

# A longer copybreak needs more memory, and with it a new connection.
asks_with() { ethtool --set-tunable eth0 tx-copybreak "$1"; }

# One that has seen nothing yet when the driver has closed, and waited twice.
late_to_see() {
	ktap_test "the backend is busy" dom0 badback_deaf 0
	ktap_test "and stands still" dom0 stands_still
	ktap_test "packets wait for it" packets_wait eth0 50
	ktap_test "a new connection is asked for" asks_with 1024
	ktap_test "it is said what the driver waits for" wait_for 60 said 1
	ktap_test "it has closed, and offers nothing yet" eval "sleep 1; front_is 6"
	ktap_test "the backend goes on" dom0 goes_on_busy 0
	ktap_test "the new connection is made" wait_for 60 connects_are 2
	ktap_test "traffic" eval "wait_for 20 carrier eth0 && streams 1000000"
	ktap_test "it saw nothing wrong" dom0 badback_clean 0
	ktap_test "and nothing but packets" counted_is tx_strange 0
}

# One that stays in Closing.
slow_to_close() {
	ktap_test "the backend stands still again" dom0 stands_still
	ktap_test "a new connection is asked for" asks_with 2048
	ktap_test "the driver closes" wait_for 20 front_is 5
	ktap_test "and so does the backend" dom0 writes_closing
	ktap_test "it is said what the driver waits for" wait_for 60 said 2
	ktap_test "the backend goes on" dom0 goes_on
	ktap_test "the new connection is made" wait_for 30 connects_are 3
	ktap_test "traffic" eval "wait_for 20 carrier eth0 && streams 1000000"
}

# A CPU sends on its own queue.
both_queues_wait() (
	for cpu in 1 2; do
		taskset -p "$cpu" "$BASHPID" && packets_wait eth1 50 || return
	done
	! grep -Hx 0 /sys/class/net/eth1/queues/tx-*/byte_queue_limits/inflight
)

eth1_queues() { ethtool -l eth1 | awk '/^Combined/ { n = $2 } END { print n }'; }
eth1_queues_are() {
	echo "$(eth1_queues) queues"
	[ "$(eth1_queues)" = "$1" ] && carrier eth1
}

# one_queue SINCE: ethtool's change is given up after a minute, which is all that a slow machine may
# need until here; then the user asks again.
one_queue() {
	if dmesg | grep "eth1: no connection with 1 queues, back to 2" && [ $((SECONDS - $1)) -ge 60 ]; then
		wait_for 60 eth1_queues_are 2 && wait_for 20 ethtool -L eth1 combined 1 || return
	fi
	wait_for 60 eth1_queues_are 1
}

# One that serves the rings of two queues while the driver is to have one, and a disk is written.
fewer_queues() {
	# shellcheck disable=SC2034 # for counted()
	local NUMBER=1 since
	ktap_test "queues: two" eth1_queues_are 2
	ktap_test "queues: traffic" streams 1000000 10.7.1.1
	ktap_test "queues: something to write" writes_make 16 71
	ktap_test "queues: a slow disk" dom0 disk_slow xvda 2
	ktap_test "queues: the backend is busy" dom0 badback_deaf 1
	ktap_test "queues: and stands still" dom0 badback_stands 1
	ktap_test "queues: packets wait on both" both_queues_wait
	since=$SECONDS
	ktap_test "queues: one is wanted" eval "in_time 20 ethtool -L eth1 combined 1 && job_well timed"
	ktap_test "queues: it is said what the driver waits for" wait_for 60 said 1 vif-1
	ktap_test "queues: writes are under way" writes_begin xvda
	ktap_test "queues: the backend goes on" dom0 goes_on_busy 1
	ktap_test "queues: the disk goes on" dom0 disks_fast
	ktap_test "queues: the writes end" writes_end xvda
	ktap_test "queues: it holds what was written" dom0 file_holds xvda 71
	ktap_test "queues: no packet held anything but packets" counted_is tx_strange 0
	ktap_test "queues: one is had" one_queue "$since"
	ktap_test "queues: traffic on it" eval "wait_for 20 ping -c 1 -W 2 10.7.1.1 && streams 1000000 10.7.1.1"
	ktap_test "queues: the backend saw nothing wrong" dom0 badback_clean 1
}

guest() {
	ktap_print_header
	ktap_test "a backend that can stand still" dom0 badback_take 0 slots
	ktap_test "and one with two queues" dom0 badback_take 1 hash
	ktap_test "drivers load" eval "load_driver net tx_copybreak=256 && load_driver blk"
	ktap_test "interfaces have their numbers" net_names
	ktap_test "links are up" eval "net_up 0 && net_up 1"
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "traffic" streams 1000000
	ktap_test "the first connection" connects_are 1
	ktap_test "nothing was wrong so far" dom0 badback_clean 0
	late_to_see
	slow_to_close
	fewer_queues
	ktap_test "nothing was wrong at all" dom0 badback_clean 0
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
