# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "measures rows of the ruler; what and in which order stands in /bench/plan"
#: tools = ["fio"]
#: nics = 2
#: disks = ["xvda 256M", "xvdb 256M", "xvdc 96M", "xvdd 96M"]
#: memory = 768
#: icount = true
#: timeout = 3600

# In dom0. Xen emulates the clock where it does not trust the machine's, as here.
if [ "${HARDWARE_LIKE:-0}" = 1 ] && declare -F guest_config >/dev/null; then
	eval "bench_$(declare -f guest_config)"
	guest_config() {
		bench_guest_config "$@"
		echo 'tsc_mode = "native"'
	}
fi

# Backends offer as many queues as the guest has CPUs; by default it is as many as dom0 has.
dom0_before() { echo "$VCPUS" | tee /sys/module/xen_{net,blk}back/parameters/max_queues; }

disk_names() { printf '%s\n' "${DISKS[@]%% *}"; }

# At either end. HyStart ends the slow start when packets begin to take longer, and thereby chooses
# the window that a connection keeps for seconds: what is compared would be that choice.
no_hystart() { echo 0 >/sys/module/tcp_cubic/parameters/hystart; }

# The disks are filled, so that no read meets a hole.
ruler_setup() {
	local name
	RULER=/host/$(xl domname "$DOMID")
	no_hystart || return
	ruler_poorer
	for name in $(disk_names); do
		dd if=/dev/zero of="$(disk_file "$name")" bs=1M conv=notrunc \
			count=$(($(stat -c %s "$(disk_file "$name")") >> 20)) 2>/dev/null
	done
	cp "$RULER/load" /tmp/load
	(cd "$RULER" && exec /tmp/load serve) </dev/null >/dev/null 2>&1 3>&- &
	[ "$NICS" = 1 ] || ruler_far || return
	"$RULER/xen-mfndump" dump-p2m "$DOMID" >"$RULER/p2m"
	cp /proc/kallsyms "$RULER/dom0.syms"
	cp /proc/xen/xensyms "$RULER/xen.syms"
}

# The second interface's end is a host of its own, so that the two have to talk through the guest.
ruler_far() {
	local vif=vif$DOMID.1
	ip netns add far && ip link set "$vif" netns far &&
		ip -n far link set lo up && ip -n far address add 10.7.1.1/24 dev "$vif" &&
		ip -n far link set "$vif" up && ip -n far route add default via 10.7.1.2 &&
		ip route add 10.7.1.0/24 via 10.7.0.2 || return
	ip netns exec far /tmp/load serve </dev/null >/dev/null 2>&1 3>&- &
}

# The second and the fourth disk's backends have no indirect descriptors.
ruler_poorer() {
	[ ${#DISKS[@]} = 1 ] || key_hide vbd 51728 feature-max-indirect-segments || return
	[ ${#DISKS[@]} -lt 4 ] || key_hide vbd 51760 feature-max-indirect-segments
}

# The third and the fourth do 20 MB a second each way; their backends' threads come with the driver.
ruler_slow() {
	local name loop
	for name in xvdc xvdd; do
		disk_slow $name max >/dev/null || return
		loop=$(losetup --noheadings --output NAME --associated "$(disk_file $name)")
		echo "$(cat "/sys/block/${loop##*/}/dev") rbps=20971520 wbps=20971520" >"$SLOW/io.max"
	done
}

# The in-tree block driver does not bring a device up again that it has closed before.
ruler_new_disks() {
	local name loop
	for name in $(disk_names); do
		loop=$(losetup -j "$(disk_file "$name")")
		xl block-detach "$DOMID" "$name" 1>&2 &&
			xl block-attach "$DOMID" "format=raw,vdev=$name,access=rw,target=${loop%%:*}" \
				1>&2 || return
	done
	ruler_poorer
}

# free_memory: in KB, without what is only cached.
free_memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 2
	awk '/^MemFree/ { print $2 }' /proc/meminfo
}

# While this runs, the agent looks at nothing and costs no time.
ruler_hold() {
	xenstore-write "/local/domain/$DOMID/data/held" 1
	timeout 1500 xenstore-watch -n 2 "/local/domain/$DOMID/data/release" >/dev/null
}

# In the guest. What was measured is kept until dom0 may be disturbed again.
HOLDS=0 HELD=0
hold() {
	HOLDS=$((HOLDS + 1)) HELD=1
	xenstore-rm data/held 2>/dev/null
	xenstore-write data/call "hold.$HOLDS ruler_hold"
	wait_for 30 xenstore-exists data/held
	sleep 0.5
}

release() {
	[ $HELD = 1 ] || return 0
	HELD=0
	xenstore-write data/release 1
	wait_for 30 dom0_answered hold.$HOLDS
	xenstore-rm data/release data/held
}

# A frontend that comes back before the backend has seen it go is taken for the old one.
backend_closed() {	# vif-0
	local backend
	backend=$(xenstore-read "device/${1/-//}/backend") &&
		[ "$(xenstore-read "$backend/state")" = 6 ]
}

drop_driver() {	# net|blk
	local device
	for device in $(devices "$(driver_kind "$1")"); do
		unbind "$1" "$device"
		wait_for 10 backend_closed "$device" || return
	done
	unload_driver "$1"
}

drop_drivers() {
	if [ -d /sys/module/xen_netfront ]; then
		drop_driver net || return
	fi
	if [ -d /sys/module/xen_blkfront ]; then
		drop_driver blk && dom0 ruler_new_disks || return
	fi
	[ ! -d /sys/module/xen_frontlib ] || rmmod xen_frontlib
}

disks_ready() {
	local name
	for name in $(disk_names); do
		have_disk "$name" || return
	done
}

nets_ready() {
	local number
	net_names || return
	for ((number = 0; number < NICS; number++)); do
		net_up $number &&
			wait_for 10 ping -q -c 1 -W 2 "10.7.$number.1" >/dev/null || return
	done
}

use() {	# ours|intree [net.PARAMETER=VALUE|blk.PARAMETER=VALUE...]
	local word net=() blk=()
	drop_drivers || return
	# shellcheck disable=SC2034 # load_driver reads it
	DRIVER=$1
	shift
	# What it would measure differs from load to load.
	[ "$DRIVER" = intree ] || net=(tx_copybreak=256 rx_copybreak=256)
	for word; do
		case $word in
		net.*) net+=("${word#net.}") ;;
		blk.*) blk+=("${word#blk.}") ;;
		esac
	done
	load_driver net "${net[@]}" && load_driver blk "${blk[@]}" &&
		wait_for 20 disks_ready && nets_ready || return
	[ ${#DISKS[@]} -lt 4 ] || dom0 ruler_slow
}

rings() {	# NUMBER SLOTS: fails unless our disk has as many rings of so many slots
	local found
	found=$(awk '/^slots / { print $2 }' /sys/kernel/debug/xen-blkfront/xvda/ring-* |
		sort | uniq -c | xargs)
	[ "$found" = "$*" ] || { echo "rings and slots: $found" >/tmp/error; return 1; }
}

# One ring's event goes to any CPU; where a load has one CPU, that one.
pin() {	# INTERRUPT CPU
	local irq
	irq=$(awk -v name="$1" '$NF == name { print $1 }' /proc/interrupts)
	echo "$2" >"/proc/irq/${irq%:}/smp_affinity_list"
}

memory() {	# ID: what is free in guest and dom0, in KB
	local free
	free=$(dom0 free_memory) && echo "# figure: $1 = 0 guest=$(free_memory) dom0=$free"
}

# What each queue has done so far, one line a queue: "NAME NUMBER".
work_of_queues() {	# COUNTER, as of a row
	case $1 in
	disk:*) awk '/^requests / { print FILENAME, $2 }' \
			"/sys/kernel/debug/xen-blkfront/${1#disk:}"/ring-* ;;
	*) ethtool -S eth0 | awk '/_[rt]x_packets:/ { n[substr($1, 1, index($1, "_"))] += $2 }
				  END { for (queue in n) print queue, n[queue] }' | sort ;;
	esac
}

# Flows of TCP are not fair to each other in so short a time: what counts is that all take part.
spread() {	# QUEUES BEFORE AFTER: so many there are, and each did a tenth of a fair share or more
	paste -d ' ' <(echo "$2") <(echo "$3") | awk -v queues="$1" '
		{ work = $4 - $2; sum += work; if (NR == 1 || work < least) least = work }
		END { exit !(NR == queues && sum && least >= sum / NR / 10) }' && return
	echo "queues: $(paste -s -d ' ' <<<"$2"), then $(paste -s -d ' ' <<<"$3")" >/tmp/error
	return 1
}

# pktgen_setup INTERFACE BURST: to an address where nobody is, so that nothing comes back.
pktgen_setup() {
	local thread=/proc/net/pktgen/kpktgend_0 setting
	echo rem_device_all >$thread
	echo "add_device $1" >$thread
	for setting in "count 0" "pkt_size 60" "delay 0" "burst $2" "dst 10.7.0.77" \
		"dst_mac fe:ff:ff:ff:ff:ff"; do
		echo "$setting" >"/proc/net/pktgen/$1" || return
	done
}

# packets_at CHECKS: that came to the end of dom0 which the checks name, or nothing.
packets_at() {
	local host=${1#*arrive=}
	[ "$host" = "$1" ] || /bench/load packets "${host%%,*}"
}

# row ID CHECKS WARM WINDOW COUNTER COMMAND...: CHECKS is "arrive=HOST" where the packets that came
# there are to be compared with those sent, or the number of queues that have to share the work,
# or both. Where they do not, the row fails and says "uneven": tally has a window of it all the same.
row() {
	local id=$1 check=$2 warm=$3 window=$4 counter=$5 line arrived='' before='' code=0
	shift 5
	rm -f /tmp/count
	if [ "${counter%%:*}" = pktgen ]; then
		pktgen_setup "${counter#*:}" "$1" || return
		set -- sh -c 'echo start >/proc/net/pktgen/pgctrl'
	fi
	arrived=$(packets_at "$check") || return
	[[ ${check##*,} != [1-9]* ]] || before=$(work_of_queues "$counter")
	line=$(/bench/meter "$warm" "$window" "$counter" "$@" 2>/tmp/error) || return
	if [ -n "$before" ]; then
		spread "${check##*,}" "$before" "$(work_of_queues "$counter")" ||
			code=1 line+=" uneven=1"
	fi
	if [ -n "$arrived" ]; then
		sleep 0.05
		line+=" arrived=$(($(packets_at "$check") - arrived))"
	fi
	echo "# figure: $id = 0 $line"
	return $code
}

symbols() { /bench/load put "$DOM0_IP" "$1.syms" </proc/kallsyms; }

prepare() {
	insmod /bench/runstate.ko &&
		modprobe null_blk queue_mode=2 irqmode=0 gb=1 &&
		modprobe pktgen && modprobe dummy numdummies=1 &&
		/bin/ip address add 10.9.0.1/24 dev dummy0 && /bin/ip link set dummy0 up &&
		echo 1 >/proc/sys/net/ipv4/ip_forward && no_hystart &&
		dom0 ruler_setup
}

# One step of the plan; its result decides whether the round counts.
step() {
	local what=$1
	shift
	: >/tmp/error
	if ! "$what" "$@" >>/tmp/lines; then
		echo "# $what $1: $(tail -n 1 /tmp/error)" >>/tmp/lines
		return 1
	fi
}

guest() {
	local what words name='' good=1 driver=1
	ktap_print_header
	ktap_test "prepare" prepare || exit
	while read -r what words <&4; do
		case $what in
		begin)
			name=$words good=1 driver=1
			: >/tmp/lines
			;;
		hold) hold ;;
		end)
			release
			cat /tmp/lines
			if [ $good = 1 ]; then ktap_test_pass "$name"; else ktap_test_fail "$name"; fi
			sleep 1
			;;
		*)
			[ $driver = 1 ] || continue
			# shellcheck disable=SC2086 # the plan's lines are words
			step "$what" $words && continue
			good=0
			[ "$what" != use ] || driver=0
			;;
		esac
	done 4</bench/plan
	ktap_finished
}
