# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "backend keys that make no sense, states that jump, directories that vanish"
#: disks = ["xvda 16M"]
#: timeout = 600
#: slow = true

DISK=vbd/51728	# xvdb
VIF=vif/1

# ---- in dom0 ----

# The words of a guest's call have no blanks; %b makes them of "\\040", and line breaks of "\\n".
edit() {	# CLASS/DEVICE KEY=VALUE...
	local directory=/local/domain/0/backend/${1%/*}/$DOMID/${1#*/} word
	shift
	for word in "$@"; do
		xenstore-write -- "$directory/${word%%=*}" "$(printf %b "${word#*=}")"
	done
}

# The guest stands still while its new backend comes up and is edited: it never sees other keys.
while_paused() {	# COMMAND...
	local code
	xl pause "$DOMID"
	"$@"
	code=$?
	xl unpause "$DOMID"
	return $code
}

bad_disk() { block_attach xvdb 16M && edit $DISK "$@"; }
bad_interface() { network_attach && edit $VIF "$@"; }
attach_bad() { while_paused "bad_$1" "${@:2}"; }	# disk|interface KEY=VALUE...

# A frontend finds the address in its own directory first.
bad_mac() { bad_interface "mac=$1" && xenstore-write "/local/domain/$DOMID/device/$VIF/mac" "$1"; }
attach_bad_mac() { while_paused bad_mac "$1"; }

# The frontend's own directory has none.
mac_of_backend_alone() { bad_interface "mac=$1" && vanish $VIF/mac; }
attach_mac_of_backend() { while_paused mac_of_backend_alone "$1"; }

# The toolstack's word on the MTU is in the frontend's directory, too.
own_mtu() { network_attach && xenstore-write "/local/domain/$DOMID/device/$VIF/mtu" "$1"; }
attach_mtu() { while_paused own_mtu "$1"; }

states() {	# CLASS/DEVICE STATE...: "-" is a pause
	local path=$1 state
	shift
	for state in "$@"; do
		if [ "$state" = - ]; then
			sleep 0.3
		else
			edit "$path" "state=$state"
		fi
	done
}

vanish() { xenstore-rm "/local/domain/$DOMID/device/$1"; }

# ---- in the guest ----

begin() {
	CASE=$((${CASE:-0} + 1))
	echo "bad-keys: case $CASE." >/dev/kmsg
}

said() { dmesg | sed "1,/bad-keys: case $CASE\./d" | grep -E ' (vbd|vif) | (xvdb|eth1): '; }

# Each of the lines is there once, and there are few others.
said_clearly() {	# PATTERN...
	local lines pattern
	lines=$(said)
	for pattern in "$@"; do
		[ "$(grep -c -e "$pattern" <<<"$lines")" = 1 ] || { echo "not once: $pattern"; return 1; }
	done
	[ "$(wc -l <<<"$lines")" -le $(($# + 4)) ]
}

clearly() {	# WORDS PATTERN...: the in-tree drivers say less, or nothing
	local words=$1
	shift
	[ "$DRIVER" != ours ] || ktap_test "$words: one clear line each" said_clearly "$@" || said
}

gone() { ! [ -e "$1" ]; }
frontend_closed() { case $(xenstore-read "device/$1/state") in 5|6) ;; *) return 1 ;; esac }
disk_there() { wait_for 20 have_disk xvdb; }
disk_works() { disk_there && dd if=/dev/xvdb of=/dev/null bs=64k count=16 iflag=direct 2>/dev/null; }
link_works() { net_up 1 && ping -c 1 -W 5 10.7.1.1; } >/dev/null 2>&1
disk_refused() { wait_for 20 frontend_closed $DISK && ! have_disk xvdb; }
link_refused() { wait_for 20 frontend_closed $VIF; }
disk_detached() { dom0 block_detach xvdb && wait_for 20 gone /dev/xvdb; }
link_detached() { dom0 network_detach "${VIF#*/}" && wait_for 20 gone /sys/class/net/eth1; }

# One disk, from its keys to its end. WAY is how dom0 attaches it.
disk_with() {	# works|refused WAY KEY=VALUE... -- PATTERN...
	local outcome=$1 way=$2 keys=()
	shift 2
	while [ "$1" != -- ]; do
		keys+=("$1")
		shift
	done
	shift
	begin
	# shellcheck disable=SC2086 # the way is several words
	ktap_test "disk with ${keys[*]}" dom0 $way "${keys[@]}"
	[ "$outcome:$DRIVER" = refused:intree ] || ktap_test "that disk $outcome" "disk_$outcome"
	[ $# = 0 ] || clearly "about that disk" "$@"
	ktap_test "that disk detached" disk_detached
}

link_with() {	# works|refused WAY WORD... -- PATTERN...
	local outcome=$1 way=$2 words=()
	shift 2
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	begin
	# shellcheck disable=SC2086 # the way is several words
	ktap_test "interface with ${words[*]}" dom0 $way "${words[@]}"
	[ "$outcome:$DRIVER" = refused:intree ] || ktap_test "that interface $outcome" "link_$outcome"
	clearly "about that interface" "$@"
	ktap_test "that interface detached" link_detached
}

mtu_is() { [ "$(cat /sys/class/net/eth1/mtu)" = "$1" ]; }

mtu_from_toolstack() {
	local mtu
	for mtu in 9000:9000 67:1500 65518:1500 9000x:1500; do
		ktap_test "interface with MTU ${mtu%:*}" dom0 attach_mtu "${mtu%:*}"
		ktap_test "that interface works" link_works
		ktap_test "its MTU is ${mtu#*:}" mtu_is "${mtu#*:}"
		ktap_test "that interface detached" link_detached
	done
	link_with works attach_mtu garbage -- "mtu: 'garbage' is not a number"
}

address_is() { [ "$(cat /sys/class/net/eth1/address)" = "$1" ]; }

mac_of_backend() {
	ktap_test "interface with an address in the backend's directory alone" \
		dom0 attach_mac_of_backend 00:16:3e:00:00:3d
	ktap_test "that interface works" link_works
	ktap_test "its own directory has none" eval "! xenstore-exists device/$VIF/mac"
	ktap_test "it has the backend's" address_is 00:16:3e:00:00:3d
	ktap_test "that interface detached" link_detached
}

keys_before_connecting() {
	disk_with works "attach_bad disk" feature-max-indirect-segments=4294967295 \
		max-ring-page-order=99999999999999999999 'multi-queue-max-queues=1\\nxvda:\\040forged' -- \
		"max-ring-page-order: '99999999999999999999' is not a number" \
		"multi-queue-max-queues: '1.nxvda: forged' is not a number"
	disk_with works "attach_edited xvdb 16M" feature-flush-cache=maybe discard-granularity=3 \
		discard-alignment=4294967295 physical-sector-size=4294967295 -- \
		"feature-flush-cache: 'maybe' is not a number"
	disk_with refused "attach_edited xvdb 16M" sector-size=7 -- "sector-size is not a power of two"
	disk_with refused "attach_edited xvdb 16M" sectors=18446744073709551615 -- "sectors is beyond"
	link_with works "attach_bad interface" multi-queue-max-queues=-1 feature-sg=yes \
		feature-max-tx-slots=99999 feature-split-event-channels=0x1 -- \
		"multi-queue-max-queues: '-1' is not a number" "feature-sg: 'yes' is not a number" \
		"feature-split-event-channels: '0x1' is not a number"
	link_with refused "attach_bad interface" feature-rx-copy=0 -- "does not copy"
	[ "$DRIVER" != ours ] || mtu_from_toolstack
	[ "$DRIVER" != ours ] || mac_of_backend
	link_with refused attach_bad_mac garbage -- "no MAC address in xenstore"
}

# While connected a frontend looks when the state is written.
disk_becomes() {	# PATTERN KEY=VALUE...
	local pattern=$1
	shift
	begin
	ktap_test "connected disk gets $*" dom0 edit $DISK "$@" state=4
	[ "$DRIVER" != ours ] || ktap_test "about that: one clear line" wait_for 10 said_clearly "$pattern"
}

keys_while_connected() {
	ktap_test "disk and interface attached" eval "dom0 block_attach xvdb 16M && dom0 network_attach"
	ktap_test "disk works" disk_works
	disk_becomes "sectors is beyond" sectors=18446744073709551615
	disk_becomes "sector-size is not a power of two" sectors=32768 sector-size=7
	disk_becomes "sector-size grew" sector-size=4096
	disk_becomes "info: 'garbage' is not a number" sector-size=512 info=garbage
	ktap_test "with its own keys again it works" eval "dom0 edit $DISK info=0 state=4 && disk_works"
	ktap_test "link works" link_works
	ktap_test "connected interface gets nonsense" dom0 edit $VIF mac=garbage feature-sg=2 \
		multi-queue-max-queues=-1 feature-gso-tcpv4=4294967296
	ktap_test "link works as before" link_works
	# netback itself reads the address when it connects again.
	ktap_test "it gets its address back" dom0 edit $VIF mac=00:16:3e:00:00:10
}

reader() { while :; do dd if=/dev/xvdb of=/dev/null bs=64k iflag=direct 2>/dev/null || sleep 0.2; done; }

# The last state written is the one the backends themselves are in: both have seen the frontend
# close. From there a frontend may connect once more, but need not.
states_jump() {
	local reader path
	reader &
	reader=$!
	for path in $DISK $VIF; do
		ktap_test "$path: states 2 6 4 at once" dom0 states "$path" 2 6 4
		ktap_test "$path: states 2 6 4, slower" dom0 states "$path" 2 - 6 - 4 -
		ktap_test "$path: states that are none" dom0 states "$path" 99 - 70 - x - -1 - 0 - 1 - 3 - 7 - 8 -
		ktap_test "$path: closed" eval "dom0 states $path 6 && wait_for 30 frontend_closed $path"
		[ "$DRIVER" != ours ] || ktap_test "$path: waits for a frontend" dom0 states "$path" 2
	done
	if [ "$DRIVER" = ours ]; then
		ktap_test "disk works after all that" disk_works
		ktap_test "link works after all that" wait_for 20 link_works
	fi
	kill "$reader"
	ktap_test "disk detached" disk_detached
	ktap_test "interface detached" link_detached
}

directories_vanish() {
	ktap_test "both attached again" eval "dom0 block_attach xvdb 16M && dom0 network_attach"
	ktap_test "disk works again" disk_works
	ktap_test "link works again" link_works
	ktap_test "the disk's own directory goes" eval "dom0 vanish $DISK && wait_for 30 gone /dev/xvdb"
	ktap_test "the interface's own directory goes" \
		eval "dom0 vanish $VIF && wait_for 30 gone /sys/class/net/eth1"
}

untouched() {
	ping -c 1 -W 5 "$DOM0_IP" && dd if=/dev/xvda of=/dev/null bs=64k count=64 iflag=direct 2>&1
}

guest() {
	ktap_print_header
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up
	ktap_test "disk is there" wait_for 20 have_disk xvda
	keys_before_connecting
	keys_while_connected
	states_jump
	directories_vanish
	ktap_test "the first disk and interface have not noticed" untouched
	ktap_finished
}
