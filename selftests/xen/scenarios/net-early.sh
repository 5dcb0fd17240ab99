# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "an interface whose backend is late: it has its name, and can be configured and taken up"
#: driver = "ours"
#: nics = 2
#: timeout = 300

# ---- in dom0 ----

first_backend() { xenstore-write "/local/domain/0/backend/vif/$DOMID/0/state" "$1"; }

# ---- in the guest ----

bound() { [ -e "/sys/bus/xen/drivers/vif/$1" ]; }
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

guest() {
	local mac=02:00:00:ab:cd:ef
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
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
