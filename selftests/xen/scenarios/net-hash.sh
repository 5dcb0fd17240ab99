# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "receive hashing through the control ring: key, table, types, steering; kept over reconnects"
#: kernel = ["6.12", "6.1", "7.2"]
#: vcpus = 2
#: dom0_vcpus = 2
#: driver = "ours"
#: timeout = 900
#: slow = true

# ---- in dom0 ----

# By default netback offers as many queues as dom0 has CPUs.
dom0_before() { netback_offers 4; }
dom0_after() { netback_offers 2; }

# backend_hash: what netback itself says it does, in one line:
# TOEPLITZ types=4 key=HEX queues=0,0,1,1,... or NONE
backend_hash() {
	[ -d /sys/kernel/debug/xen-netback ] || mount -t debugfs none /sys/kernel/debug
	awk '/^Hash Algorithm/ { alg = $3 }
	     /^- IP/ { types++ }
	     /^Hash Key/ { part = "key"; next }
	     /^Hash Mapping/ { part = "queues"; next }
	     /^\[/ { sub(/^[^]]*\]:/, ""); for (i = 1; i <= NF; i++) {
			if (part == "key") key = key $i; else queues = queues "," $i } }
	     END { if (alg == "NONE") print alg
		   else print alg " types=" types + 0 " key=" key " queues=" substr(queues, 2) }' \
		"/sys/kernel/debug/xen-netback/vif$DOMID.0/ctrl"
}

# mute_backend: one of states in xenstore alone. It has a control ring and answers nothing.
mute_backend() {
	local here=/local/domain/0/backend/vif/$DOMID/0 there=/local/domain/$DOMID/device/vif/0
	netback_goes && xenstore-write "$here/state" 6 &&
		wait_for 30 state_is "$there" 6 && xenstore-write "$here/state" 2 &&
		wait_for 30 state_is "$there" 4 && xenstore-write "$here/state" 4
}

# ---- in the guest ----

# ethtool -N says what is wrong, and exits with 0.
refused_fields() { ethtool -N eth0 rx-flow-hash "$@" 2>&1 | grep "Invalid argument"; }

table() { ethtool -x eth0 | sed -n 's/^ *[0-9]*: \+//p' | xargs | tr ' ' ,; }
key() { ethtool -x eth0 | grep -E '^([0-9a-f]{2}:)+' | tr -d :; }

# spread N: the table that gives N queues equal shares.
spread() {
	local n out=
	for ((n = 0; n < 128; n++)); do out+=,$((n % $1)); done
	echo "${out#,}"
}

table_is() {
	[ "$(table)" = "$1" ] || { table; return 1; }
}

says_none() {
	local said
	said=$(dom0 backend_hash)
	[ "$said" = NONE ] || { echo "$said"; return 1; }
}

# agreed TYPES: the backend has the key and table that ethtool shows, and so many types.
agreed() {
	local said want
	said=$(dom0 backend_hash)
	want="TOEPLITZ types=$1 key=$(key) queues=$(table)"
	[ "$said" = "$want" ] || { printf 'backend: %s\nethtool: %s\n' "$said" "$want"; return 1; }
}

# counts COUNTER: of each queue that there may be.
counts() { ethtool -S eth0 | sed -n "s/^ *queue[0-9]*_$1: //p" | xargs; }

receive() { limited 100 iperf3 -c "$DOM0_IP" -R -P 16 -n 4M >/dev/null; }

# receives_on QUEUE...: most packets come on these, and some on each of them.
receives_on() {
	local -a before after
	local n got wanted=0 others=0
	ping -c 1 -W 5 -q "$DOM0_IP" >/dev/null
	read -ra before <<<"$(counts rx_packets)"
	receive || return
	read -ra after <<<"$(counts rx_packets)"
	for n in "${!before[@]}"; do
		got=$((after[n] - before[n]))
		echo "queue $n: $got"
		case " $* " in
		*" $n "*) wanted=$((wanted + got)); [ "$got" -gt 0 ] || return ;;
		*)        others=$((others + got)) ;;
		esac
	done
	# What is not IP has no hash, and goes where the table sends 0.
	[ "$others" -le 20 ] && [ "$wanted" -gt 100 ]
}

hashes_come() {
	local before
	before=$(nic_counter rx_hashed)
	receive && echo "$(($(nic_counter rx_hashed) - before)) packets with a hash" && [ $(($(nic_counter rx_hashed) - before)) -gt 100 ]
}

no_hash_comes() {
	local before
	before=$(nic_counter rx_hashed)
	receive && [ "$(nic_counter rx_hashed)" = "$before" ] && [ "$(nic_counter rx_bad_extra)" = 0 ]
}

# stack_gets all|none: of the packets that come, so many have a hash as the stack gets them.
stack_gets() {
	local said
	said=$(rxhash eth0 timeout $((100 * PACE / 100)) iperf3 -c "$DOM0_IP" -R -P 4 -n 4M) || return
	echo "$said"
	case $1 in
	all)  [[ $said =~ ^[1-9][0-9]+\ with\ a\ hash,\ 0\ without$ ]] ;;
	none) [[ $said =~ ^0\ with\ a\ hash,\ [1-9][0-9]+\ without$ ]] ;;
	esac
}

xdp() { ip link set eth0 xdp "$@" && wait_for 30 carrier eth0; }

KEY=$(for n in {1..40}; do printf '%02x:' $((n * 5)); done)
KEY=${KEY%:}
set_key() { ethtool -X eth0 hkey "$KEY" && [ "$(key)" = "${KEY//:/}" ]; }

fields_are() { ethtool -n eth0 rx-flow-hash "$1" | tee /dev/stderr | grep -q "$2"; }

# Packets do not wait for what it says to hashing.
connected_at_once() { wait_for 4 carrier eth0 && ! gave_up; }

gave_up() { dmesg | grep "backend sends no response to control request 4"; }

lost_table() { dmesg | grep -q "table of receive hashes is not for 128 entries and 2 queues"; }

no_ctrl_ring() { ! ethtool -x eth0 && ! ethtool -X eth0 equal 2 && ! ethtool -K eth0 rxhash on; }

hidden() {
	unbind net vif-0 && dom0 backend_hide vif feature-ctrl-ring && bind net vif-0 && net_up &&
		! xenstore-read device/vif/0/ctrl-ring-ref
}

guest() {
	begin_suites
	ktap_test "driver loads" load_driver net max_queues=4
	ktap_test "link is up" net_up
	ktap_test "four queues" combined_is 4
	ktap_test "no hashing by default" rxhash_is off
	ktap_test "the backend was told none" says_none
	ktap_test "and says none" no_hash_comes
	ktap_test "nor does the stack get one" stack_gets none
	ktap_test "hashing" ethtool -K eth0 rxhash on
	ktap_test "is on" rxhash_is on
	ktap_test "equal shares" table_is "$(spread 4)"
	ktap_test "the backend agrees" agreed 4
	ktap_test "all queues receive" receives_on 0 1 2 3
	ktap_test "packets have a hash" hashes_come
	ktap_test "which the stack gets" stack_gets all
	ktap_test "an XDP program" xdp obj /usr/bin/xdp.bpf.o program take_frags
	ktap_test "packets have a hash" hashes_come
	ktap_test "which the stack gets after the program" stack_gets all
	ktap_test "that saw them" nic_counter_over rx_xdp_pass 100
	ktap_test "no program" xdp off
	ktap_test "the backend agrees" agreed 4

	ktap_test "all to queue 2" ethtool -X eth0 weight 0 0 1 0
	ktap_test "the backend agrees" agreed 4
	ktap_test "only queue 2 receives" receives_on 2
	ktap_test "a key" set_key
	ktap_test "the backend agrees" agreed 4
	ktap_test "only queue 2 receives" receives_on 2
	ktap_test "fewer queues than the table names are refused" goes_red "Invalid argument" ethtool -L eth0 combined 2
	ktap_test "half of them" ethtool -X eth0 equal 2
	ktap_test "two queues receive" receives_on 0 1

	ktap_test "ports are hashed" fields_are tcp4 "L4 bytes"
	ktap_test "ports are not to be" ethtool -N eth0 rx-flow-hash tcp4 sd
	ktap_test "the backend agrees" agreed 3
	ktap_test "ports are not hashed" eval "! fields_are tcp4 'L4 bytes'"
	ktap_test "ports of UDP are refused" refused_fields udp4 sdfn
	ktap_test "ports are to be" ethtool -N eth0 rx-flow-hash tcp4 sdfn
	ktap_test "the backend agrees" agreed 4

	ktap_test "the default table" ethtool -X eth0 default
	for count in 2 4; do
		ktap_test "$count queues" change_to $count
		ktap_test "equal shares" table_is "$(spread $count)"
		ktap_test "the same key" test "$(key)" = "${KEY//:/}"
		ktap_test "the backend agrees" agreed 4
	done
	ktap_test "one queue" change_to 1
	ktap_test "is nothing to hash for" rxhash_is off
	ktap_test "the backend was told none" says_none
	ktap_test "four queues" change_to 4
	ktap_test "hashing is on again" rxhash_is on
	ktap_test "the backend agrees" agreed 4

	ktap_test "all to queue 3" ethtool -X eth0 weight 0 0 0 1
	ktap_test "a backend restarts" dom0 netback_restarts 4
	ktap_test "four queues" wait_for 100 combined_is 4
	ktap_test "the backend agrees" agreed 4
	ktap_test "only queue 3 receives" receives_on 3
	ktap_test "saved and restored" dom0 save_restore
	ktap_test "four queues" wait_for 100 combined_is 4
	ktap_test "the backend agrees" agreed 4
	ktap_test "only queue 3 receives" receives_on 3
	ktap_test "a backend restarts with two queues" dom0 netback_restarts 2
	ktap_test "two queues" wait_for 100 combined_is 2
	ktap_test "the table was given up" lost_table
	ktap_test "equal shares" table_is "$(spread 2)"
	ktap_test "the backend agrees" agreed 4
	ktap_test "two queues receive" receives_on 0 1
	ktap_test "one queue is not refused" change_to 1

	ktap_test "four queues" dom0 netback_restarts 4
	ktap_test "are offered" wait_for 100 carrier eth0
	ktap_test "and had" change_to 4
	ktap_test "no hashing" ethtool -K eth0 rxhash off
	ktap_test "the backend was told none" says_none
	ktap_test "and says none" no_hash_comes
	ktap_test "a table turns it on" ethtool -X eth0 equal 4
	ktap_test "the backend agrees" agreed 4

	ktap_test "a backend that does not answer" dom0 mute_backend
	ktap_test "is connected to" connected_at_once
	ktap_test "is given up" wait_for 30 gave_up
	ktap_test "but stays connected" carrier eth0
	ktap_test "no hashing" rxhash_is off
	ktap_test "nor to be had" goes_red "not supported" ethtool -X eth0 equal 2
	ktap_test "the backend returns" dom0 netback_returns
	ktap_test "four queues" wait_for 100 combined_is 4
	ktap_test "the backend agrees" agreed 4

	# This netback would go on with what it was told: no backend loses its control ring.
	ktap_test "no hashing" ethtool -K eth0 rxhash off
	ktap_test "a backend without control ring" hidden
	ktap_test "cannot hash" no_ctrl_ring
	ktap_test "packets come all the same" receive
	ktap_finished
}
