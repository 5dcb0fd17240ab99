# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the smoke scenarios do in the guest: the whole way of a packet and of a block, once.

SMOKE_SECONDS=3

# iperf_figure NAME ARGUMENT...: one TCP stream against dom0; the receiver's rate counts.
iperf_figure() {
	local name=$1 rate
	shift
	iperf3 -c "$DOM0_IP" -t $SMOKE_SECONDS -f m -i 0 "$@" >/tmp/iperf.out 2>&1 || {
		cat /tmp/iperf.out
		return 1
	}
	rate=$(awk '/receiver/ { for (i = 2; i <= NF; i++) if ($i ~ /bits\/sec/) print $(i - 1) }' /tmp/iperf.out)
	figure "$name" "$rate" Mbit/s
	[ "${rate%.*}" -gt 0 ]
}

# fio writes blocks that carry their own checksum, reads them back and compares.
fio_verified() {
	fio --name=verify --filename="/dev/$1" --size=16M --rw=randwrite --bsrange=512-256k \
		--bs_unaligned=0 --blockalign=512 --direct=1 --ioengine=libaio --iodepth=16 \
		--verify=crc32c --verify_fatal=1 --do_verify=1 --output=/tmp/fio.out || {
		tail -n 20 /tmp/fio.out
		return 1
	}
	grep -q 'err= 0' /tmp/fio.out
}

# fio_figure NAME DISK UNIT ARGUMENT...: one short job; UNIT is IOPS or MB/s.
fio_figure() {
	local name=$1 disk=$2 unit=$3 field=7 value
	shift 3
	fio --name=figure --filename="/dev/$disk" --direct=1 --ioengine=libaio --time_based \
		--runtime=$SMOKE_SECONDS --output-format=terse --output=/tmp/fio.out "$@" || return
	[ "$unit" = IOPS ] && field=8
	value=$(awk -F';' -v f=$field 'NF > 50 { print $f }' /tmp/fio.out)
	[ "$unit" = IOPS ] || value=$((value / 1000))
	figure "$name" "$value" "$unit"
	[ "$value" -gt 0 ]
}

# Copies real files onto a new file system, and reads them back after it was mounted again.
filesystem_made() {
	modprobe ext4 && mke2fs -q -F -t ext4 "/dev/$1" && mkdir -p /mnt/disk &&
		mount -t ext4 "/dev/$1" /mnt/disk
}

files_copied() {
	cp -r /lib/x86_64-linux-gnu/libc* /bin /mnt/disk &&
		(cd /mnt/disk && find . -type f -print0 | xargs -0 sha256sum) >/tmp/sums &&
		umount /mnt/disk && mount -t ext4 "/dev/$1" /mnt/disk &&
		(cd /mnt/disk && sha256sum -c -s /tmp/sums) &&
		echo "$(wc -l </tmp/sums) files"
}

# Driver counters agree that all of this went through the driver under test.
counters_moved() {
	local packets sectors
	packets=$(cat /sys/class/net/eth0/statistics/tx_packets)
	sectors=$(awk '{ print $7 }' "/sys/block/$1/stat")
	echo "$packets packets sent, $sectors sectors written"
	[ "$packets" -gt 100 ] && [ "$sectors" -gt 10000 ]
}

driver_named() {
	local module
	for module in xen_netfront xen_blkfront; do
		echo "$module srcversion $(cat /sys/module/$module/srcversion)"
		if [ "$DRIVER" = ours ]; then
			[ -d /sys/module/xen_frontlib/holders/$module ] || return
		fi
	done
}

SMOKE_TESTS=13
smoke_tests() {
	ktap_test "drivers load" load_drivers
	ktap_test "the drivers are the ones under test" driver_named
	ktap_test "link is up" net_up
	ktap_test "ping dom0" ping -c 3 "$DOM0_IP"
	ktap_test "TCP to dom0" iperf_figure "TCP to dom0"
	ktap_test "TCP from dom0" iperf_figure "TCP from dom0" -R
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "random writes verified" fio_verified xvda
	ktap_test "4 KB random read" fio_figure "4 KB random read" xvda IOPS \
		--rw=randread --bs=4k --iodepth=32
	ktap_test "ext4 made and mounted" filesystem_made xvda
	ktap_test "files copied, checksums hold" files_copied xvda
	umount /mnt/disk
	ktap_test "file system is clean" e2fsck -f -n /dev/xvda
	ktap_test "counters have moved" counters_moved xvda
}

smoke() {
	ktap_print_header
	ktap_set_plan $SMOKE_TESTS
	smoke_tests
	ktap_finished
}
