# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a new connection while the old one's I/O stands still in the backend: later the disk works"
#: quick_arch = "arm64"
#: nics = 0
#: timeout = 400
#: intree_fails = "writes end|is there again"

# blkback says that it has closed while I/O is under way, takes no new connection then, and waits
# to be told once more.

dom0_before() { hung_tasks_wait 0; }
dom0_after() {
	mapped_all_go_on
	hung_tasks_wait 120
}

directory_goes() { xenstore-rm "/local/domain/$DOMID/device/vbd/$1"; }

stands_still() {	# NAME [DISK]
	ktap_test "$1: the disk stands still" dom0 mapped_stops "${2:-xvdb}"
	ktap_test "$1: writes are under way" writes_begin "${2:-xvdb}"
}

works() {	# NAME SEED
	ktap_test "$1: the disk works" eval "blkpat fill /dev/xvdb $2 && dom0 file_verify xvdb $2"
}

# The writes are the guest's still, and no error of the disk's.
backend_reopens_busy() {
	stands_still "backend reopens"
	ktap_test "backend reopens" dom0 backend_reopens vbd-51728
	ktap_test "backend reopens: a while later" sleep 5
	ktap_test "backend reopens: the disk goes on" dom0 mapped_goes_on xvdb
	ktap_test "backend reopens: writes end" writes_end xvdb
	ktap_test "backend reopens: as they were to" dom0 file_verify xvdb 35
	works "backend reopens" 36
}

bound_again_busy() {
	stands_still "bound again"
	ktap_test "bound again: out of the driver" in_time 90 unbind blk vbd-51728
	ktap_test "bound again: and back" in_time 30 bind blk vbd-51728
	ktap_test "bound again: a while later" sleep 5
	ktap_test "bound again: the disk goes on" dom0 mapped_goes_on xvdb
	ktap_test "bound again: writes have ended" wait_for 60 job_over writes-xvdb
	ktap_test "bound again: it is there again" wait_for 60 have_disk xvdb
	works "bound again" 37
}

# The toolstack takes the disk's directory away, and the backend answers a request now and then. Who
# runs all watches of the guest does not wait until the last is answered.
taken_away_slow() {
	ktap_test "taken away: the disk is slow" dom0 disk_slow xvdc 2
	ktap_test "taken away: writes are under way" writes_begin xvdc
	ktap_test "taken away" dom0 directory_goes 51744
	ktap_test "taken away: another disk is attached" dom0 block_attach xvdd 16M
	ktap_test "taken away: and is there soon" wait_for 60 have_disk xvdd
	ktap_test "taken away: it works" eval "blkpat fill /dev/xvdd 38 && dom0 file_verify xvdd 38"
	ktap_test "taken away: the slow disk is fast again" dom0 disks_fast
	ktap_test "taken away: writes have ended" wait_for 60 job_over writes-xvdc
}

grants_persist() { echo "$1" >/sys/module/xen_blkfront/parameters/feature_persistent; }
copies_nothing() { ! grep -H "^kept_frames_max [1-9]" /sys/kernel/debug/xen-blkfront/xvde/ring-*; }

# What the backend has mapped the frames of, and given to the disk; nobody has written before.
sectors_taken() { cat "/sys/bus/xen-backend/devices/vbd-$DOMID-51776/statistics/wr_sect"; }	# in dom0
frames_mapped() {	# AT-LEAST
	local sectors
	sectors=$(dom0 sectors_taken) || return
	echo "$((sectors / 8)) frames"
	[ $((sectors / 8)) -ge "$1" ]
}

# Of the grant table's functions some have a line for each frame that is mapped still, which fills the
# log of whoever looks for what is wrong.
few_lines() {
	local lines
	lines=$(dmesg | grep -c "still in use")
	echo "$lines lines of grants in use"
	[ "$lines" -le 12 ]
}

# The backend reaches the writes themselves and no copies of them, and says that it has closed with all
# their frames mapped.
many_mapped() {
	ktap_test "many mapped: grants persist no more" grants_persist 0
	ktap_test "many mapped: a disk" dom0 mapped_attach xvde 16M
	ktap_test "many mapped: is there" wait_for 20 have_disk xvde
	ktap_test "many mapped: and copies nothing" copies_nothing
	stands_still "many mapped" xvde
	ktap_test "many mapped: their frames are mapped" wait_for 20 frames_mapped 500
	ktap_test "many mapped: backend reopens" dom0 backend_reopens vbd-51776
	ktap_test "many mapped: a while later" sleep 2
	ktap_test "many mapped: few lines so far" few_lines
	ktap_test "many mapped: the disk goes on" dom0 mapped_goes_on xvde
	ktap_test "many mapped: writes end" writes_end xvde
	ktap_test "many mapped: as they were to" dom0 file_verify xvde 35
	ktap_test "many mapped: few lines at all" few_lines
}

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "something to write" writes_make 16 35
	ktap_test "a disk that can stand still" dom0 mapped_attach xvdb 16M
	ktap_test "disk is there" wait_for 20 have_disk xvdb
	backend_reopens_busy
	bound_again_busy
	ktap_test "a disk to take away" eval "dom0 block_attach xvdc 16M && wait_for 20 have_disk xvdc"
	taken_away_slow
	[ "$DRIVER" = intree ] || many_mapped
	ktap_finished
}
