# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "blk-fair with and without indirect descriptors, on fast disks and slow"
#: driver = ["ours"]
#: tools = ["fio"]
#: nics = 0
#: disks = ["xvda 192M", "xvdb 192M"]
#: icount = true
#: timeout = 900
#: slow = true

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/fair.sh
	fair_tests "fast indirect" "fast direct" "slow indirect" "slow direct"
}
