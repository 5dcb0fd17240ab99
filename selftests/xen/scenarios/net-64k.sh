# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "64 KB pages: packets of every shape, tagged, segmented; down and up, detached"
#: arch = "arm64"
#: kernel = ["6.12-64k"]
#: shorter = true
#: slow_kernel = ["7.2-64k", "6.1-64k", "6.12-64k-debug"]
#: timeout = 1200

guest() {
	begin_net
	# net-traffic has the first in the shorter form.
	# shellcheck disable=SC2046 # the name of a suite, or nothing
	ktap_suite $(whole_or_quick net/basic) net/shapes net/offload net/vlan net/cycle
	ktap_finished
}
