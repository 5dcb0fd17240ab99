# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "sixteen slow disks: saved within one bound, and again as soon as the guest is back"
#: dom0_vcpus = 2
#: disks = ["xvda 4M", "xvdb 4M", "xvdc 4M", "xvdd 4M", "xvde 4M", "xvdf 4M", "xvdg 4M", "xvdh 4M",
#:          "xvdi 4M", "xvdj 4M", "xvdk 4M", "xvdl 4M", "xvdm 4M", "xvdn 4M", "xvdo 4M", "xvdp 4M"]
#: nics = 0
#: memory = 256
#: slow = true
#: timeout = 1500

NAMES=(xvd{a..p})
# Beyond what a save takes when nothing is under way. One disk's reads take as long as this, so that
# they cannot be waited for one disk after the other.
MORE_SECONDS=15

# In dom0.
dom0_before() { disks_filled 7 4M "${NAMES[@]}"; }

# What is under way takes its time, with the save too; nothing shall come on top of it.
timed_checkpoint() {
	local start=$SECONDS
	checkpoint && echo $((SECONDS - start))
}

# Twice, the second time before the guest's disks can be back.
saved_twice() { save_restore && save_restore; }

# In the guest.
in_time() {
	local took
	took=$(dom0 timed_checkpoint) || return
	echo "$took s, $IDLE s with idle disks"
	[ "$took" -le $((IDLE + MORE_SECONDS * PACE / 100)) ]
}

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/suspend.sh
	# shellcheck disable=SC2034 # all are for reads.sh
	READS_DISKS=("${NAMES[@]}") READS_POLLED="" READS_KIND=()
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" all_there
	IDLE=$(dom0 timed_checkpoint)
	ktap_test "saved with idle disks" test -n "$IDLE"
	suspend_round "suspended in time" in_time
	suspend_round "saved, and again at once" dom0 saved_twice
	ktap_finished
}
