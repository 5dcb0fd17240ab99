# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "XDP: every verdict, packets moved, cut and marked, of any size; one piece or several"
#: kernel = ["6.12"]
#: intree_fails = "the backend segments what it sends"
#: timeout = 600
#: slow_kernel = ["6.1"]

guest() {
	begin_suites
	export XENFRONT_PEER=$DOM0_IP
	ktap_test "modules" eval "modprobe 8021q && modprobe sch_ingress && modprobe cls_bpf"
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_suite net/xdp
	ktap_finished
}
