# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "reads and packets under way while the guest is saved and restored, and while a suspend is refused or cancelled"
#: disks = ["xvda 4M"]
#: nics = 1
#: memory = 256
#: timeout = 600

# The longer relatives are suspend-saved, suspend-migrated and suspend-many.

# In dom0.
dom0_before() { disks_filled 7 4M xvda xvdb xvdc xvdd; }
dom0_after() { rain_ends; }
later_ones() {
	block_attach xvdb 4M && block_attach xvdc 4M && block_attach xvdd 4M && trust vbd/51744 0 &&
		network_attach
}

# In the guest.

# Of the three disks that are asked each has more under way than may be waited for, with two reads a
# second. If they were waited for one after the other, that would take 24 s.
MOST_SECONDS=15
refused_in_time() {
	local waited
	refused_early || return
	waited=$(cat "$REFUSE/waited")
	echo "$waited ms"
	[ "$waited" -le $((MOST_SECONDS * 10 * PACE)) ]
}

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/suspend.sh
	# shellcheck disable=SC2034 # all are for reads.sh
	READS_DISKS=(xvda xvdb xvdc xvdd) READS_POLLED=
	# shellcheck disable=SC2034 # the same
	READS_KIND=([xvda]="grants persist" [xvdb]="grants do not persist" [xvdc]="untrusted"
		[xvdd]="attached later")
	disks_of_each_kind() {
		[ "$DRIVER" = intree ] || { connect_again xvda Y && connect_again xvdb N &&
			[ "$(kept_max xvda)" -gt 0 ] && [ "$(kept_max xvdb)" = 0 ] && [ "$(kept_max xvdc)" -gt 0 ]; }
	}
	# shellcheck disable=SC2034 # for rain.sh
	NICS=2
	begin_suspends later_ones
	suspend_round "refused" refused_in_time
	suspend_round "saved and restored" dom0 save_restore
	# Nothing is lost that was under way, so there may be more of it.
	# shellcheck disable=SC2034 # for guest/suspend.sh
	READS_A_SECOND=8
	suspend_round "checkpoint" dom0 checkpoint
	ktap_finished
}
