# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What scenarios can say in the guest.

# wait_for SECONDS COMMAND...: until it succeeds. On a slow or busy machine, as the bench says in $PACE,
# seconds are longer.
wait_for() {
	local deadline=$((SECONDS + $1 * ${PACE:-100} / 100))
	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.2
	done
}

# dom0 FUNCTION ARGUMENT...: runs a function in dom0 (the scenario's own or one of its verbs),
# prints what it printed (up to 900 bytes) and returns its status. It has $DOM0_LIMIT seconds, or 120.
dom0() {
	local code answer call=$BASHPID.$RANDOM
	# Lines still on their way would be lost if the function saves and restores this guest.
	echo "@sync $call" >&9
	wait_for 60 grep -qsx "$call" /tmp/synced || return
	xenstore-write data/call "$call $*"
	if ! wait_for "${DOM0_LIMIT:-120}" dom0_answered "$call"; then
		echo "dom0 does not answer: $*" >&2
		return 1
	fi
	read -r _ code answer <<<"$(head -n 1 <<<"$DOM0_ANSWER")"
	if [ -n "$answer" ]; then
		printf '%s\n' "$answer"
		tail -n +2 <<<"$DOM0_ANSWER"
	fi
	return "$code"
}

dom0_answered() {
	DOM0_ANSWER=$(xenstore-read data/answer 2>/dev/null)
	[ "${DOM0_ANSWER%% *}" = "$1" ]
}

# end_job PID SECONDS: a job of this very shell, so not within ktap_test, is told to end; returns its
# status, or 1 if it does not end.
end_job() {
	kill "$1" 2>/dev/null
	wait_for "$2" job_ended "$1" && wait "$1"
}

job_ended() { ! kill -0 "$1" 2>/dev/null; }

# load_driver net|blk [PARAMETER...]: inserts the driver under test.
load_driver() {
	local kind=$1 module
	shift
	module=xen-${kind}front
	if [ "$DRIVER" = intree ]; then
		modprobe "$module" "$@"
		return
	fi
	grep -q ^xen_frontlib /proc/modules || insmod /drivers/xen-frontlib.ko || return
	insmod "/drivers/$module.ko" "$@"
}

load_drivers() { load_driver net && load_driver blk; }

# unload_driver net|blk: takes its devices from it first, as they hold the module.
unload_driver() {
	local kind device
	kind=$(driver_kind "$1")
	for device in "/sys/bus/xen/drivers/$kind/$kind"-*; do
		[ ! -e "$device" ] || unbind "$1" "${device##*/}" || return
	done
	rmmod "xen-${1}front"
}

# devices vif|vbd: the names of the guest's devices on the Xen bus, "vif-0 vif-1".
devices() {
	local path
	for path in /sys/bus/xen/devices/"$1"-*; do
		[ -e "$path" ] && echo "${path##*/}"
	done
}

device_connected() {	# vif|vbd, NUMBER
	[ "$(xenstore-read "device/$1/$2/state" 2>/dev/null)" = 4 ]
}

# bind, unbind: net|blk DEVICE
driver_kind() { [ "$1" = net ] && echo vif || echo vbd; }
bind()   { echo "$2" >"/sys/bus/xen/drivers/$(driver_kind "$1")/bind"; }
unbind() { echo "$2" >"/sys/bus/xen/drivers/$(driver_kind "$1")/unbind"; }

have_disk() { [ -b "/dev/$1" ] && [ "$(cat "/sys/block/$1/size")" != 0 ]; }

# How scenarios begin that run suites of /selftests: with what those need, and the driver loaded.
begin_suites() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /selftests/suite.sh
	export XENFRONT_DOM0=dom0
	export -f dom0 dom0_answered wait_for
	ktap_print_header
}

begin_disk() {	# DISK
	begin_suites
	export XENFRONT_DISK=$1
	ktap_test "driver loads" load_driver blk
	ktap_test "disk is there" wait_for 20 have_disk "$1"
}

TRACING=/sys/kernel/tracing

# count_calls NAME FUNCTION...: of these functions of the kernel, from now on, for calls_of NAME.
count_calls() {
	printf 'p:%s %s\n' "$@" >$TRACING/kprobe_events && echo 1 >$TRACING/events/kprobes/enable
}

calls_of() { awk -v name="$1" '$1 == name { print $2 }' $TRACING/kprobe_profile; }

# page_pools_count: from now on. The kernel puts each page pool on a list, and takes it off when the
# last page has come back.
page_pools_count() { count_calls made page_pool_list ended page_pool_unlist; }

# page_pools: how many more were made than ended.
page_pools() { echo $(($(calls_of made) - $(calls_of ended))); }

page_pools_are() {	# NUMBER
	[ "$(page_pools)" = "$1" ] || { echo "$(page_pools) page pools"; return 1; }
}

# grants_trace: from now on grants_within can count.
grants_trace() { count_calls given gnttab_grant_foreign_access_ref; }

# grants_within LEAST MOST COMMAND...: so many pages are granted to backends meanwhile. What stays
# granted is not counted.
grants_within() {
	local least=$1 most=$2 given
	shift 2
	given=$(calls_of given)
	"$@" || return
	given=$(($(calls_of given) - given))
	echo "$given grants"
	[ $given -ge "$least" ] && [ $given -le "$most" ]
}

# figure NAME VALUE UNIT: a measured figure, shown in the tables.
figure() { echo "# figure: $1 = $2 $3"; }

# memory_kb: what is free, once nothing is cached that could be dropped. What was given back is
# free a little later. Pages that lie ready for a CPU are free too; MemFree leaves them out, with
# 64 KB pages up to 4 MB a CPU.
memory_kb() {
	local pages=0 last=-1 tries
	for ((tries = 0; tries < 20 && pages != last; tries++)); do
		last=$pages
		sync
		echo 3 >/proc/sys/vm/drop_caches
		sleep 1
		echo 1 >/proc/sys/vm/stat_refresh
		pages=$(awk '$1 == "nr_free_pages" || $1 == "count:" { n += $2 } END { print n }' \
			/proc/zoneinfo)
	done
	echo $((pages * $(awk '/^KernelPageSize/ { print $2; exit }' /proc/self/smaps)))
}
