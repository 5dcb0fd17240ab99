# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Interfaces of the guest that selftests/badback serves instead of netback. Its words are in
# /tmp/badback/DEVICE.

badback_path() { echo "/local/domain/0/backend/vif/$DOMID/$1"; }
badback_log()  { echo "/tmp/badback/$1"; }

# badback_take DEVICE MANNER: netback lets go of the device, and badback takes it, with the
# address that netback's interface had.
badback_take() {
	local device=$1 tap=tap$DOMID.$1
	mkdir -p /tmp/badback
	modprobe tun || return
	[ ! -e "$NETBACK/vif-$DOMID-$device" ] || echo "vif-$DOMID-$device" >"$NETBACK/unbind"
	badback "$2" "$DOMID" "$device" "$tap" "$(badback_log "$device").refused" \
		>"$(badback_log "$device")" 2>&1 3>&- &
	BADBACK[device]=$!
	wait_for 10 test -e "/sys/class/net/$tap" &&
		vif=$tap XENBUS_PATH=$(badback_path "$device") /bench/hotplug/vif online &&
		wait_for 10 badback_waits "$(badback_path "$device")" && return
	cat "$(badback_log "$device")"
	return 1
}

# A driver that is there already connects at once.
badback_waits() { state_is "$1" 2 || state_is "$1" 4; }

# badback_refuse DEVICE [TYPE STATUS]...: requests on the control ring, from now on.
badback_refuse() {
	local file
	file=$(badback_log "$1").refused
	shift
	mkdir -p /tmp/badback
	printf '%s %s\n' "$@" >"$file.new" && mv "$file.new" "$file"
}

# badback_mend DEVICE: no packet fails any more of those that its manner has fail.
badback_mend() { kill -USR2 "${BADBACK[$1]}"; }

# badback_deaf, badback_hears DEVICE: from the one to the other it does not look at xenstore, and goes
# on serving its rings.
badback_deaf()  { badback_turns "$1" deaf; }
badback_hears() { badback_turns "$1" hears; }

badback_turns() {
	kill -HUP "${BADBACK[$1]}" && wait_for 10 badback_last_turn "$1" "$2"
}

badback_last_turn() { [ "$(grep -x -e deaf -e hears "$(badback_log "$1")" | tail -n 1)" = "$2" ]; }

# badback_stands, badback_goes_on DEVICE: as if its domain had no CPU in between.
badback_stands()  { kill -STOP "${BADBACK[$1]}"; }
badback_goes_on() { kill -CONT "${BADBACK[$1]}"; }

# badback_dawdles DEVICE: it will stand still when it has read the guest's keys next, and has mapped
# nothing.
badback_dawdles() {
	DAWDLED[$1]=$(badback_dawdled "$1")
	kill -ALRM "${BADBACK[$1]}"
}

badback_dawdled() { grep -cx "stands before mapping" "$(badback_log "$1")"; }
badback_dawdling() { wait_for 20 eval "[ \"\$(badback_dawdled $1)\" -gt ${DAWDLED[$1]} ]"; }

# badback_mapped_nothing DEVICE: what it read was void by then.
badback_mapped_nothing() { wait_for 10 eval "badback_since $1 | grep '^void by now: ring'"; }
badback_since() { tac "$(badback_log "$1")" | sed "/^stands before mapping/q"; }

# badback_counts DEVICE NAME: one of its counters, as it is now.
badback_counts() {
	local log lines
	log=$(badback_log "$1")
	lines=$(grep -c ^counts: "$log")
	kill -USR1 "${BADBACK[$1]}" && wait_for 10 badback_counted "$log" "$lines" || return
	grep ^counts: "$log" | tail -n 1 | tr ' ' '\n' | sed -n "s/^$2=//p"
}

badback_counted() { [ "$(grep -c ^counts: "$1")" -gt "$2" ]; }

# badback_clean DEVICE: fails, and shows some, if the guest was caught at something.
badback_clean() {
	! grep ^violation: "$(badback_log "$1")" | head -n 5 | grep . &&
		[ "$(badback_counts "$1" violations)" = 0 ]
}

# badback_leave DEVICE: parts with the guest; fails if the guest was caught at something.
badback_leave() {
	kill "${BADBACK[$1]}"
	badback_ended "$1"
}

# badback_ended DEVICE: it ends by itself when the device goes.
badback_ended() {
	local pid=${BADBACK[$1]} code
	unset "BADBACK[$1]"
	wait_for 30 badback_gone "$pid" || kill -9 "$pid"
	wait "$pid"
	code=$?
	[ $code = 0 ] || { echo "badback of $1 ended with status $code" && tail -n 5 "$(badback_log "$1")"; }
	return $code
}

badback_gone() { [ "$(sed 's/.*) //;s/ .*//' "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }

# badback_all_ended: for dom0_after.
badback_all_ended() {
	local device code=0
	for device in "${!BADBACK[@]}"; do
		badback_ended "$device" || code=1
	done
	return $code
}
