# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "an interface and a disk are taken away while the guest sleeps: it wakes"
#: vcpus = 2
#: nics = 2
#: disks = ["xvda 16M", "xvdb 16M"]
#: timeout = 300

# ---- in dom0 ----

# taken_away_soon: a moment after the guest has said that it goes to sleep.
taken_away_soon() { { wait_for 20 sleeps && sleep 3 && taken_away; } 3>&- >/tmp/taken 2>&1 & }
sleeps() { xenstore-exists "/local/domain/$DOMID/data/sleeps"; }
taken_away() {
	xenstore-rm "/local/domain/$DOMID/device/vif/0" && xl block-detach --force "$DOMID" xvdb &&
		echo taken
}
was_taken() { wait_for 20 grep -q -x taken /tmp/taken || { cat /tmp/taken; return 1; }; }

# ---- in the guest ----

# Devices are suspended, and nothing else: the kernel then waits, and wakes them.
SLEEP_SECONDS=12
prepared() {
	echo devices >/sys/power/pm_test &&
		echo $SLEEP_SECONDS >/sys/module/suspend/parameters/pm_test_delay
}

slept() {
	local start=$SECONDS
	xenstore-write data/sleeps 1
	echo freeze >/sys/power/state || return
	echo "woke after $((SECONDS - start)) s"
	[ $((SECONDS - start)) -ge $((SLEEP_SECONDS - 2)) ]
}

gone() { [ ! -e "$1" ]; }
disk_works() { blkpat fill "/dev/$1" 3 && blkpat verify "/dev/$1" 3; }

guest() {
	ktap_print_header
	ktap_test "drivers load" load_drivers
	ktap_test "links are up" eval "net_up 0 && net_up 1"
	ktap_test "disks are there" eval "wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb"
	ktap_test "the guest can sleep" prepared
	ktap_test "dom0 will take some away" dom0 taken_away_soon
	ktap_test "the guest sleeps, and wakes" slept || ktap_finished
	ktap_test "they were taken away meanwhile" dom0 was_taken
	ktap_test "the disk is gone" wait_for 20 gone /sys/block/xvdb
	ktap_test "the interface is gone" wait_for 20 gone /sys/class/net/eth0
	ktap_test "the other disk works" disk_works xvda
	ktap_test "the other interface works" streams 1000000 10.7.1.1
	ktap_test "a disk is attached" dom0 block_attach xvdc 16M
	ktap_test "is there" wait_for 20 have_disk xvdc
	ktap_test "and works" disk_works xvdc
	ktap_finished
}
