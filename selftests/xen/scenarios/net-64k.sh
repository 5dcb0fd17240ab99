# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "64 KB pages: packets of every shape, both ways; down and up, detached and attached"
#: arch = "arm64"
#: kernel = ["6.12-64k"]
#: slow_kernel = ["7.2-64k", "6.1-64k", "6.12-64k-debug"]
#: timeout = 900

guest() {
	begin_net
	ktap_suite net/basic net/shapes net/cycle
	ktap_finished
}
