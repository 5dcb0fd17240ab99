# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Packets that come all the time while the guest is saved, migrated or only suspended, to each
# interface that there is: large datagrams to eth0, small ones to eth1, and to eth2 frames for an AF_XDP
# socket. Whatever a program is given is as it was sent. See dom0/rain.sh.

RAIN_PORT=7400
RAIN_KIND=("large datagrams" "small datagrams" "frames for an AF_XDP socket")
declare -a CATCHER

# Packets of ours that the queueing discipline lets go one by one, by a timer of the kernel's: the
# driver has to do while programs are frozen. They go on until the guest ends, and must not keep the
# results' pipe open (see run).
send_paced() { rain paced "$1" 9 64 3000 2 >/dev/null 2>&1 9>&- & }

rain_ready() {
	local number
	net_names || return
	for ((number = 0; number < NICS; number++)); do
		{ net_up $number || wait_for 60 carrier eth$number; } && ip link set eth$number mtu 60000 || return
		tc qdisc replace dev eth$number root fq || return
		send_paced 10.7.$number.1
	done
}

for_xsk() { [ "$1:$DRIVER" = 2:ours ]; }	# NUMBER

# A socket has one queue. Large frames are none for it.
xsk_ready() {
	! [ "$NICS:$DRIVER" = 3:ours ] ||
		{ ip link set eth2 mtu 1500 && ethtool -L eth2 combined 1 && wait_for 30 carrier eth2; }
}

catch_rain() {
	local number
	for ((number = 0; number < NICS; number++)); do
		if for_xsk $number; then
			netxsk catch eth2 $((RAIN_PORT + 2)) >/tmp/rain.2 2>&1 &
		else
			rain catch $((RAIN_PORT + number)) >/tmp/rain.$number 2>&1 &
		fi
		CATCHER[number]=$!
	done
}

# Counted by the interface: it is there whatever becomes of the packets.
packets_come() { [ "$(cat "/sys/class/net/$1/statistics/rx_packets")" -gt "$2" ]; }

# rain_comes: to each.
rain_comes() {
	local number code=0 name
	for ((number = 0; number < NICS; number++)); do
		name=eth$number
		wait_for 60 packets_come $name $(($(cat /sys/class/net/$name/statistics/rx_packets) + 20)) && continue
		echo "$name: nothing comes"
		code=1
	done
	return $code
}

rain_said() {	# NUMBER STATUS
	cat "/tmp/rain.$1"
	return "$2"
}

rain_verdict() {	# NAME
	local number
	for ((number = 0; number < NICS; number++)); do
		end_job "${CATCHER[number]}" 60
		ktap_test "$1: ${RAIN_KIND[number]} are as they were sent" rain_said $number $?
	done
}

begin_rain() {
	ktap_test "network driver loads" load_driver net
	ktap_test "interfaces are ready" rain_ready
	ktap_test "one queue for a socket" xsk_ready
	ktap_test "packets are sent all the time" dom0 rain_begins
}
