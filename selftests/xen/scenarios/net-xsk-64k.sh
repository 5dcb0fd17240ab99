# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "64 KB pages: AF_XDP, whose chunks are then parts of a page"
#: arch = "arm64"
#: kernel = ["6.12-64k", "6.12-64k-debug"]
#: driver = "ours"
#: timeout = 1800
#: slow = true

guest() {
	export XENFRONT_LIMIT=900	# each socket that comes or goes renews the connection
	begin_net
	ktap_suite net/xsk
	ktap_test "driver loads untrusting" load_net_again trusted=0
	export XENFRONT_XSK=copy
	ktap_suite net/xsk
	ktap_test "driver unloads" unload_driver net
	ktap_finished
}
