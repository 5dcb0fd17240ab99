# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a disk that stands still uses up no other disk's time before the guest is saved"
#: driver = "ours"
#: disks = ["xvda 32M"]
#: nics = 0
#: memory = 256
#: slow = true
#: timeout = 600

# In dom0. The disk that is attached last is suspended first.
dom0_before() { disks_filled 7 32M xvda; }
dom0_after() { mapped_all_go_on; mapped_forget; }

stands() { mapped_stops xvdb; }
slow() { disk_slow xvda 10; }

# A domain that is saved is not gone before the last of its requests is answered.
dying() { xl list "$DOMID" 2>/dev/null | awk 'NR == 2 { dying = $(NF - 1) ~ /d/ } END { exit !dying }'; }
saved() {
	{ wait_for 100 dying; mapped_goes_on xvdb; } &
	save_restore
}

# In the guest.
requeued_of() {	# DISK
	awk '$1 == "requeued" { sum += $2 } END { print sum + 0 }' "/sys/kernel/debug/xen-blkfront/$1/"ring-*
}
was_requeued() { [ "$(requeued_of "$1")" -gt 0 ]; }

# From the page cache, by a thread of the kernel that no suspend stops: who waits for a write that hangs
# cannot be frozen.
writes_back() {	# DISK MB
	echo 0 >"/sys/block/$1/queue/wbt_lat_usec"
	echo 128 >"/sys/block/$1/queue/max_sectors_kb"
	writes_make "$2" 9 && dd if=/tmp/pattern of="/dev/$1" bs=1M conv=notrunc
}
in_flight() { [ "$(writes_in_flight "$1")" -ge "$2" ]; }

none_again() {
	echo "$(requeued_of xvda) writes were sent again"
	[ "$(requeued_of xvda)" = "$BEFORE" ]
}

is_written() {	# DISK MB
	writes_make "$2" 9 && cmp -n $(($2 << 20)) /tmp/pattern "/dev/$1"
}

guest() {
	ktap_print_header
	echo 100 >/proc/sys/vm/dirty_writeback_centisecs
	echo 100 >/proc/sys/vm/dirty_expire_centisecs
	echo 60 >/proc/sys/vm/dirty_ratio
	ktap_test "driver loads" load_driver blk
	ktap_test "a disk that can stand still" eval "dom0 mapped_attach xvdb 8M && wait_for 20 have_disk xvdb"
	ktap_test "disk is there" wait_for 20 have_disk xvda
	# Whoever closes a disk last waits until it is written.
	exec 7<>/dev/xvda 8<>/dev/xvdb
	ktap_test "one disk stands still" dom0 stands
	ktap_test "and is written" writes_back xvdb 2
	ktap_test "its writes wait" wait_for 20 in_flight xvdb 1
	ktap_test "the other is slow" dom0 slow
	ktap_test "and is written for long" writes_back xvda 24
	ktap_test "by many writes at once" wait_for 20 in_flight xvda 16
	BEFORE=$(requeued_of xvda)
	ktap_test "saved and restored" dom0 saved
	ktap_test "writes of the disk that stood still are sent again" wait_for 20 was_requeued xvdb
	ktap_test "those of the other were answered before" none_again
	ktap_test "all is written" eval "sync && is_written xvda 24 && is_written xvdb 2"
	ktap_finished
}
