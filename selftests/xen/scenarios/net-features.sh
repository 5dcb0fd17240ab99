# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "backends that lack one feature each, an interface for every one of them"
#: quick_arch = "arm64"
#: shorter = true
#: nics = 8
#: timeout = 900

# One line an interface: the keys its backend lacks (or has, with "KEY=VALUE"), then what is
# therefore off. The last one is an old backend that has nothing but what is mandatory.
# The in-tree driver takes no notice of feature-no-csum-offload.
backends_of_net() {
	local no_csum="csum4=off tso4=off"
	[ "$DRIVER" = ours ] || no_csum=
	cat <<-END
		: sg=on
		feature-gso-tcpv4: tso4=off
		feature-gso-tcpv6: tso6=off
		feature-ipv6-csum-offload: csum6=off tso6=off
		feature-no-csum-offload=1: $no_csum
		feature-sg: sg=off tso4=off tso6=off
		feature-split-event-channels multi-queue-max-queues: sg=on
		feature-sg feature-gso-tcpv4 feature-gso-tcpv6 feature-ipv6-csum-offload feature-split-event-channels multi-queue-max-queues feature-ctrl-ring feature-multicast-control: sg=off tso4=off tso6=off csum6=off
	END
}

# Has to happen before the driver looks.
make_poorer() {
	local number=0 keys key
	while IFS=: read -r keys _; do
		for key in $keys; do
			case $key in
			*=*) dom0 key_set vif $number "${key%%=*}" "${key#*=}" || return ;;
			*)   dom0 key_hide vif $number "$key" || return ;;
			esac
		done
		number=$((number + 1))
	done < <(backends_of_net)
}

# What the in-tree driver leaves behind. Its own next connection writes the key anew.
leave_headroom() { xenstore-write device/vif/0/xdp-headroom 256; }

guest() {
	. /selftests/suite.sh
	local number=0 keys
	export XENFRONT_DOM0=dom0 XENFRONT_EXPECT XENFRONT_IFACE XENFRONT_PEER XENFRONT_PEER6
	ktap_print_header
	ktap_test "backends made poorer" make_poorer
	ktap_test "headroom for XDP was asked for by another driver" leave_headroom
	ktap_test "driver loads" load_driver net
	ktap_test "interfaces have their numbers" net_names
	while IFS=: read -r keys XENFRONT_EXPECT <&4; do
		XENFRONT_IFACE=eth$number XENFRONT_PEER=10.7.$number.1 XENFRONT_PEER6=fd07:$number::1
		ktap_test "link of eth$number is up, without ${keys:-nothing}" net_up $number
		ktap_test "its backend hears of packets" net_heard $number
		ktap_suite net/offload
		number=$((number + 1))
	done 4< <(backends_of_net)
	ktap_finished
}
