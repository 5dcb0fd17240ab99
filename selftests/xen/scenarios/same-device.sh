# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "what is no other device, whatever its backends go through: it goes on, with what is open"
#: disks = ["xvda 16M"]
#: driver = "ours"
#: timeout = 300

# As a toolstack's agents may, at any time, in directories that the guest owns or not.
keys_early() {
	key_set vif 0 xenfront-test early && key_set vbd 51712 xenfront-test early &&
		xenstore-write "/local/domain/$DOMID/device/vbd/51712/xenfront-test" early \
			"/local/domain/$DOMID/device/vif/0/xenfront-test" early
}

key_early_again() { keys_early && backend_restarts vbd-51712 && netback_restarts; }

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/same.sh
	ktap_print_header
	ktap_test "keys of others'" dom0 keys_early
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "content" blkpat fill /dev/xvda 51
	same_begin
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
