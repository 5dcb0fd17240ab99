# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "saved and restored under traffic: connections and the administrator's settings live on"
#: kernel = ["6.12"]
#: vcpus = 2
#: dom0_vcpus = 2
#: driver = "ours"
#: timeout = 700
#: slow = true
#: slow_kernel = ["6.1"]

MAC=02:00:00:12:34:56
POOLS=
declare -A JOB

settings() {
	cat /sys/class/net/eth0/{address,mtu}
	combined
	ethtool -k eth0 | grep -e ^tx-checksum -e segmentation
	ethtool eth0 | grep Speed
}

administrate() {
	ip link set eth0 address $MAC && ip link set eth0 mtu 1300 && ethtool -K eth0 tso off &&
		ethtool -s eth0 speed 2500 duplex full && change_to 1 &&
		[ "$(cat /sys/class/net/eth0/address)" = $MAC ]
}

answers() { wait_for 30 ping -c 1 -W 2 "$DOM0_IP"; }

# start_stream up|down tx|rx: until some of it has gone.
start_stream() {
	local before
	before=$(statistic "$2_bytes")
	timeout 300 netprobe "$1" "$DOM0_IP" stream 400000000 >"/tmp/stream-$1" 2>&1 &
	JOB[$1]=$!
	wait_for 20 statistic_over "$2_bytes" $((before + 2000000))
}

# ended_well STATUS up|down: what it said if it did not.
ended_well() { [ "$1" = 0 ] || ! cat "/tmp/stream-$2"; }

# The program takes packets of one piece only, for which the backend is told to send no others: in
# the old connection and in the new one.
program() { ip -details link show eth0 | grep -o -e "prog/xdp id [0-9]*"; }

program_attached() {
	ip link set eth0 xdp obj "$(command -v xdp.bpf.o)" program take && wait_for 20 carrier eth0 &&
		wait_for 20 answers && program >/tmp/program
}

same_program() {
	program | diff /tmp/program -
}

program_runs() {
	local before
	before=$(nic_counter rx_xdp_pass)
	netprobe down "$DOM0_IP" stream 4000000 || return
	echo "$(($(nic_counter rx_xdp_pass) - before)) packets taken by the program"
	[ $(($(nic_counter rx_xdp_pass) - before)) -ge 100 ]
}

# With no stream under way that would make up for what was forgotten.
counters_go_on() {	# BYTES
	echo "sent $1 bytes before, $(statistic tx_bytes) now"
	[ "$(statistic tx_bytes)" -ge "$1" ]
}

program_over_restore() {
	local pools sent
	ktap_test "an XDP program" program_attached
	ktap_test "runs" program_runs
	[ -z "$POOLS" ] || pools=$(page_pools)
	[ -z "$POOLS" ] || ktap_test "page pools are counted" [ "$pools" -gt 0 ]
	sent=$(statistic tx_bytes)
	ktap_test "saved and restored again" dom0 save_restore
	ktap_test "counters go on" counters_go_on "$sent"
	ktap_test "reachable with it" answers
	ktap_test "it is the same program" same_program
	ktap_test "and runs" program_runs
	ktap_test "settings are as before, still" same_settings
	[ -z "$POOLS" ] || ktap_test "no page pool is left behind" wait_for 10 page_pools_are "$pools"
}

still_running() { kill -0 "${JOB[up]}" && kill -0 "${JOB[down]}"; }

same_settings() {
	settings >/tmp/after
	diff /tmp/before /tmp/after
}

guest() {
	ktap_print_header
	# Linux 6.1 has no list of them.
	[[ $(uname -r) = 6.1.* ]] || POOLS=counted
	[ -z "$POOLS" ] || ktap_test "page pools will be counted" page_pools_count
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_test "administrator's settings" administrate
	settings >/tmp/before
	ktap_test "reachable" answers
	start_stream up tx
	ktap_test "a stream is sent" [ $? = 0 ]
	start_stream down rx
	ktap_test "a stream is received" [ $? = 0 ]
	ktap_test "saved and restored" dom0 save_restore
	ktap_test "neither was over meanwhile" still_running
	ktap_test "reachable afterwards" answers
	ktap_test "settings are as before" same_settings
	wait "${JOB[up]}"
	ktap_test "all that was sent has arrived as it was" ended_well $? up
	wait "${JOB[down]}"
	ktap_test "all that was received is as it was" ended_well $? down
	program_over_restore
	ktap_finished
}
