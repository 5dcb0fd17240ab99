# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The guest is suspended, one way or the other, while reads of slow disks are under way and packets
# arrive: see reads.sh and rain.sh.
# shellcheck disable=SC1091 # they are there in the guest
. /bench/reads.sh
. /bench/rain.sh

begin_suspends() {
	ktap_print_header
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
