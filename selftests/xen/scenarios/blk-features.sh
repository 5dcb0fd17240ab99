# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "backends without flush, with barriers only, read-only, CD-ROM, discard; swap"
#: slow_kernel = ["6.1"]
#: disks = ["xvda 96M", "xvdb 16M writethrough", "xvdc 16M ro"]
#: timeout = 900
#: intree_fails = "no FUA"

# Of a backend with barriers alone the in-tree driver makes a disk with FUA, and sends a barrier for it.

# In dom0. blkback reads in the guest's directory that it is a CD-ROM, and says so in its own.
attach_cdrom() { xl block-attach "$DOMID" "devtype=cdrom,$(disk_config "$1" 16M ro)"; }

expect() {	# DISK WORDS
	XENFRONT_DISK=$1 XENFRONT_EXPECT=$2
	ktap_print_msg "$1: $2"
	ktap_suite blk/features
}

# attached NAME WORDS EDIT...: a disk whose backend publishes other keys.
attached() {
	local name=$1 words=$2
	shift 2
	ktap_test "$name attached with $*" eval "dom0 attach_edited $name 16M $* && wait_for 20 have_disk $name"
	expect "$name" "$words"
}

have_disks() {
	local disk
	for disk in "$@"; do
		wait_for 20 have_disk "$disk" || return
	done
}

guest() {
	begin_suites
	export XENFRONT_DISK XENFRONT_EXPECT
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" have_disks xvda xvdb xvdc
	expect xvda "cache=back sectors=196608"
	expect xvdb "cache=through sectors=32768"
	# The in-tree driver offers a cache here, whose flush blkback then refuses.
	expect xvdc "ro=1 $([ "$DRIVER" = intree ] || echo cache=through)"
	attached xvde "cache=back" -feature-flush-cache
	attached xvdf "cache=through" -feature-flush-cache -feature-barrier
	attached xvdg "cache=back discard=off" -feature-discard
	attached xvdh "cache=through discard=off" -feature-flush-cache -feature-barrier \
		-feature-discard -physical-sector-size
	# blkback's device knows no secure discard, so it does an ordinary one.
	attached xvdi "cache=back granularity=65536 alignment=4096 secure=1" discard-granularity=65536 \
		discard-alignment=4096 discard-secure=1
	ktap_test "CD-ROM attached" eval "dom0 attach_cdrom xvdj && wait_for 20 have_disk xvdj"
	expect xvdj "ro=1 cdrom=1 sectors=32768"
	XENFRONT_DISK=xvda
	ktap_suite blk/swap
	ktap_finished
}
