# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the network tests share. Environment:
#   XENFRONT_IFACE  interface to test; default: the first one on the Xen bus
#   XENFRONT_PEER   IPv4 address of a host behind it that runs "netprobe serve" and "iperf3 -s"
#   XENFRONT_PEER6  its IPv6 address; without it IPv6 is skipped
#   XENFRONT_DOM0   a command that runs a function of the bench in dom0, if there is one
#   XENFRONT_EXPECT what the backend lacks: "sg=off tso4=off tso6=off csum4=off csum6=off"; what is
#                   not named is expected to be on

HERE=$(dirname "${BASH_SOURCE[0]}")
PATH=$HERE/../tools:$PATH
. "$HERE/../ktap.sh"
. "$HERE/../suite.sh"

first_vif() {
	local path
	for path in /sys/class/net/*/device/devtype; do
		[ "$(cat "$path" 2>/dev/null)" = vif ] || continue
		path=${path#/sys/class/net/}
		echo "${path%%/*}"
		return
	done
}

IFACE=${XENFRONT_IFACE:-$(first_vif)}
PEER=${XENFRONT_PEER:-}
PEER6=${XENFRONT_PEER6:-}

net_begin() {
	[ -n "$IFACE" ] || ktap_skip_all "no interface on the Xen bus (XENFRONT_IFACE)"
	[ -n "$PEER" ] || ktap_skip_all "no peer to talk to (XENFRONT_PEER)"
	ktap_print_header
	ktap_print_msg "$IFACE, peer $PEER ${PEER6:-without IPv6}, Linux $(uname -r)"
}

probe() { limited 120 netprobe "$@"; }
# streams BYTES: both ways, compared.
streams() { probe up "$PEER" stream "$1" && probe down "$PEER" stream "$1"; }

# counter_of NAME: ethtool's counter of that name, of all queues.
counter_of() {
	ethtool -S "$IFACE" | awk -v name="^queue[0-9]+_$1:" '$1 ~ name { n += $2 } END { print n + 0 }'
}

# counts NAME LEAST COMMAND...: it succeeds, and so many are counted meanwhile.
counts() {
	local name=$1 least=$2 before
	shift 2
	before=$(counter_of "$name")
	"$@" || return
	echo "$(($(counter_of "$name") - before)) counted as $name"
	[ $(($(counter_of "$name") - before)) -ge "$least" ]
}

stat_of() { cat "/sys/class/net/$IFACE/statistics/$1"; }
mtu_of() { cat "/sys/class/net/$IFACE/mtu"; }
driver_path() { readlink -f "/sys/class/net/$IFACE/device"; }
carrier_is() { [ "$(cat "/sys/class/net/$IFACE/carrier" 2>/dev/null)" = "$1" ]; }

# peers: the address families there are to test.
peers() { printf '%s\n' "$PEER" ${PEER6:+"$PEER6"}; }

# payload_for PEER: what fits one packet of the present MTU.
payload_for() {
	case $1 in
	*:*) echo $(($(mtu_of) - 48)) ;;
	*)   echo $(($(mtu_of) - 28)) ;;
	esac
}

# test6 NAME COMMAND...: needs IPv6.
test6() {
	if [ -n "$PEER6" ]; then
		ktap_test "$@"
	else
		ktap_test_skip "$1" "no IPv6 peer (XENFRONT_PEER6)"
	fi
}

# set_mtu N: here and at the peer.
set_mtu() {
	probe mtu "$PEER" "$1" && ip link set "$IFACE" mtu "$1"
}

# feature NAME: on or off, as ethtool sees it.
feature() { ethtool -k "$IFACE" | sed -n "s/^[[:space:]]*$1: \([a-z]*\).*/\1/p"; }

# wanted FEATURE: on or off, as XENFRONT_EXPECT has it.
wanted() {
	case " ${XENFRONT_EXPECT:-} " in
	*" $1=off "*) echo off ;;
	*)            echo on ;;
	esac
}

# errors_counted: all kinds of errors and drops together.
errors_counted() {
	local name sum=0
	for name in rx_errors tx_errors rx_dropped tx_dropped rx_length_errors rx_crc_errors; do
		sum=$((sum + $(stat_of $name)))
	done
	echo $sum
}

# mean_packet tx|rx COMMAND...: mean size of the packets the command moved, on standard output.
mean_packet() {
	local way=$1 packets bytes
	shift
	packets=$(stat_of "${way}_packets") bytes=$(stat_of "${way}_bytes")
	"$@" >&2 || return
	packets=$(($(stat_of "${way}_packets") - packets))
	bytes=$(($(stat_of "${way}_bytes") - bytes))
	[ $packets -gt 0 ] || { echo "no packet was counted" >&2; return 1; }
	echo $((bytes / packets))
}

# What the backend sends of a stream: whole packets of many segments, or one at a time.
mean_received() {
	mean_packet rx probe down "$PEER" stream "$(whole_or_quick 4000000 1000000)"
}

receives_large() {
	local mean
	mean=$(mean_received) && echo "mean packet received $mean" && [ "$mean" -gt 3000 ]
}

receives_segments() {
	local mean
	mean=$(mean_received) && echo "mean packet received $mean" && [ "$mean" -le 1514 ]
}
