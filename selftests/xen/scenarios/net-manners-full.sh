# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "the whole of net-manners: every suite with every manner"
#: nics = 3
#: timeout = 1500
#: slow = true
#: intree_fails = "frames down"

dom0_after() { badback_all_ended; }

guest() {
	# shellcheck disable=SC2034 # for manners.sh
	MANNERS_FULL=1
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/manners.sh
	manners_tests
}
