# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "backends that are not Linux's: FreeBSD's and QEMU's manners, and one that agrees on slots"
#: quick_arch = "arm64"
#: nics = 3
#: timeout = 1500
#: intree_fails = "frames down"

dom0_after() { badback_all_ended; }

guest() {
	# shellcheck disable=SC2034 # for manners.sh
	MANNERS_FULL=
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/manners.sh
	manners_tests
}
