# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A busy dom0: disks whose I/O stands still for as long as a test wants, by device mapper, and
# with them blkback's threads and whoever waits for those.

# There is no udev here: device mapper makes its nodes itself.
export DM_DISABLE_UDEV=1

# mapped_attach NAME SIZE: a disk that can be made to stand still.
mapped_attach() {
	local loop
	modprobe dm-mod || return
	if [ ! -b "/dev/mapper/$1" ]; then
		loop=$(disk_make "$1" "$2") || return
		dmsetup create "$1" --table "0 $(cat "/sys/block/${loop##*/}/size") linear $loop 0" ||
			return
	fi
	xl block-attach "$DOMID" "format=raw,vdev=$1,access=rw,backendtype=phy,target=/dev/mapper/$1"
}

# mapped_stops, mapped_goes_on NAME
mapped_stops()   { dmsetup suspend --nolockfs "$1"; }
mapped_goes_on() { dmsetup resume "$1"; }

# mapped_all_go_on: for dom0_after; what stands still keeps the guest from ending.
mapped_all_go_on() {
	local map
	for map in /dev/mapper/xvd*; do
		[ ! -b "$map" ] || mapped_goes_on "${map##*/}"
	done
}

mapped_forget() {
	[ ! -e /dev/mapper/control ] || dmsetup remove_all
}

# Who waits for a disk on purpose is not reported as hung.
hung_tasks_wait() {	# SECONDS
	[ ! -e /proc/sys/kernel/hung_task_timeout_secs ] ||
		echo "$1" >/proc/sys/kernel/hung_task_timeout_secs
}

# xenwatch_waits: whether the thread that hears all guests waits and hears none.
xenwatch_waits() {
	local thread
	thread=$(pidof xenwatch) || thread=$(grep -lx xenwatch /proc/[0-9]*/comm | sed 's,/proc/\(.*\)/comm,\1,')
	sed -n 1,6p "/proc/$thread/stack"
	[ "$(sed 's/.*) //;s/ .*//' "/proc/$thread/stat")" = D ]
}

xenwatch_hears() { ! xenwatch_waits >/dev/null; }
