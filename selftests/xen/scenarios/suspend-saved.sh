# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "reads and packets under way while a suspend is refused, cancelled, and while the guest is saved"
#: vcpus = 2
#: dom0_vcpus = 2
#: disks = ["xvda 8M", "xvdb 8M", "xvdc 8M", "xvdd 8M"]
#: nics = 3
#: memory = 256
#: slow = true
#: timeout = 1500

# In dom0.
dom0_before() { disks_filled 7 8M xvda xvdb xvdc xvdd xvde; }
dom0_after() { rain_ends; }

# As "xl save" does it, which would wait for a minute for a guest that does not go down.
suspend_asked_for() { xenstore-write "/local/domain/$DOMID/control/shutdown" suspend; }

# In the guest.
REFUSE=/sys/module/xentest_refuse/parameters
refused() { cat $REFUSE/refused; }
refused_is() { [ "$(refused)" = "$1" ]; }

# Early. Linux itself does not survive a device that refuses late, in dpm_suspend_end(): do_suspend()
# then takes xenstore up again as after a restore, and rebind_evtchn_irq() finds the channel bound.
refused_once() {
	local before
	before=$(refused)
	echo 1 >$REFUSE/freeze && dom0 suspend_asked_for && wait_for 60 refused_is $((before + 1))
}

# Of the devices that were there before the module nobody is asked to suspend when it refuses "freeze",
# of those that came later all are.
later_disk() {
	insmod /drivers/xentest-refuse.ko && dom0 block_attach xvde 8M && wait_for 60 have_disk xvde
}

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/suspend.sh
	begin_suspends
	ktap_test "a device that refuses, and a disk attached after it" later_disk
	READS_DISKS+=(xvde)
	# shellcheck disable=SC2034,SC2154 # reads.sh has it, an associative array
	READS_KIND[xvde]="attached later"
	suspend_round "saved and restored" dom0 save_restore
	# shellcheck disable=SC2034 # for suspend.sh
	READS_A_SECOND=8
	suspend_round "refused" refused_once
	suspend_round "checkpoint" dom0 checkpoint
	ktap_finished
}
