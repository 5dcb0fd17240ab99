# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "reads and packets under way while the guest is saved and restored, and at a checkpoint"
#: disks = ["xvda 4M", "xvdb 4M"]
#: nics = 2
#: memory = 256
#: timeout = 600

# The longer relatives are suspend-saved, suspend-migrated and suspend-many.

# In dom0.
dom0_before() { disks_filled 7 4M xvda xvdb; }
dom0_after() { rain_ends; }

# In the guest.
guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/suspend.sh
	# shellcheck disable=SC2034 # all are for reads.sh
	READS_DISKS=(xvda xvdb) READS_POLLED=
	disks_of_each_kind() {
		[ "$DRIVER" = intree ] || { connect_again xvda Y && connect_again xvdb N &&
			[ "$(kept_max xvda)" -gt 0 ] && [ "$(kept_max xvdb)" = 0 ]; }
	}
	begin_suspends
	suspend_round "saved and restored" dom0 save_restore
	# Nothing is lost that was under way, so there may be more of it.
	# shellcheck disable=SC2034 # for guest/suspend.sh
	READS_A_SECOND=8
	suspend_round "checkpoint" dom0 checkpoint
	ktap_finished
}
