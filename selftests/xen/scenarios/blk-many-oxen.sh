# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "60 disks where a guest may have a hundred watches: attached, used, detached"
#: nics = 0
#: oxenstored = true
#: timeout = 1200
#: slow = true

# Xen's bus needs a watch for each device, so as many would do for a driver.
NAMES=(xvd{b..z} xvda{a..z} xvdb{a..i})

# In dom0.
attach_some() { local name; for name; do block_attach "$name" 1M || return; done; }
detach_some() { local name; for name; do block_detach "$name" || return; done; }

# In the guest, ten names a call: it must be answered in time.
in_portions() {	# FUNCTION
	local at
	for ((at = 0; at < ${#NAMES[@]}; at += 10)); do
		dom0 "$1" "${NAMES[@]:at:10}" || return
	done
}

gone() { [ ! -e "/sys/block/$1" ]; }

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/many.sh
	# shellcheck disable=SC2034 # for each_disk
	DISKS=("${NAMES[@]}")
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "attached" in_portions attach_some
	ktap_test "every disk is there" each_disk 60 wait_for 60 have_disk
	ktap_test "every disk is written" each_disk 120 filled
	ktap_test "every disk holds what was written" each_disk 120 verified
	ktap_test "detached" in_portions detach_some
	ktap_test "every disk is gone" each_disk 60 wait_for 60 gone
	ktap_finished
}
