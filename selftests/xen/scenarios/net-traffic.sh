# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "packets of every shape, both ways, compared byte for byte"
#: quick_arch = "arm64"
#: slow_kernel = ["6.1"]
#: intree_fails = "MTU of 9000, in pieces"
#: timeout = 900

guest() {
	begin_net
	ktap_suite net/basic net/shapes net/vlan net/cycle
	ktap_finished
}
