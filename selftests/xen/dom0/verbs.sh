# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What scenarios can say in dom0. $DOMID is the guest. Classes are vif and vbd (also for qdisk).

# backends CLASS: the xenstore directories of the guest's backends.
backends() {
	local class=$1 device
	[ "$class:$BACKEND" != vbd:qdisk ] || class=qdisk
	for device in $(xenstore-list "/local/domain/0/backend/$class/$DOMID" 2>/dev/null); do
		echo "/local/domain/0/backend/$class/$DOMID/$device"
	done
}

# paced SECONDS: as many as they are on this machine just now; the bench says in $PACE how many percent.
paced() { echo $(($1 * ${PACE:-100} / 100)); }

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local deadline=$((SECONDS + $1 * ${PACE:-100} / 100))
	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.2
	done
}

state_is() {	# DIRECTORY STATE-NUMBER
	[ "$(xenstore-read "$1/state" 2>/dev/null)" = "$2" ]
}

# backends_wait InitWait|Connected: until all backends of the guest are there.
backends_wait() {
	local number=2 directory
	[ "$1" = InitWait ] || number=4
	for directory in $(backends vif) $(backends vbd); do
		if ! wait_for 30 state_is "$directory" $number; then
			echo "$directory is not $1 after 30 s" >&2
			return 1
		fi
	done
}

# backend_hide CLASS KEY: as if the backend did not know the key; to be done before the guest
# loads its driver (the bench does it before the guest runs, for the scenario's "hide").
backend_hide() {
	local directory
	for directory in $(backends "$1"); do
		xenstore-rm "$directory/$2"
	done
}

# backend_set CLASS KEY VALUE
backend_set() {
	local directory
	for directory in $(backends "$1"); do
		xenstore-write "$directory/$2" "$3"
	done
}

# trust CLASS/DEVICE 0|1: what the toolstack has the guest think of that backend. The guest's driver
# looks when it connects.
trust() { xenstore-write "/local/domain/$DOMID/device/$1/trusted" "$2"; }

block_attach() {	# NAME SIZE [OPTION...]
	xl block-attach "$DOMID" "$(disk_config "$@")"
}

block_detach() {	# NAME
	xl block-detach "$DOMID" "$1"
}

network_attach() {	# [MAC-LAST-BYTE]
	xl network-attach "$DOMID" "mac=00:16:3e:00:00:${1:-10}" script=/bench/hotplug/vif
}

network_detach() {	# DEVICE-NUMBER
	xl network-detach "$DOMID" "$1"
}

NETBACK=/sys/bus/xen-backend/drivers/vif

# netback_goes, netback_returns [DEVICE-NUMBER]: netback lets go of the guest's first interface, or of
# that one, which no state tells the guest, and takes it again.
netback_goes() { echo "vif-$DOMID-${1:-0}" >$NETBACK/unbind; }

netback_returns() {
	local number=${1:-0}
	echo "vif-$DOMID-$number" >$NETBACK/bind &&
		wait_for 20 test -e "/sys/class/net/vif$DOMID.$number" &&
		vif="vif$DOMID.$number" XENBUS_PATH="/local/domain/0/backend/vif/$DOMID/$number" \
			/bench/hotplug/vif online
}

# netback_is_deaf DEVICE-NUMBER: it had the event that Xen raises when a channel is bound, and no other;
# and Xen has one pending that is masked, as it is until netback has ended the one before. A guest that
# has sent none leaves the channel unmasked.
netback_is_deaf() {
	local events
	events=$(awk -v name="vif$DOMID.$1-q0" '$NF == name {
		for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }' /proc/interrupts)
	echo "$events event"
	[ "$events" = 1 ] || return
	xl debug-keys e && sleep 1
	xl dmesg | awk -v guest="d=$DOMID" '/Event channel information/ { own = / 0:/; if (own) n = 0 }
		own && /\[1\/1\// && $0 ~ guest "( |$)" { n++ }
		END { print n " masked"; exit !n }'
}

# netback_offers QUEUES: to those that connect from now on.
netback_offers() { echo "$1" >/sys/module/xen_netback/parameters/max_queues; }

# netback_restarts [QUEUES]: what a driver domain's restart comes to; it may offer other queues then.
netback_restarts() {
	netback_goes 0 && sleep 1 && { [ -z "${1:-}" ] || netback_offers "$1"; } && netback_returns 0
}

domain_gone() { ! xl list "$DOMID" >/dev/null 2>&1; }

# save_restore [KEY|KEY=VALUE...]: through a file; the domain gets a new number, and its disks'
# backends do not know these keys, or find them written by the toolstack. A scenario's function
# while_saved, if there is one, runs in between. A domain is not gone before the last of its grants
# is unmapped: nothing that it had written is then under way.
save_restore() {
	local name key
	name=$(xl domname "$DOMID")
	xl save "$DOMID" /tmp/saved 1>&2 && wait_for 60 domain_gone &&
		{ ! declare -F while_saved >/dev/null || while_saved; } &&
		xl restore -p /tmp/saved 1>&2 || return
	rm /tmp/saved
	DOMID=$(xl domid "$name")
	for key; do
		case $key in
		*=*) backend_set vbd "${key%%=*}" "${key#*=}" ;;
		*)   backend_hide vbd "$key" ;;
		esac
	done
	xl unpause "$DOMID"
}

# migrate: live, to this same host; the domain gets a new number. Xen does that for PVH guests only.
# The old domain is gone when the last of its grants is unmapped, which a slow disk's backend puts off.
migrate() {
	local name old=$DOMID
	name=$(xl domname "$DOMID")
	xl migrate -s "" "$name" "xl migrate-receive" 1>&2 || return
	DOMID=$(xl domid "$name")
	[ "$DOMID" != "$old" ]
}

# checkpoint: the guest is suspended and written to a file, and goes on here as if it had not been. The
# process of xl that would destroy it once it halts has ended with the suspend.
checkpoint() {
	# shellcheck disable=SC2034 # for guest.sh
	UNMONITORED=1
	xl save -c "$DOMID" /tmp/saved 1>&2 && rm /tmp/saved
}

# suspend_asked: of the guest, as "xl save" does it, which would wait for a minute for one that does not
# go down.
suspend_asked() { xenstore-write "/local/domain/$DOMID/control/shutdown" suspend; }

# grants_mapped: how many of the guest's grants others have mapped just now, as Xen counts them.
# Two are always: xenstore's and the console's.
grants_mapped() {
	xl dmesg -c >/dev/null
	xl debug-keys g
	sleep 0.5
	xl dmesg | awk -v domain="d$DOMID" '
		/grant-table for remote/ { here = $5 == domain || $6 == domain }
		here && /\[0x[0-9a-f]+\]/ { n++ }
		END { print n + 0 }'
}
