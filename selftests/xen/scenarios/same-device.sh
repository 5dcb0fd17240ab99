# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "what is no other device, whatever its backends go through: it goes on, with what is open"
#: disks = ["xvda 16M"]
#: driver = "ours"
#: timeout = 300

# An open disk, and the numbers of disk and interface, are the same as long as the devices are.
numbers() { cat /sys/block/xvda/diskseq /sys/class/net/eth0/ifindex /sys/class/net/eth0/address; }

holds_open() { exec 7<>/dev/xvda; }
open_works() { dd bs=4k count=1 iflag=direct <&7 >/dev/null; }

answers() { wait_for 40 ping -c 1 -W 2 "$DOM0_IP"; }

goes_on() {	# NAME SEED
	ktap_test "$1: the same devices" [ "$(numbers | tr '\n' ' ')" = "$NUMBERS" ]
	ktap_test "$1: the open disk works" in_time 60 open_works
	ktap_test "$1: content is what was written" blkpat verify /dev/xvda "$2"
	ktap_test "$1: the disk can be written" blkpat fill /dev/xvda $(($2 + 1))
	ktap_test "$1: dom0 agrees" dom0 file_verify xvda $(($2 + 1))
	ktap_test "$1: network" eval "answers && streams 1000000"
}

# As a toolstack's agents may, at any time, in directories that the guest owns or not.
keys_early() {
	key_set vif 0 xenfront-test early && key_set vbd 51712 xenfront-test early &&
		xenstore-write "/local/domain/$DOMID/device/vbd/51712/xenfront-test" early \
			"/local/domain/$DOMID/device/vif/0/xenfront-test" early
}

key_early_again() { keys_early && backend_restarts vbd-51712 && netback_restarts; }

guest() {
	ktap_print_header
	ktap_test "keys of others'" dom0 keys_early
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "content" blkpat fill /dev/xvda 51
	holds_open
	NUMBERS=$(numbers | tr '\n' ' ')
	ktap_test "backends unbound and bound" dom0 key_early_again
	goes_on "backends unbound and bound" 51
	ktap_test "backend closes and opens" dom0 backend_reopens vbd-51712
	goes_on "backend closes and opens" 52
	ktap_test "restored with another serial" dom0 save_restore serial=another
	goes_on "restored with another serial" 53
	exec 7>&-
	ktap_test "bound again in the guest" eval "unbind blk vbd-51712 && bind blk vbd-51712"
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "content is what was written" blkpat verify /dev/xvda 54
	ktap_finished
}
