#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The disk is what the backend said it is.
#   XENFRONT_EXPECT   words: cache=back|through, ro=1, cdrom=1, discard=off, secure=1, granularity=BYTES,
#                     alignment=BYTES (of discard), sectors=N
. "$(dirname "$0")/lib.sh"

flushes() { awk '{ print $16 }' "/sys/block/$DISK/stat"; }

cache_is() {	# back|through
	local now
	now=$(cat "$QUEUE/write_cache")
	[ "$now" = "write $1" ] || { echo "it is $now"; return 1; }
}

sync_works() {
	local before
	before=$(flushes)
	dd if=/dev/zero of="$DEV" bs=64k count=8 conv=fsync 2>&1 || return
	if wanted cache back && [ "$(flushes)" -le "$before" ]; then
		echo "no flush reached the disk"
		return 1
	fi
}

no_fua() { [ "$(cat "$QUEUE/fua")" = 0 ]; }

write_fails() {
	if dd if=/dev/zero of="$DEV" bs=4k count=1 oflag=direct conv=notrunc 2>&1; then
		echo "a write to a read-only disk came through"
		return 1
	fi
}

is_read_only() { [ "$(cat "/sys/block/$DISK/ro")" = 1 ]; }
reads() { dd if="$DEV" of=/dev/null bs=64k count=16 iflag=direct 2>&1; }

discard_works() {	# [-s]
	local before after
	[ "$(cat "$QUEUE/discard_max_bytes")" -gt 0 ] || { echo "no discard offered"; return 1; }
	pat fill "$DEV" 51 || return
	before=$(dom0_does file_blocks "$DISK") || return
	blkdiscard "$@" -o 1048576 -l 4194304 "$DEV" || return
	after=$(dom0_does file_blocks "$DISK") || return
	echo "$before blocks before, $after after"
	[ "$after" -lt "$before" ] && pat verify "$DEV" 51 0 1048576 &&
		pat verify "$DEV" 51 5242880 1048576
}

no_discard() {
	[ "$(cat "$QUEUE/discard_max_bytes")" = 0 ] && goes_red "" blkdiscard -l 1048576 "$DEV"
}

no_secure_discard() { goes_red "not supported" blkdiscard -s -l 1048576 "$DEV"; }

says() {	# FILE VALUE
	local now
	now=$(cat "/sys/block/$DISK/$1")
	[ "$now" = "$2" ] || { echo "$1 is $now"; return 1; }
}

# Linux 6.12 shows another number for a whole disk; for a partition that begins at 1 MB it is that of
# the disk, if the granularity is a power of two.
discard_alignment_is() {
	printf '\x00\x00\x00\x00\x83\x00\x00\x00\x00\x08\x00\x00\x00\x40\x00\x00' |
		dd of="$DEV" bs=1 seek=446 conv=notrunc 2>/dev/null
	printf '\x55\xaa' | dd of="$DEV" bs=1 seek=510 conv=notrunc 2>/dev/null
	blockdev --rereadpt "$DEV" && until_true 10 test -e "/sys/block/$DISK/${DISK}1" &&
		says "${DISK}1/discard_alignment" "$1" || return
	dd if=/dev/zero of="$DEV" bs=4k count=1 conv=notrunc,fsync 2>/dev/null && blockdev --rereadpt "$DEV"
}

capability() { pat ioctl "$DEV" 0x5331; }	# CDROM_GET_CAPABILITY
is_cdrom() { capability && says removable 1; }
is_no_cdrom() { goes_red "Invalid argument" capability; }

sectors_are() { [ "$(disk_sectors)" = "$1" ] || { disk_sectors; return 1; }; }

blk_begin
ktap_print_msg "expected: ${XENFRONT_EXPECT:-nothing special}"
for word in ${XENFRONT_EXPECT:-}; do
	case $word in
	sectors=*) ktap_test "it has ${word#*=} sectors" sectors_are "${word#*=}" ;;
	granularity=*) ktap_test "discard granularity" says queue/discard_granularity "${word#*=}" ;;
	alignment=*) ktap_test "discard alignment" discard_alignment_is "${word#*=}" ;;
	cache=*)   ktap_test "cache is write ${word#*=}" cache_is "${word#*=}" ;;
	esac
done
ktap_test "reads" reads
ktap_test "no FUA, which no backend knows" no_fua
if wanted cdrom 1; then
	ktap_test "is a CD-ROM" is_cdrom
else
	ktap_test "is no CD-ROM" is_no_cdrom
fi
if wanted ro 1; then
	ktap_test "is read-only" is_read_only
	ktap_test "does not let itself be written" write_fails
	ktap_finished
fi
ktap_test "fsync" sync_works
ktap_test "written and read" filled_and_verified "$DEV" 61
if wanted discard off; then
	ktap_test "no discard" no_discard
else
	test_dom0 "discard frees what it names, and nothing else" discard_works
	if wanted secure 1; then
		test_dom0 "secure discard does, too" discard_works -s
	else
		ktap_test "no secure discard" no_secure_discard
	fi
fi
ktap_finished
