# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Packets that come to the guest all the time, whichever domain it is: to its interface N at 10.7.N.2.

RAIN_PORT=7400

# The backend takes large packets once it is connected, and a new one knows nothing of it.
wide_vifs() {
	local vif mtu
	while sleep 0.2; do
		for vif in /sys/class/net/vif*.0; do
			read -r mtu <"$vif/mtu" && [ "$mtu" = 1500 ] && echo 60000 >"$vif/mtu"
		done
	done
}

rain_of() {	# COMMAND...: in the background
	"$@" >/dev/null 2>&1 &
	echo $! >>/tmp/rain.pids
}

# rain_begins: large datagrams to the first interface, small ones to the others; few enough that a
# ring takes seconds to be full of them while nobody empties it.
rain_begins() {
	rain_of wide_vifs
	rain_of rain send 10.7.0.2 $RAIN_PORT 30000 100000
	rain_of rain send 10.7.1.2 $((RAIN_PORT + 1)) 700 30000
	rain_of rain send 10.7.2.2 $((RAIN_PORT + 2)) 1400 30000
}

rain_ends() {
	local pid
	[ -e /tmp/rain.pids ] || return 0
	while read -r pid; do
		kill "$pid"
	done </tmp/rain.pids
	rm /tmp/rain.pids
}
