# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "small reads beside many large writes, fast disk and slow: no worse than in-tree"
#: driver = ["ours"]
#: tools = ["fio"]
#: nics = 0
#: disks = ["xvda 192M", "xvdb 192M"]
#: icount = true
#: timeout = 900

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/fair.sh
	fair_tests "fast indirect" "slow direct"
}
