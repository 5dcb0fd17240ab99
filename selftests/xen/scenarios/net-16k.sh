# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "16 KB pages: packets of every shape, both ways"
#: arch = "arm64"
#: kernel = ["6.12-16k"]
#: timeout = 600
#: slow = true

guest() {
	begin_net
	ktap_suite net/basic net/shapes
	ktap_finished
}
