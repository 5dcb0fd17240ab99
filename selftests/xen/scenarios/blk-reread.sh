# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "restored to a backend with a cache, discard, another size; and to one without"
#: disks = ["xvda 16M writethrough"]
#: nics = 0
#: timeout = 300
#: slow = true

# The in-tree driver reads the size again when the backend's state is written once more, not when it
# connects again.

# ---- in dom0 ----

loop_of() { losetup --noheadings --output NAME --associated "$(disk_file "$1")"; }

# The device changes while nobody has it.
while_saved() {
	local loop
	loop=$(loop_of xvda)
	echo "write $NEXT_CACHE" >"/sys/block/${loop##*/}/queue/write_cache" && disk_grow xvda "$NEXT_SIZE"
}

flushes_served() { cat "/sys/bus/xen-backend/devices/vbd-$DOMID-51712/statistics/f_req"; }

other_backend() {	# through|back DISCARD-ENABLE SIZE
	NEXT_CACHE=$1 NEXT_SIZE=$3
	save_restore "discard-enable=$2"
}

# ---- in the guest ----

restored() {	# NAME CACHE DISCARD SIZE
	ktap_test "restored to a backend $1" dom0 other_backend "$2" "$3" "$4"
}

# A flush that the block layer ends by itself is as good as one that the backend served, here.
flush_served() {
	local before now
	before=$(dom0 flushes_served)
	dd if=/dev/zero of=/dev/xvda bs=64k count=4 conv=fsync,notrunc 2>&1 || return
	now=$(dom0 flushes_served)
	echo "the backend has served $((now - before)) flushes"
	[ "$now" -gt "$before" ]
}

no_flush_served() {
	dd if=/dev/zero of=/dev/xvda bs=64k count=4 conv=fsync,notrunc 2>&1 &&
		[ "$(dom0 flushes_served)" = 0 ]
}

written_now() { [ "$(cat /sys/block/xvda/queue/write_cache)" = "write $1" ]; }
sectors_now() { [ "$(cat /sys/block/xvda/size)" = "$1" ]; }

# Requests end, in error.
refused() { ! timeout 10 dd if=/dev/xvda of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null; }

poor() {	# SECTORS
	export XENFRONT_EXPECT="cache=through discard=off sectors=$1"
	ktap_test "seen at once" wait_for 20 eval "written_now through && sectors_now $1"
	ktap_suite blk/features
	ktap_test "no flush for the backend" no_flush_served
}

rich() {	# SECTORS
	export XENFRONT_EXPECT="cache=back sectors=$1"
	ktap_test "seen at once" wait_for 20 eval "written_now back && sectors_now $1"
	ktap_suite blk/features
	ktap_test "a flush gets to the backend" flush_served
}

guest() {
	begin_suites
	export XENFRONT_DISK=xvda
	ktap_test "backend without discard" dom0 key_set vbd 51712 discard-enable 0
	ktap_test "driver loads" load_driver blk
	ktap_test "disk is there" wait_for 20 have_disk xvda
	poor 32768
	restored "with a cache and discard, larger" back 1 24M
	rich 49152
	restored "without" through 0 24M
	poor 49152
	restored "with a cache and discard again" back 1 24M
	rich 49152
	restored "smaller, which is no copy of the disk" back 1 20M
	ktap_test "it is refused" wait_for 20 refused
	ktap_finished
}
