#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Several queues, each with its interrupts and senders on a CPU of its own; their number changed
# at run time, with and without traffic. Needs a backend that offers at least two.
. "$(dirname "$0")/lib.sh"

channels() {	# maximums|settings
	local at=${1:-settings}
	ethtool -l "$IFACE" | awk -v at="$at" '/maximums/ { in_max = 1 } /Current/ { in_max = 0 }
		/^Combined/ && in_max == (at == "maximums") { print $2 }'
}

channels_are() { [ "$(channels)" = "$1" ] && carrier_is 1; }

set_channels() {
	ethtool -L "$IFACE" combined "$1" && until_true 100 channels_are "$1"
}

# Named as the in-tree driver does, by the device: vif0-q0-tx.
interrupts() { awk -v name="$VIF-q" 'index($NF, name) == 1 { print $1 + 0, $NF }' /proc/interrupts; }

interrupts_follow() {
	local got
	got=$(interrupts | wc -l)
	echo "$(channels) queues, $got interrupts"
	[ "$got" = $((2 * $(channels))) ]
}

backend_was_told() {
	local dir told
	dir=device/vif/$(basename "$(driver_path)" | sed 's/vif-//')
	told=$(xenstore-read "$dir/multi-queue-num-queues" 2>/dev/null || echo 1)
	echo "xenstore says $told"
	[ "$told" = "$(channels)" ]
}

# Queue N belongs to CPU N modulo the queues, in both directions.
cpus_shared_out() {
	local cpus n queue irq name mask want code=0
	cpus=$(grep -c ^processor /proc/cpuinfo)
	for ((queue = 0; queue < $(channels); queue++)); do
		want=0
		for ((n = queue; n < cpus; n += $(channels))); do want=$((want | 1 << n)); done
		mask=$((16#$(tr -d , <"/sys/class/net/$IFACE/queues/tx-$queue/xps_cpus")))
		[ "$mask" = "$want" ] || { echo "tx-$queue is sent on from CPUs $mask, not $want"; code=1; }
		while read -r irq name; do
			case $name in *-q$queue-*) ;; *) continue ;; esac
			mask=$((16#$(tr -d , <"/proc/irq/$irq/affinity_hint")))
			[ "$mask" = $((1 << queue)) ] || { echo "$name hints at CPUs $mask"; code=1; }
			mask=$((16#$(tr -d , <"/proc/irq/$irq/effective_affinity")))
			[ "$mask" = $((1 << queue)) ] || { echo "$name is on CPUs $mask"; code=1; }
		done < <(interrupts)
	done
	return "$code"
}

queue_packets() { ethtool -S "$IFACE" | awk -v key="queue$1_$2_packets:" '$1 == key { print $2 }'; }

# XPS sends by the CPU, the backend spreads what it delivers by a hash of the addresses.
every_queue_sends() {
	local queue before after code=0
	for ((queue = 0; queue < $(channels); queue++)); do
		ping -c 1 -W 5 -q "$PEER"
		before=$(queue_packets "$queue" tx)
		taskset $((1 << queue)) ping -c 20 -i 0.01 -q "$PEER" || return
		after=$(queue_packets "$queue" tx)
		[ $((after - before)) -ge 15 ] || { echo "queue $queue sent $((after - before))"; code=1; }
	done
	return "$code"
}

every_queue_receives() {
	local queue before after code=0
	local -a had
	for ((queue = 0; queue < $(channels); queue++)); do had[queue]=$(queue_packets "$queue" rx); done
	limited 100 iperf3 -c "$PEER" -R -P 16 -n 8M >/dev/null || return
	for ((queue = 0; queue < $(channels); queue++)); do
		before=${had[queue]} after=$(queue_packets "$queue" rx)
		[ "$after" -gt "$before" ] || { echo "queue $queue received nothing"; code=1; }
	done
	return "$code"
}

# sum rx|tx packets|bytes: over the lines of the kernel's list.
sum() {
	tr "=" " " </tmp/list | awk -v way="$1" -v what="$2" '
		$1 == way { for (i = 3; i < NF; i += 2) if ($i == what) n += $(i + 1) }
		END { print n + 0 }'
}

lines_are() { [ "$(grep -c "^$1 " /tmp/list)" = "$(channels)" ]; }

# Counters of queues that are not in use now are only in the device's sum.
list_is_whole() {
	local way
	qstats "$IFACE" queue >/tmp/list || return
	for way in rx tx; do
		lines_are "$way" && [ "$(sum "$way" packets)" -gt 100 ] &&
			[ "$(sum "$way" packets)" -le "$(stat_of "${way}_packets")" ] || return
	done
}

list_agrees() {
	list_is_whole && until_true 10 device_agrees && return
	cat /tmp/list
	return 1
}

device_agrees() {
	local counted
	qstats "$IFACE" device >/tmp/list || return
	counted="$(stat_of rx_packets) $(stat_of rx_bytes) $(stat_of tx_packets) $(stat_of tx_bytes)"
	echo "statistics: $counted" >>/tmp/list
	[ "$(awk -F "[= ]" '/^device/ { print $4, $6, $8, $10 }' /tmp/list)" = "$counted" ]
}

# One instance for both directions of a queue, with the interrupt of what is received on it.
list_has_napi() {
	local queue id irq
	qstats "$IFACE" napi >/tmp/list && qstats "$IFACE" irq >>/tmp/list || return
	cat /tmp/list
	lines_are rx && lines_are tx || return
	for ((queue = 0; queue < $(channels); queue++)); do
		id=$(sed -n "s/^rx $queue napi=//p" /tmp/list)
		irq=$(interrupts | awk -v name="$VIF-q$queue-rx" '$2 == name { print $1 }')
		grep -qx "tx $queue napi=${id:-none}" /tmp/list &&
			grep -qx "napi $id irq=${irq:-none}" /tmp/list || return
	done
}

# test_list NAME [COMMAND]: where the kernel has a list of queues.
test_list() {
	qstats "$IFACE" device >/dev/null 2>&1
	if [ $? = 2 ]; then
		ktap_test_skip "$1" "Linux $(uname -r) has no list of queues with counters"
	else
		ktap_test "$1" "${2:-list_agrees}"
	fi
}

changed_to() {
	local before after
	before=$(stat_of tx_packets)
	set_channels "$1" && interrupts_follow && backend_was_told && streams 4000000 || return
	after=$(stat_of tx_packets)
	[ "$after" -gt "$before" ] || { echo "counters went from $before to $after"; return 1; }
}

bytes_over() { [ "$(stat_of "$1_bytes")" -gt "$2" ]; }

# A connection that is compared byte for byte lives through every change.
changed_under() {	# up|down tx|rx
	local job n moved
	timeout 200 netprobe "$1" "$PEER" stream "$STREAM" >/tmp/stream 2>&1 &
	job=$!
	moved=$(($(stat_of "$2_bytes") + 3000000))
	until_true 20 bytes_over "$2" "$moved" || return
	for n in 1 "$MOST" 2 1 "$MOST"; do
		kill -0 "$job" 2>/dev/null || { echo "the stream was over before the changes"; break; }
		set_channels "$n" || return
	done
	if ! wait "$job"; then cat /tmp/stream; return 1; fi
	echo "$STREAM bytes compared"
}

other_count_fails() {
	goes_red "" ethtool -L "$IFACE" combined $(($(channels maximums) + 1)) && streams 4000000
}

same_count() { ethtool -L "$IFACE" combined "$(channels)"; [ $? -le 1 ] && channels_are "$MOST"; }

down_and_changed() {
	ip link set "$IFACE" down && ethtool -L "$IFACE" combined 1 || return
	sleep 1
	ip link set "$IFACE" up && until_true 100 channels_are 1 && set_channels "$MOST" && streams 4000000
}

net_begin
VIF=$(basename "$(driver_path)" | tr -d -)
MOST=$(channels maximums)
STREAM=${XENFRONT_STREAM:-150000000}
[ "${MOST:-1}" -ge 2 ] || ktap_skip_all "the backend offers one queue, or the driver has no channels"
ktap_test "all queues are used" channels_are "$MOST"
ktap_test "two interrupts a queue" interrupts_follow
ktap_test "CPUs are shared out" cpus_shared_out
ktap_test "each CPU sends on its queue" every_queue_sends
ktap_test "all queues receive" every_queue_receives
test_list "the kernel's list of queues has their counters"
test_list "the kernel's list of queues has who looks after them" list_has_napi
ktap_test "the number they have already" same_count
ktap_test "more than there can be is refused" other_count_fails
for count in 1 2 $((MOST - 1)) "$MOST"; do
	ktap_test "changed to $count" changed_to "$count"
done
ktap_test "CPUs are shared out again" cpus_shared_out
test_list "no counter was lost"
test_list "the list has who looks after them now" list_has_napi
ktap_test "changed while it was down" down_and_changed
ktap_test "changed while sending" changed_under up tx
ktap_test "changed while receiving" changed_under down rx
ktap_finished
