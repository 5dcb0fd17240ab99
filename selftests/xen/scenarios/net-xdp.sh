# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "XDP: every verdict, packets moved, cut and marked, of any size; one piece or several"
#: quick_arch = "arm64"
#: shorter = true
#: slow_kernel = ["6.1"]
#: intree_fails = "the backend (segments what it sends|sends large packets)"
#: timeout = 600

# ---- in dom0 ----

# many_pings HOW-MANY: more than the guest may answer, that is one in 50 ms.
many_pings() { ping -q -i 0.002 -c "$1" -W 1 -s 1400 10.7.0.2; true; }

# ---- in the guest ----

program() { ip link set eth0 xdp "$@" && wait_for 30 carrier eth0; }
own_answers() { [ "$1" = on ]; echo $? >/proc/sys/net/ipv4/icmp_echo_ignore_all; }

# What the ring has no room for is lost, and counted, and nothing else comes of it.
sent_back_to_a_full_ring() {
	ktap_test "no answers but the program's" own_answers off
	ktap_test "a program that sends back" program obj "$(command -v xdp.bpf.o)" program reflect
	ktap_test "a slow backend" dom0 backend_set vif rate 1500,50000
	ktap_test "more pings than it takes answers" dom0 many_pings "$(whole_or_quick 1500 900)"
	ktap_test "the ring was filled" nic_counter_over rx_xdp_tx 255
	ktap_test "what it had no room for was lost" nic_counter_over rx_xdp_lost 255
	ktap_test "the backend is quick again" dom0 backend_hide vif rate
	ktap_test "pings are answered" wait_for 30 dom0 ping_guest 1400
	ktap_test "streams" streams 1000000
	ktap_test "no program" program off
	ktap_test "own answers" own_answers on
	ktap_test "own answers come" dom0 ping_guest 1400
}

guest() {
	begin_suites
	export XENFRONT_PEER=$DOM0_IP XENFRONT_PEER6=$DOM0_IP6
	ktap_test "modules" eval "modprobe 8021q && modprobe sch_ingress && modprobe cls_bpf"
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_suite net/xdp
	[ "$DRIVER" != ours ] || sent_back_to_a_full_ring
	ktap_finished
}
