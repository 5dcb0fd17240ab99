# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Disks for the guest. A specification is "NAME SIZE [OPTION...]", for example "xvda 64M ro".
# Options: ro, writethrough (the backend offers no flush), sector=BYTES, host (SIZE is then the
# name of a disk the host lends).

disk_file() { echo "/tmp/disks/$1"; }

# disk_make NAME SIZE [OPTION...]: prints the device (or the file, for qdisk) behind the disk.
disk_make() {
	local name=$1 size=$2 option sector=512 cache=back loop file
	file=$(disk_file "$name")
	shift 2
	for option in "$@"; do
		case $option in
		host)     host_disk "$size"; return ;;
		sector=*) sector=${option#sector=} ;;
		writethrough) cache=through ;;
		esac
	done
	[ -e "$file" ] || truncate -s "$size" "$file"
	if [ "$BACKEND" = qdisk ]; then
		echo "$file"
		return
	fi
	loop=$(losetup --find --show --sector-size "$sector" "$file") || return
	# A loop device remembers what the guest before this one was given.
	echo "write $cache" >"/sys/block/${loop##*/}/queue/write_cache"
	echo "$loop"
}

# host_disk NAME: the device of a disk the host lends, found by its serial number.
host_disk() {
	local device
	for device in /sys/block/vd*; do
		if [ "$(cat "$device/serial")" = "$1" ]; then
			echo "/dev/${device##*/}"
			return
		fi
	done
	return 1
}

# disk_config NAME SIZE [OPTION...]: the disk in xl's words.
disk_config() {
	local name=$1 access=rw target
	target=$(disk_make "$@") || return
	case " $* " in *" ro "*) access=ro ;; esac
	if [ "$BACKEND" = qdisk ] && [ -f "$target" ]; then
		echo "format=raw,vdev=$name,access=$access,backendtype=qdisk,target=$target"
	else
		echo "format=raw,vdev=$name,access=$access,backendtype=phy,target=$target"
	fi
}

disks_forget() {
	mapped_forget
	losetup --detach-all
	rm -f /tmp/disks/*
}
