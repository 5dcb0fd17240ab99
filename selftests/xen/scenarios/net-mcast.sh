# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "multicast filtered by the backend: groups joined and left, promiscuity, too many groups"
#: quick_arch = "arm64"
#: kernel = ["6.12"]
#: slow_kernel = ["6.1"]
#: nics = 2
#: driver = "ours"
#: timeout = 300

# netback filters only what comes from another port, so a bridge joins the two interfaces.
bridge() {
	modprobe bridge && ip link add br0 type bridge mcast_snooping 0 &&
		ip link set "vif$DOMID.0" master br0 && ip link set "vif$DOMID.1" master br0 &&
		ip link set br0 up
}
dom0_after() { [ ! -e /sys/class/net/br0 ] || ip link del br0; }

GROUP=239.1.2.3 GROUP_MAC=01:00:5e:01:02:03
SENT=40 FEW=10

# heard [GROUP]: how many of the packets sent from the other interface come in.
heard() {
	local before
	before=$(statistic rx_packets)
	ping -c $SENT -i 0.02 -W 1 -I eth1 "${1:-$GROUP}" >/dev/null
	sleep 0.5
	echo $(($(statistic rx_packets) - before))
}

hears_all() {
	local n
	n=$(heard "$@") && echo "$n packets came in" && [ "$n" -ge $SENT ]
}

hears_few() {
	local n
	n=$(heard "$@") && echo "$n packets came in" && [ "$n" -lt $FEW ]
}

# join, leave: at the link; then until the backend has heard of it.
join() { ip maddress add $GROUP_MAC dev eth0 && sleep 0.5; }
leave() { ip maddress del $GROUP_MAC dev eth0 && sleep 0.5; }

many() {	# add|del
	local n
	for ((n = 0; n < 70; n++)); do
		ip maddress "$1" "01:00:5e:00:01:$(printf %02x $n)" dev eth0 || return
	done
}

routes() { ip route replace 239.0.0.0/8 dev eth1; }

static_backend() {
	unbind net vif-0 && dom0 key_hide vif 0 feature-dynamic-multicast-control && bind net vif-0 &&
		net_up 0 && dom0 enslave
}
enslave() { ip link set "vif$DOMID.0" master br0; }

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver net
	ktap_test "links are up" eval "net_names && net_up 0 && net_up 1 && routes"
	ktap_test "a bridge" dom0 bridge
	ktap_test "the backend is asked to filter" filtering_is 1
	ktap_test "a group not joined is not heard" hears_few
	ktap_test "a group that IPv6 joined is heard" hears_all ff02::1:ff00:2
	ktap_test "joined" join
	ktap_test "a group joined is heard" hears_all
	ktap_test "left" leave
	ktap_test "a group left is not heard" hears_few
	for mode in promisc allmulticast; do
		ktap_test "$mode" ip link set eth0 $mode on
		ktap_test "the backend is not asked to filter" filtering_is 0
		ktap_test "every group is heard" hears_all
		ktap_test "no $mode" ip link set eth0 $mode off
		ktap_test "the backend is asked to filter again" filtering_is 1
		ktap_test "a group not joined is not heard again" hears_few
	done
	ktap_test "more groups than the backend can remember" many add
	ktap_test "the backend does not filter" filtering_is 0
	ktap_test "all are heard" hears_all
	ktap_test "as few as before" many del
	ktap_test "the backend filters" filtering_is 1
	ktap_test "the others are not heard" hears_few
	ktap_test "a backend that reads the request once" static_backend
	ktap_test "is asked to filter" filtering_is 1
	ktap_test "and does" hears_few
	ktap_test "promiscuity" ip link set eth0 promisc on
	ktap_test "needs a new connection" filtering_is 0
	wait_for 20 carrier eth0
	ktap_test "and everything is heard" hears_all
	ktap_finished
}
