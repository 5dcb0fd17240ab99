# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Whether disk and interface are still the same after something happened to their backends: xvda,
# open at file descriptor 7, and eth0.

# An open disk, and the numbers of disk and interface, are the same as long as the devices are.
numbers() { cat /sys/block/xvda/diskseq /sys/class/net/eth0/ifindex /sys/class/net/eth0/address; }

holds_open() { exec 7<>/dev/xvda; }

# An open disk that is dead reads as one that is at its end.
open_reads() { [ "$(dd bs=4k count=1 iflag=direct <&7 | wc -c)" = 4096 ]; }
open_works() { in_time 60 open_reads && job_well timed; }
open_fails() { in_time 60 open_reads && ! job_well timed; }

answers() { wait_for 40 ping -c 1 -W 2 "$DOM0_IP"; }

# same_begin: what goes_on() compares with.
same_begin() {
	holds_open
	NUMBERS=$(numbers | tr '\n' ' ')
}

goes_on() {	# NAME SEED
	ktap_test "$1: the same devices" [ "$(numbers | tr '\n' ' ')" = "$NUMBERS" ]
	ktap_test "$1: the open disk works" open_works
	ktap_test "$1: content is what was written" blkpat verify /dev/xvda "$2"
	ktap_test "$1: the disk can be written" blkpat fill /dev/xvda $(($2 + 1))
	ktap_test "$1: dom0 agrees" dom0 file_verify xvda $(($2 + 1))
	ktap_test "$1: network" eval "answers && streams 1000000"
}
