# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "64 KB pages: packets of every shape, tagged, segmented; down and up, detached"
#: arch = "arm64"
#: kernel = ["6.12-64k"]
#: slow_kernel = ["7.2-64k", "6.1-64k", "6.12-64k-debug"]
#: timeout = 1200

guest() {
	begin_net
	ktap_suite net/basic net/shapes net/offload net/vlan net/cycle
	ktap_finished
}
