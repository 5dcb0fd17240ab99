# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "reads and packets under way while a suspend is refused, cancelled, and while the guest is saved"
#: vcpus = 2
#: dom0_vcpus = 2
#: disks = ["xvda 8M", "xvdb 8M", "xvdc 8M", "xvdd 8M"]
#: nics = 2
#: memory = 384
#: slow = true
#: timeout = 1500

# In dom0.
dom0_before() { disks_filled 7 8M xvda xvdb xvdc xvdd xvde; }
dom0_after() { rain_ends; }
later_ones() { block_attach xvde 8M && network_attach; }

# In the guest.
guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/suspend.sh
	READS_DISKS+=(xvde)
	# shellcheck disable=SC2034,SC2154 # reads.sh has it, an associative array
	READS_KIND[xvde]="attached later"
	# shellcheck disable=SC2034 # for rain.sh
	NICS=3
	begin_suspends later_ones
	suspend_round "saved and restored" dom0 save_restore
	# shellcheck disable=SC2034 # for suspend.sh
	READS_A_SECOND=8
	suspend_round "refused" refused_early
	suspend_round "refused late" refused_late
	suspend_round "checkpoint" dom0 checkpoint
	ktap_finished
}
