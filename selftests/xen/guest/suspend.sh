# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The guest is suspended, one way or the other, while reads of slow disks are under way and packets
# arrive: see reads.sh and rain.sh.
# shellcheck disable=SC1091 # they are there in the guest
. /bench/reads.sh
. /bench/rain.sh

# begin_suspends [FUNCTION...]: with a device that refuses, and others that this has dom0 attach later.
begin_suspends() {
	ktap_print_header
	if [ $# != 0 ]; then
		ktap_test "a device that refuses, others attached after it" later_devices "$@"
	fi
	begin_rain
	begin_reads
}

# So many reads a second. With two, a ring full of them takes longer than any driver may wait before
# it goes down.
READS_A_SECOND=2

suspend_round() {	# NAME COMMAND...
	local name=$1 before
	shift
	# In this order: reads of fast disks keep dom0 too busy to slow them down.
	ktap_test "$name: disks are slow" dom0 disks_slow $READS_A_SECOND riops
	start_reads
	catch_rain
	ktap_test "$name: reads are under way" reads_crowd
	ktap_test "$name: packets come" rain_comes
	before=$(requeued)
	ktap_test "$name" "$@"
	ktap_print_msg "$(($(requeued) - before)) reads were sent again"
	ktap_test "$name: disks are fast again" dom0 disks_fast
	ktap_test "$name: reads go on" reads_go_on
	reads_verdict "$name"
	ktap_test "$name: packets go on" rain_comes
	rain_verdict "$name"
}

# ---- a device whose driver refuses that it is suspended ----

REFUSE=/sys/module/xentest_refuse/parameters
refused() { cat $REFUSE/refused; }
refused_is() { [ "$(refused)" = "$1" ]; }

# later_devices FUNCTION...: a device that refuses, and after it what this function of dom0's attaches,
# with no driver yet. Linux asks those to suspend before it is refused, and none that were there before:
# so a refused suspend finds some of the disks and interfaces asked, and some not. Our modules are not
# there in a guest with the in-tree drivers, where nobody refuses.
later_devices() {
	[ "$DRIVER" = intree ] || insmod /drivers/xentest-refuse.ko || return
	dom0 "$@"
}

# refused_early: as Xen has the guest suspend. dom0 does not hear of it, and does not wait.
refused_early() {
	local before
	[ -e $REFUSE ] || return "$KSFT_SKIP"
	before=$(refused)
	echo 1 >$REFUSE/freeze && dom0 suspend_asked && wait_for 60 refused_is $((before + 1))
}

# refused_late: when interrupts of devices are off and the later devices have been told so. Not as Xen
# has the guest suspend, for Linux itself does not survive that: do_suspend() takes xenstore up again
# as after a restore, and rebind_evtchn_irq() finds the channel bound. So the guest is to hibernate,
# which asks the drivers by the same callbacks, and needs memory for an image that is never made. If
# nobody refuses, "platform" ends it thereafter. Should it fail before, a suspend of Xen's must not meet
# the refusal.
refused_late() {
	local before hibernated=
	{ [ -e $REFUSE ] && [ -e /sys/power/pm_test ] && grep -qw disk /sys/power/state; } ||
		return "$KSFT_SKIP"
	before=$(refused)
	echo platform >/sys/power/pm_test && echo 1 >$REFUSE/freeze_noirq || return
	! echo disk >/sys/power/state || hibernated=1
	echo 0 >$REFUSE/freeze_noirq
	[ -z "$hibernated" ] && refused_is $((before + 1))
}
