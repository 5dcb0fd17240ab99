# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the disk tests share. Environment:
#   XENFRONT_DISK   name of a disk to test, as in xvdb; everything on it is destroyed. No default.
#   XENFRONT_DOM0   a command that runs a function of the bench in dom0, if there is one

HERE=$(dirname "${BASH_SOURCE[0]}")
PATH=$HERE/../tools:$PATH
. "$HERE/../ktap.sh"
. "$HERE/../suite.sh"

# shellcheck disable=SC2034 # for those who source this
{
	DISK=${XENFRONT_DISK:-}
	DEV=/dev/$DISK
	QUEUE=/sys/block/$DISK/queue
	DRIVER_DIR=/sys/bus/xen/drivers/vbd
	MNT=/tmp/xfmnt
	STATS=/sys/kernel/debug/xen-blkfront/$DISK
}

blk_begin() {
	[ -n "$DISK" ] || ktap_skip_all "no scratch disk (XENFRONT_DISK; its content is destroyed)"
	[ -b "$DEV" ] || ktap_skip_all "$DEV is not there"
	ktap_print_header
	ktap_print_msg "$DISK, $(($(disk_sectors) / 2048)) MB, Linux $(uname -r)"
}

pat() { limited 500 blkpat "$@"; }
filled_and_verified() { pat fill "$1" "$2" && pat verify "$1" "$2"; }
disk_sectors() { cat "/sys/block/$DISK/size" 2>/dev/null || echo 0; }
disk_there() { [ -b "$DEV" ] && [ "$(disk_sectors)" != 0 ]; }
# counter NAME: what all rings of the disk count together
counter() { cat "$STATS"/ring-* | awk -v name="$1" '$1 == name { sum += $2 } END { print sum + 0 }'; }
disk_gone() { ! [ -e "/sys/block/$DISK" ]; }
disk_device() { basename "$(readlink -f "/sys/block/$DISK/device")"; }

# test_dom0 NAME COMMAND...: needs a bench whose dom0 can be asked.
test_dom0() {
	if [ -n "${XENFRONT_DOM0:-}" ]; then
		ktap_test "$@"
	else
		ktap_test_skip "$1" "needs dom0's help (XENFRONT_DOM0)"
	fi
}

dom0_does() { "$XENFRONT_DOM0" "$@"; }

# The disk as read here, and the file behind it.
sum_agrees() {
	local here there
	here=$(sha256sum <"$DEV" | cut -d' ' -f1)
	there=$(dom0_does file_sum "$DISK") || return
	[ "$here" = "$there" ] || { echo "$here here, $there in dom0"; return 1; }
}

# wanted NAME VALUE: is "NAME=VALUE" among the words of XENFRONT_EXPECT?
wanted() { case " ${XENFRONT_EXPECT:-} " in *" $1=$2 "*) ;; *) return 1 ;; esac }
