# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "packets of every shape to and from a backend of FreeBSD's manners"
#: timeout = 900
#: slow = true

# The rest of these manners is in net-manners.

dom0_after() { badback_all_ended; }

guest() {
	begin_suites
	export XENFRONT_IFACE=eth0 XENFRONT_PEER=$DOM0_IP XENFRONT_PEER6=$DOM0_IP6 XENFRONT_LIMIT=600 XENFRONT_FULL=1
	ktap_test "badback takes the interface" dom0 badback_take 0 freebsd
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up 0
	ktap_suite net/shapes
	ktap_test "freebsd saw nothing wrong" dom0 badback_clean 0
	ktap_finished
}
