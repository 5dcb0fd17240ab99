# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "packets of every shape, both ways, compared byte for byte"
#: quick_arch = "arm64"
#: shorter = true
#: slow_kernel = ["6.1"]
#: intree_fails = "MTU of 9000, in pieces"
#: timeout = 900

guest() {
	begin_net
	# net-64k and net-manners have tagged packets in the shorter form.
	# shellcheck disable=SC2046 # the name of a suite, or nothing
	ktap_suite net/basic net/shapes $(whole_or_quick net/vlan) net/cycle
	ktap_finished
}
