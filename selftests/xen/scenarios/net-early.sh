# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "an interface whose backend is late has its name and can be taken up; one that restarts and restarts"
#: quick_arch = "arm64"
#: shorter = true
#: driver = "ours"
#: nics = 2
#: timeout = 300

# ---- in dom0 ----

first_backend() { xenstore-write "/local/domain/0/backend/vif/$DOMID/0/state" "$1"; }

# Many times a second: a backend that says so may be broken, or mean it ill. netback, which does not know
# of it, says Connected once; where that was written over before the guest had read it, it is said again.
second_restarts() {	# TIMES
	local time waits=0
	local back=/local/domain/0/backend/vif/$DOMID/1/state front=/local/domain/$DOMID/device/vif/1/state
	for ((time = 0; time <= $1; time++)); do
		xenstore-write "$back" $((time % 2 ? 70 : 2))
		sleep 0.1
		state_is "$front" 4 && waits=$((waits + 1)) || waits=0
		[ $waits -lt 10 ] || { xenstore-write "$back" 4; sleep 0.1; waits=0; }
	done
}

# netback does not know that others have written its state. One that was written over its Connected
# would stand there for good, and the guest wait for a backend that waits for nothing.
second_means_it() { netback_goes 1 && sleep 1 && netback_returns 1; }

# A toolstack that writes one key after the other, with the guest looking on.
third_begun() {
	local front=/local/domain/$DOMID/device/vif/2 back=/local/domain/0/backend/vif/$DOMID/2
	xl pause "$DOMID"
	network_attach 22 && xenstore-rm "$front/mac" && xenstore-rm "$back/mac" &&
		xenstore-write "$back/state" 1
	xl unpause "$DOMID"
}

third_whole() {
	local front=/local/domain/$DOMID/device/vif/2 back=/local/domain/0/backend/vif/$DOMID/2
	xenstore-write "$back/mac" 00:16:3e:00:00:22 "$front/mac" 00:16:3e:00:00:22 &&
		xenstore-write "$back/state" 2
}

# ---- in the guest ----

bound() { [ -e "/sys/bus/xen/drivers/vif/$1" ]; }
no_third() { [ ! -e /sys/class/net/eth2 ]; }
no_carrier() { ! carrier eth0; }

# Each is answered, with an error or without, and nobody waits.
asked() {
	local code question
	while read -r question; do
		timeout 5 bash -c "$question" >/tmp/answer 2>&1
		code=$?
		[ $code != 124 ] || { echo "no answer: $question"; return 1; }
	done <<-'END'
		ethtool eth0
		ethtool -i eth0
		ethtool -g eth0
		ethtool -c eth0
		ethtool -l eth0
		ethtool -L eth0 combined 1
		ethtool -k eth0
		ethtool -K eth0 tso off
		ethtool -K eth0 tso on
		ethtool -K eth0 rxhash on
		ethtool -x eth0
		ethtool -X eth0 equal 1
		ethtool -S eth0
		ethtool -T eth0
		ethtool --get-tunable eth0 tx-copybreak
		ethtool --set-tunable eth0 tx-copybreak 1024
		cat /sys/class/net/eth0/rxbuf_cur
		ip link set eth0 promisc on
		ip link set eth0 promisc off
		ip link set eth0 mtu 9000
		ip link set eth0 mtu 1500
		ip link set eth0 down
		ip link set eth0 up
		ping -c 1 -W 1 10.7.0.1
	END
}

mac_is() { [ "$(cat /sys/class/net/eth0/address)" = "$1" ]; }

connections_of() { cat "/sys/class/net/$1/carrier_up_count"; }

# A connection that does not last a second is followed by a pause, and dom0 is not kept busy with us.
few_connections() {
	local made start=$SECONDS
	made=$(connections_of eth1)
	dom0 second_restarts "$(whole_or_quick 150 80)"
	made=$(($(connections_of eth1) - made))
	echo "$made connections in $((SECONDS - start)) s"
	[ $made -ge 2 ] && [ $made -le $((SECONDS - start + 5)) ]
}

guest() {
	local mac=02:00:00:ab:cd:ef
	. /selftests/suite.sh
	ktap_print_header
	ktap_test "the first backend is not ready" dom0 first_backend 1
	ktap_test "driver loads" load_driver net
	ktap_test "both devices are bound" eval "wait_for 20 bound vif-0 && wait_for 20 bound vif-1"
	ktap_test "interfaces have their numbers" net_names
	ktap_test "the second works" eval "net_up 1 && ping -c 1 -W 5 10.7.1.1"
	ktap_test "the first has no carrier" no_carrier
	ktap_test "its address is set" ip link set eth0 address $mac
	ktap_test "it is taken up" ip link set eth0 up
	ktap_test "a program is attached" ip link set eth0 xdp obj "$(command -v xdp.bpf.o)" program drop
	ktap_test "and taken away" ip link set eth0 xdp off
	ktap_test "another is attached" ip link set eth0 xdp obj "$(command -v xdp.bpf.o)" program take_frags
	ktap_test "all that is asked is answered" asked
	ktap_test "its backend is ready" dom0 first_backend 2
	ktap_test "link is up" net_up 0
	ktap_test "traffic" streams 1000000
	ktap_test "the program has seen it" nic_counter_over rx_xdp_pass 10
	ktap_test "the address is what was set" mac_is $mac
	ktap_test "one more comes, without an address yet" dom0 third_begun
	ktap_test "it is bound, and has no name yet" eval "wait_for 20 bound vif-2 && sleep 2 && no_third"
	ktap_test "its address and its backend come" dom0 third_whole
	ktap_test "it works" eval "net_up 2 && wait_for 20 ping -c 1 -W 2 10.7.2.1"
	ktap_test "the second's backend restarts all the time" few_connections
	ktap_test "the first works as before" streams 1000000
	ktap_test "it restarts once, and means it" dom0 second_means_it
	ktap_test "the second works again" eval "wait_for 20 carrier eth1 && streams 1000000 10.7.1.1"
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
