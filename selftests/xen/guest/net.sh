# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What scenarios can say of the guest's network interfaces.

carrier() { [ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" = 1 ]; }

# net_up [NUMBER]: address and link of eth0, or another; dom0 is $DOM0_IP on the first.
# shellcheck disable=SC2034 # for the scenarios
DOM0_IP=10.7.0.1 GUEST_IP=10.7.0.2 DOM0_IP6=fd07:0::1 GUEST_IP6=fd07:0::2
net_up() {
	local number=${1:-0}
	wait_for 20 test -e "/sys/class/net/eth$number" || return
	/bin/ip address add "10.7.$number.2/24" dev "eth$number"
	/bin/ip -6 address add "fd07:$number::2/64" dev "eth$number" nodad
	/bin/ip link set "eth$number" up
	wait_for 20 carrier "eth$number"
}

# net_heard NUMBER: its backend hears of packets. netback can lose the first event of a connection, by
# a fault of its own that faults.rst describes. With one event channel it is deaf from then on, which no
# frontend can change. Where dom0 finds this fault, the driver is bound again, once: netback then keeps
# the keys that it has.
net_heard() {
	ping -q -c 2 -W 2 "10.7.$1.1" && return
	xenstore-exists "device/vif/$1/event-channel" && dom0 netback_is_deaf "$1" || return
	echo "netback lost its first event of eth$1: bound again"
	unbind net "vif-$1" && bind net "vif-$1" && net_up "$1" &&
		xenstore-exists "device/vif/$1/event-channel" && ping -q -c 2 -W 2 "10.7.$1.1"
}

# net_names: ethN is device N, whichever backend was ready first.
net_names() {
	local number name code=0
	for ((number = 0; number < NICS; number++)); do
		if ! wait_for 20 test -d "/sys/bus/xen/devices/vif-$number/net"; then
			echo "vif-$number has no interface"
			code=1
			continue
		fi
		name=$(ls "/sys/bus/xen/devices/vif-$number/net")
		[ "$name" = "eth$number" ] || { echo "vif-$number is $name"; code=1; }
	done
	return $code
}

# begin_net: begin_suites for those of the network.
begin_net() {
	begin_suites
	export XENFRONT_PEER=$DOM0_IP XENFRONT_PEER6=$DOM0_IP6
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
}

# load_net_again [PARAMETER...]
load_net_again() { unload_driver net && load_driver net "$@" && net_up 0; }

# probe WORD...: netprobe within a time.
probe() { limited 120 netprobe "$@"; }

# streams BYTES [ADDRESS]: both ways, compared.
streams() { probe up "${2:-$DOM0_IP}" stream "$1" && probe down "${2:-$DOM0_IP}" stream "$1"; }

# ---- connections and queues ----

# connects: how many connections eth0 has had so far.
connects() { dmesg | grep -c "eth0: connected:"; }
connects_are() { [ "$(connects)" = "$1" ]; }
connects_over() { [ "$(connects)" -gt "$1" ]; }

# combined: eth0's queues. A change that fails is given up after a minute.
combined() { ethtool -l eth0 | awk '/^Combined/ { n = $2 } END { print n }'; }
combined_is() { [ "$(combined)" = "$1" ] && carrier eth0; }
change_to() { ethtool -L eth0 combined "$1" && wait_for 100 combined_is "$1"; }

rxhash_is() { ethtool -k eth0 | grep "^receive-hashing: $1"; }	# on|off

# filtering_is 0|1: whether the backend is, or soon will be, asked to filter multicast.
filtering() { xenstore-read device/vif/0/request-multicast-control; }
filtering_now() { [ "$(filtering)" = "$1" ]; }
filtering_is() {
	wait_for 20 filtering_now "$1" || { echo "request-multicast-control is $(filtering)"; return 1; }
}

# ---- counters ----

# statistic NAME: the interface's, as for any network interface.
statistic() { cat "/sys/class/net/eth0/statistics/$1"; }
statistic_over() { [ "$(statistic "$1")" -gt "$2" ]; }

# queues_counted INTERFACE NAME: ethtool's counter of that name, of all queues.
queues_counted() {
	ethtool -S "$1" | awk -v name="^queue[0-9]+_$2:" '$1 ~ name { n += $2 } END { print n + 0 }'
}

nic_counter() { queues_counted eth0 "$1"; }	# NAME
nic_counter_over() { [ "$(nic_counter "$1")" -gt "$2" ]; }

# counted NAME: what badback counted at eth0, or at interface $NUMBER.
counted() { dom0 badback_counts "${NUMBER:-0}" "$1"; }
counted_is() { local n; n=$(counted "$1") && echo "$1 is $n" && [ "$n" = "$2" ]; }
counted_over() { local n; n=$(counted "$1") && echo "$1 is $n" && [ "$n" -gt "$2" ]; }
counted_at_most() { local n; n=$(counted "$1") && echo "$1 is $n" && [ "$n" -le "$2" ]; }
