# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "an interface that connects again and again does not fill the log"
#: driver = "ours"
#: timeout = 300
#: slow = true

TIMES=60

# Each time twice: the backend is told whether to segment what it sends.
again_and_again() {
	local time
	for ((time = 0; time < TIMES; time++)); do
		ip link set eth0 xdp obj "$(command -v xdp.bpf.o)" program take_frags &&
			wait_for 20 carrier eth0 && ip link set eth0 xdp off &&
			wait_for 20 carrier eth0 || return
	done
	echo "$(cat /sys/class/net/eth0/carrier_up_count) connections"
	[ "$(cat /sys/class/net/eth0/carrier_up_count)" -ge $((2 * TIMES)) ]
}

# Forty a minute, whatever is said in them.
few_lines() {
	local lines
	lines=$(dmesg | grep -c -e "vif vif-0" -e "eth0:")
	echo "$lines lines in $SECONDS s"
	[ "$lines" -le $((50 + 40 * SECONDS / 60)) ]
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	SECONDS=0
	ktap_test "$((2 * TIMES)) connections" again_and_again
	ktap_test "few lines" few_lines
	ktap_test "traffic" streams 1000000
	ktap_finished
}
