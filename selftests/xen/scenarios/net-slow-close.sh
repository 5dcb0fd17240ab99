# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend that takes longer over parting than the driver waits for it"
#: quick_arch = "arm64"
#: kernel = ["6.12"]
#: slow_kernel = ["7.2"]
#: driver = "ours"
#: timeout = 300

# ---- in dom0 ----

# What it finds on a ring that it has not let go of counts.
dom0_after() { badback_all_ended; }

stands_still() { kill -STOP "${BADBACK[0]}"; }
goes_on() { kill -CONT "${BADBACK[0]}"; }

# It serves its rings before it looks at xenstore again, as one does that has packets to move.
goes_on_busy() { badback_goes_on 0 && packets_to 0 300 && badback_counts 0 violations && badback_hears 0; }

# What it would write itself if it stood still a little later.
writes_closing() { xenstore-write "$(badback_path 0)/state" 5; }

# ---- in the guest ----

front_is() { [ "$(xenstore-read device/vif/0/state)" = "$1" ]; }

# said TIMES: so often it was said that there is no connection, and why; one line each.
said() { [ "$(dmesg | grep -c "vif-0: backend still maps a ring")" = "$1" ]; }

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
	ktap_test "the backend goes on" dom0 goes_on_busy
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

guest() {
	ktap_print_header
	ktap_test "a backend that can stand still" dom0 badback_take 0 slots
	ktap_test "driver loads" load_driver net tx_copybreak=256
	ktap_test "link is up" net_up
	ktap_test "traffic" streams 1000000
	ktap_test "the first connection" connects_are 1
	ktap_test "nothing was wrong so far" dom0 badback_clean 0
	late_to_see
	slow_to_close
	ktap_test "nothing was wrong at all" dom0 badback_clean 0
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
