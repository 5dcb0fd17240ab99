# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "64 KB pages: XDP, whose packets are then in parts of a page"
#: arch = "arm64"
#: kernel = ["6.12-64k", "6.1-64k", "6.12-64k-debug"]
#: driver = "ours"
#: timeout = 900
#: slow = true

guest() {
	begin_net
	ktap_suite net/xdp
	ktap_finished
}
