#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What people do with a disk: partitions, a file system, fio.
. "$(dirname "$0")/lib.sh"

partitions() {
	local part
	dd if=/dev/zero of="$DEV" bs=1M count=1 conv=fsync 2>/dev/null
	printf 'o\nn\np\n1\n\n+8M\nn\np\n2\n\n\nw\n' | fdisk "$DEV" >/tmp/fdisk.log 2>&1
	until_true 10 test -b "${DEV}2" || { cat /tmp/fdisk.log; return 1; }
	for part in 1 2; do
		filled_and_verified "$DEV$part" "$part" || return
	done
	pat verify "${DEV}1" 1
}

partitions_found_again() {
	blockdev --rereadpt "$DEV" || return
	until_true 20 test -b "${DEV}2" && pat verify "${DEV}1" 1
}

make_files() {
	mkdir "$MNT/d" && cp -r "$HERE/.." "$MNT/d/tree" &&
		dd if=/dev/urandom of="$MNT/d/big" bs=1M count=12 2>/dev/null &&
		(cd "$MNT/d" && find . -type f -exec sha256sum {} + >/tmp/sums)
}

files_are_right() { (cd "$MNT/d" && sha256sum -c /tmp/sums >/tmp/sums.log) || cat /tmp/sums.log; }

file_system() {
	mkdir -p "$MNT"
	mke2fs -q -F -t ext4 "$DEV" && mount -t ext4 "$DEV" "$MNT" || return
	make_files && cp -r "$MNT/d" "$MNT/d2" && umount "$MNT" &&
		mount -t ext4 -o ro "$DEV" "$MNT" && files_are_right && diff -r "$MNT/d" "$MNT/d2"
	local code=$?
	umount "$MNT" || return
	[ "$code" = 0 ] || return
	e2fsck -f -n "$DEV" >/tmp/fsck.log 2>&1 || { cat /tmp/fsck.log; return 1; }
}

fio_verify() {
	limited 200 fio --name=verify --filename="$DEV" --size=12M --rw=randwrite --bsrange=512-256k \
		--blockalign=512 --direct=1 --ioengine=io_uring --iodepth=16 --verify=crc32c \
		--verify_fatal=1 --randseed=5 --output=/tmp/fio.log "$@" || { tail -20 /tmp/fio.log; return 1; }
}

blk_begin
ktap_test "major number is 202" grep -q '^202:' "/sys/block/$DISK/dev"
ktap_test "partitions, and data in them" partitions
ktap_test "partitions are found again" partitions_found_again
ktap_test "ext4: make, copy, compare, check" file_system
if command -v fio >/dev/null; then
	ktap_test "fio verifies random writes" fio_verify
	ktap_test "fio verifies, registered buffers" fio_verify --fixedbufs --bsrange=4k-128k \
		--blockalign=4k
else
	ktap_test_skip "fio verifies random writes" "no fio here"
fi
ktap_finished
