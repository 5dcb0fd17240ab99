# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "kernel messages over the interface (netpoll), also while its ring is full; time stamps"
#: quick_arch = "arm64"
#: driver = "ours"
#: timeout = 300

PORT=6666
MESSAGES=50

# ---- in dom0 ----

listen() { dgram print $PORT >/tmp/console 2>&1 3>&- & LISTENER=$!; }
dom0_after() { [ -z "${LISTENER:-}" ] || kill "$LISTENER"; }
address_of_dom0() { cat "/sys/class/net/vif$DOMID.0/address"; }
heard() { wait_for 20 grep -q "$1" /tmp/console; }

heard_most() {	# WORD LEAST
	local n
	wait_for 20 grep -q "$1 $MESSAGES" /tmp/console
	n=$(grep -c "$1" /tmp/console)
	echo "$n messages"
	[ "$n" -ge "$2" ]
}

# ---- in the guest ----

console_on() {
	modprobe netconsole "netconsole=@10.7.0.2/eth0,$PORT@$DOM0_IP/$(dom0 address_of_dom0)"
}

say() { echo "<1>$*" >/dev/kmsg; }

say_many() {	# WORD
	local n
	for ((n = 1; n <= MESSAGES; n++)); do say "$1 $n"; done
}

# A ring that is full has netpoll reap it.
said_in_flood() {
	local job
	timeout 100 iperf3 -c "$DOM0_IP" -u -b 0 -l 1000 -t 100 -P 8 >/dev/null 2>&1 &
	job=$!
	sleep 3
	say_many flooded
	kill $job
	wait $job
	dom0 heard_most flooded $((MESSAGES * 9 / 10))
}

taken_away_and_back() {
	unbind net vif-0 && bind net vif-0 && net_up && streams 4000000
}

guest() {
	begin_net
	ktap_test "time stamps of what is sent" eval "ethtool -T eth0 | grep software-transmit"
	ktap_test "time stamps of what is received" eval "ethtool -T eth0 | grep software-receive"
	ktap_test "a packet is stamped" dgram stamp "$DOM0_IP" $PORT
	ktap_test "dom0 listens" dom0 listen
	ktap_test "console" console_on
	ktap_test "a message" say "hello over netpoll"
	ktap_test "is heard" dom0 heard netpoll
	ktap_test "messages while the ring is full" said_in_flood
	ktap_test "the interface is taken away and comes back" taken_away_and_back
	ktap_test "traffic as before" streams 4000000
	ktap_finished
}
