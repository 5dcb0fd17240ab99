# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "4 KB blocks, a failing flush, size, serial number, partitions, trust, counters"
#: quick_arch = "arm64"
#: shorter = true
#: disks = ["xvda 32M", "xvdb 32M sector=4096"]
#: timeout = 300
#: intree_fails = "memory has to be aligned|size follows|many sizes|failed flush"

# In dom0.
serial_set() { key_set vbd 51712 sm-data/scsi/0x12/0x80 AIAADURpc2svNy1zZXJpYWw=; }

# blkback refuses every write and flush of a read-only disk. This one claims to be removable instead.
attach_lying() {	# NAME
	local disk
	disk=$(disk_config "$1" 16M ro) || return
	printf '%s\n' info=2 feature-flush-cache=1 >/tmp/edits
	xl block-attach "$DOMID" "script=/bench/hotplug/block-edited,$disk"
}

grants_forgotten_after() { echo "$1" >/sys/module/xen_blkback/parameters/persistent_grant_unused_seconds; }
dom0_after() { grants_forgotten_after 60; }

attach_partitioned() {	# NAME
	local file
	file=$(disk_file "$1")
	truncate -s 16M "$file"
	# One Linux partition from sector 2048 on, 8 MB.
	printf '\x00\x00\x00\x00\x83\x00\x00\x00\x00\x08\x00\x00\x00\x40\x00\x00' |
		dd of="$file" bs=1 seek=446 conv=notrunc 2>/dev/null
	printf '\x55\xaa' | dd of="$file" bs=1 seek=510 conv=notrunc 2>/dev/null
	block_attach "$1" 16M
}

# In the guest.
sectors_are() { [ "$(cat /sys/block/xvda/size)" = "$1" ]; }

size_follows() {
	local was now
	was=$(cat /sys/block/xvda/size)
	for now in $((was - 2048)) "$was"; do
		dom0 key_set vbd 51712 sectors "$now" && wait_for 10 sectors_are "$now" && continue
		echo "$(cat /sys/block/xvda/size) sectors, not $now"
		return 1
	done
}

shrunk() { [ "$(cat /sys/block/xvdb/size)" != 65536 ]; }

# A disk keeps the blocks that it began with, and has whole ones.
smaller_blocks() {
	dom0 key_set vbd 51728 sector-size 512 && dom0 key_set vbd 51728 sectors 65535 || return
	wait_for 10 shrunk
	cat /sys/block/xvdb/size /sys/block/xvdb/queue/logical_block_size
	[ "$(cat /sys/block/xvdb/size)" = 65528 ] &&
		[ "$(cat /sys/block/xvdb/queue/logical_block_size)" = 4096 ] &&
		dd if=/dev/xvdb of=/dev/null bs=64k skip=500 || return
	dom0 key_set vbd 51728 sector-size 4096 && dom0 key_set vbd 51728 sectors 65536
}

# So that what is counted is what this disk makes of its own.
begin_lines() { echo "blk-protocol: sizes." >/dev/kmsg; }
lines_about() { dmesg | sed '1,/blk-protocol: sizes\./d' | grep -cE "$1"; }

many_sizes() {	# HOW-MANY, in dom0
	local now
	for ((now = 65001; now <= 65000 + $1; now++)); do
		key_set vbd 51712 sectors $now
		sleep 0.02
	done
	key_set vbd 51712 sectors 65536
}

sizes_in_few_lines() {
	local lines sizes
	sizes=$(whole_or_quick 150 60)
	begin_lines
	dom0 many_sizes "$sizes" && wait_for 10 sectors_are 65536 || return
	lines=$(lines_about 'vbd-51712|xvda')
	echo "$lines lines about $((sizes + 1)) sizes"
	[ "$lines" -gt 0 ] && [ "$lines" -le 12 ]
}

serial_is() { [ "$(cat "/sys/block/$1/serial")" = "$2" ] || { cat "/sys/block/$1/serial"; return 1; } }
no_serial() { [ ! -e /sys/block/xvdb/serial ]; }

flush_fails() {
	goes_red "Input/output error" dd if=/dev/null of=/dev/xvde conv=fsync,notrunc count=0
}

no_partition() {
	goes_red "Invalid argument" blockdev --rereadpt /dev/xvdf && [ ! -e /sys/block/xvdf/xvdf1 ]
}
removable() { [ "$(cat /sys/block/xvde/removable)" = 1 ]; }
partition() { [ -e "/sys/block/xvd$1/xvd${1}1" ]; }

suite() {	# DISK WORDS SUITE...
	export XENFRONT_DISK=$1 XENFRONT_EXPECT=$2
	shift 2
	ktap_print_msg "$XENFRONT_DISK: $XENFRONT_EXPECT"
	ktap_suite "$@"
}

attached() { dom0 "$1" "$2" && wait_for 20 have_disk "$2"; }
option() { echo "$2" >"/sys/module/xen_blkfront/parameters/$1"; }

guest() {
	begin_suites
	ktap_test "backend forgets grants soon" dom0 grants_forgotten_after 1
	ktap_test "one disk not to be trusted" dom0 trust vbd/51712 0
	[ "$DRIVER" = intree ] || ktap_test "serial number given" dom0 serial_set
	ktap_test "driver loads" load_driver blk feature_persistent=0
	ktap_test "disks are there" eval 'wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb'
	suite xvdb "" blk/limits
	ktap_test "size follows the key, without a new state" size_follows
	ktap_test "many sizes in a burst write few lines" sizes_in_few_lines
	ktap_test "disk attached whose backend refuses flushes" attached attach_lying xvde
	ktap_test "it is removable" removable
	ktap_test "a failed flush is a failed fsync" flush_fails
	if [ "$DRIVER" != intree ]; then
		ktap_test "blocks that become smaller" smaller_blocks
		ktap_test "serial number is XAPI's" serial_is xvda "Disk/7-serial"
		ktap_test "none where there is none" no_serial
		ktap_test "partition looked for" eval 'attached attach_partitioned xvdg && wait_for 10 partition g'
		ktap_test "partition scan switched off" option no_part_scan 1
		ktap_test "no partition looked for" eval 'attached attach_partitioned xvdf && no_partition'
		suite xvda copy=1 blk/stats
		suite xvdb copy=0 blk/stats
		ktap_test "grants persist from now on" option feature_persistent 1
		ktap_test "disk attached" attached attach_partitioned xvdh
		suite xvdh copy=1 blk/stats blk/shrink
	fi
	ktap_finished
}
