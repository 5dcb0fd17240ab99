# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Disks for small reads beside large writes: one with indirect descriptors and one without.

RATE=20971520	# bytes a second, each way
fair_slow() {	# NAME
	local loop
	disk_slow "$1" max || return
	loop=$(losetup --noheadings --output NAME --associated "$(disk_file "$1")")
	echo "$(cat "/sys/block/${loop##*/}/dev") rbps=$RATE wbps=$RATE" >"$SLOW/io.max"
}

# The in-tree driver does not take up again a device that it has closed.
fair_new_disks() {
	local name loop
	for name in xvda xvdb; do
		loop=$(losetup -j "$(disk_file "$name")")
		xl block-detach "$DOMID" $name 1>&2 &&
			xl block-attach "$DOMID" "format=raw,vdev=$name,access=rw,target=${loop%%:*}" \
				1>&2 || return
	done
	fair_poorer
}

# The second disk's backend has no indirect descriptors.
fair_poorer() { key_hide vbd 51728 feature-max-indirect-segments; }

fair_filled() {
	local name
	for name in xvda xvdb; do
		dd if=/dev/zero of="$(disk_file "$name")" bs=1M count=192 conv=notrunc || return
	done
}
