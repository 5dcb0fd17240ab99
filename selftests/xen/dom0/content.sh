# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the guest's tests ask of dom0: the other way to a disk's content, poorer backends, and the
# far end of a VLAN.

file_verify() { timeout "$(paced 100)" blkpat verify "$(disk_file "$1")" "${@:2}"; }	# NAME SEED [FROM LEN]
file_fill()   { timeout "$(paced 100)" blkpat fill "$(disk_file "$1")" "$2"; }
file_flip()   { blkpat flip "$(disk_file "$1")" "$2"; }
file_sum()    { sha256sum <"$(disk_file "$1")" | cut -d' ' -f1; }
file_blocks() { stat -c %b "$(disk_file "$1")"; }

# disks_filled SEED SIZE NAME...: before the guest is made, all alike; blkpat knows what is where.
disks_filled() {
	local seed=$1 size=$2 name first
	shift 2
	first=$(disk_file "$1")
	truncate -s "$size" "$first" && blkpat fill "$first" "$seed" || return
	for name in "${@:2}"; do
		cp "$first" "$(disk_file "$name")" || return
	done
}

# disk_grow NAME SIZE
disk_grow() {
	local file loop
	file=$(disk_file "$1")
	truncate -s "$2" "$file"
	for loop in /sys/block/loop*/loop; do
		[ "$(cat "$loop/backing_file")" = "$file" ] || continue
		loop=${loop%/loop}
		losetup --set-capacity "/dev/${loop##*/}"
	done
}

# key_hide CLASS DEVICE KEY: as backend_hide, for one device alone.
key_hide() { xenstore-rm "/local/domain/0/backend/$1/$DOMID/$2/$3"; }
key_set()  { xenstore-write "/local/domain/0/backend/$1/$DOMID/$2/$3" "$4"; }

# attach_edited NAME SIZE EDIT...: a disk whose backend publishes other keys when it connects than
# blkback itself would. EDIT is "-KEY" to remove one, "KEY=VALUE" to set it.
attach_edited() {
	local disk
	disk=$(disk_config "$1" "$2") || return
	shift 2
	printf '%s\n' "$@" >/tmp/edits
	xl block-attach "$DOMID" "script=/bench/hotplug/block-edited,$disk"
}

# A DEVICE is called as in the guest, vbd-51712.
vbd_backend() { echo "/local/domain/0/backend/vbd/$DOMID/${1#vbd-}"; }
vbd_closed() { wait_for 30 state_is "/local/domain/$DOMID/device/vbd/${1#vbd-}" 6; }

# backend_dies DEVICE: blkback lets go of a disk; what the guest sends from then on nobody reads.
# Then the toolstack says that it is closed, but for another one.
backend_dies() {
	echo "vbd-$DOMID-${1#vbd-}" >/sys/bus/xen-backend/drivers/vbd/unbind && sleep 1 &&
		xenstore-write "$(vbd_backend "$1")/state" 6 && vbd_closed "$1"
}

# backend_returns DEVICE [KEY...]: without these keys, which the guest never sees.
backend_returns() {
	local directory key code=0
	directory=$(vbd_backend "$1")
	xl pause "$DOMID"
	echo "vbd-$DOMID-${1#vbd-}" >/sys/bus/xen-backend/drivers/vbd/bind &&
		wait_for 10 has_looked "$directory" || code=1
	shift
	for key; do
		xenstore-rm "$directory/$key" || code=1
	done
	xenstore-write "$directory/state" 2
	xl unpause "$DOMID"
	return $code
}

# It finds the frontend closed, and so closes too; or waiting, and so waits.
has_looked() {	# DIRECTORY
	state_is "$1" 6 ||
		{ state_is "$1" 2 && state_is "$(xenstore-read "$1/frontend")" 1; }
}

backend_restarts() { backend_dies "$1" && backend_returns "$@"; }

# backend_reopens DEVICE: closes in good order, and waits for the frontend again.
backend_reopens() {
	local directory
	directory=$(vbd_backend "$1")
	xenstore-write "$directory/state" 5
	vbd_closed "$1" && wait_for 10 state_is "$directory" 6 && xenstore-write "$directory/state" 2
}

# disk_slow NAME NUMBER [riops]: its backend may write, or discard, so many times a second, two at
# least, and has in its hands for long whatever the guest sends; with "riops", read. What is limited
# are its threads, by a control group; those of a backend the guest is restored to are in no group.
SLOW=/sys/fs/cgroup/slow
disk_slow() {
	local loop thread name found=1 what=${3:-wiops}
	[ -e $SLOW ] || {
		mount -t cgroup2 cgroup /sys/fs/cgroup && echo +io >/sys/fs/cgroup/cgroup.subtree_control &&
			mkdir $SLOW
	} || return
	loop=$(losetup --noheadings --output NAME --associated "$(disk_file "$1")")
	echo "$(cat "/sys/block/${loop##*/}/dev") $what=$2" >$SLOW/io.max || return
	# Nothing is started for each process: dom0 is busy when this is wanted.
	for thread in /proc/[0-9]*; do
		read -r name <"$thread/comm" || continue
		case $name in
		"$DOMID.$1"-*) echo "${thread##*/}" | tee $SLOW/cgroup.procs && found=0 ;;
		esac
	done 2>/dev/null
	return $found
}

# disks_slow NUMBER riops|wiops: all that the guest has.
disks_slow() {
	local file
	for file in /tmp/disks/*; do
		disk_slow "${file##*/}" "$@" || return
	done
}

disks_fast() {
	local limit
	while read -r limit _; do
		echo "$limit wiops=max riops=max" >$SLOW/io.max
	done < <(cat $SLOW/io.max)
}

# What is meant for one device and must not come to another: these words.
STRAY_WORDS=meant-for-another

# packets_to DEVICE NUMBER: so many datagrams full of them, without asking who is there.
packets_to() {
	local vif=vif$DOMID.$1 mac text number
	[ -e "/sys/class/net/$vif" ] || vif=tap$DOMID.$1
	mac=$(xenstore-read "/local/domain/0/backend/vif/$DOMID/$1/mac")
	ip neigh replace "10.7.$1.2" lladdr "$mac" dev "$vif" nud permanent || return
	text=$(for ((number = 0; number < 80; number++)); do echo -n "$STRAY_WORDS "; done)
	for ((number = 0; number < $2; number++)); do
		echo "$text" >"/dev/udp/10.7.$1.2/9"
	done
}

# file_holds NAME SEED [FROM LEN]: what was written, and nothing of another device.
file_holds() {
	local file stray
	file=$(disk_file "$1")
	stray=$(grep -c "$STRAY_WORDS" "$file")
	[ "$stray" = 0 ] || echo "$stray lines of another device's lie on $1"
	shift
	timeout "$(paced 100)" blkpat verify "$file" "$@" && [ "$stray" = 0 ]
}

# vlan_make ID DEVICE: on netback's interface or badback's, and on no other any more.
vlan_make() {
	local vif=vif$DOMID.$2
	[ -e "/sys/class/net/$vif" ] || vif=tap$DOMID.$2
	modprobe 8021q
	[ ! -e "/sys/class/net/vlan$1" ] || ip link del "vlan$1"
	ip link add link "$vif" name "vlan$1" type vlan id "$1"
	ip address add "10.$1.0.1/24" dev "vlan$1"
	ip link set "vlan$1" up
}

vlan_mtu() { ip link set "vlan$1" mtu "$2"; }	# ID MTU

ping_guest() { ping -c 5 -i 0.2 -W 2 -s "$1" 10.7.0.2; }

echo_replies() {
	awk '/^Icmp:/ && at { print $at }
		/^Icmp:/ && !at { for (i = 2; i <= NF; i++) if ($i == "InEchoReps") at = i }' /proc/net/snmp
}
