# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "backends that are not Linux's: FreeBSD's and QEMU's manners, and one that agrees on slots"
#: quick_arch = "arm64"
#: shorter = true
#: nics = 3
#: timeout = 1500
#: intree_fails = "frames down"

# Each manner on an interface of its own, then one after the other on one.

dom0_after() { badback_all_ended; }

# One line an interface: the manner, then what is off because of it.
manners() {
	cat <<-END
		freebsd: tso6=off csum6=off
		qemu: sg=off tso4=off tso6=off csum6=off
		slots:
	END
}

# Has to happen before the driver looks.
take_all() {
	local number=0 manner
	while IFS=: read -r manner _ <&4; do
		dom0 badback_take $number "$manner" || return
		number=$((number + 1))
	done 4< <(manners)
}

all_stream() { streams 1000001 "$XENFRONT_PEER"; }

pings() {
	local size
	for size in 0 1 17 18 19 100 1471 1472 1473 4067 4068 4069 9000 30000 65507; do
		ping -q -c 1 -W 5 -s $size "$XENFRONT_PEER" || return
	done
}

# in_traffic IPERF3_OPTION... -- COMMAND...: that, with the interface full of packets. Our own streams
# come when those have ended: beside them they would take half a minute.
in_traffic() {
	local job code options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	timeout 60 iperf3 -c "$XENFRONT_PEER" -t 60 "${options[@]}" >/dev/null 2>&1 &
	job=$!
	sleep 2
	"$@"
	code=$?
	kill $job
	wait $job
	[ $code = 0 ] && all_stream
}

rebound() { unbind net "vif-$NUMBER" && bind net "vif-$NUMBER" && net_up "$NUMBER"; }
bound_again() { rebound && all_stream; }
bound_again_in_traffic() { in_traffic --bidir -- rebound; }

# The driver stays. What was agreed on with one backend is not believed of the next. Who asked for the
# peer's address while there was no carrier is told that there is no route, shortly after there is.
taken_over() {	# MANNER
	dom0 badback_leave "$NUMBER" && dom0 badback_take "$NUMBER" "$1" &&
		wait_for 30 carrier "$XENFRONT_IFACE" &&
		wait_for 10 ping -q -c 1 -W 1 "$XENFRONT_PEER"
}
replaced() { taken_over "$1" && all_stream; }

mtu_at_both_ends() {
	probe mtu "$XENFRONT_PEER" "$1" && ip link set "$XENFRONT_IFACE" mtu "$1"
}

tx_copybreak() { ethtool --get-tunable "$XENFRONT_IFACE" tx-copybreak | awk '{ print $2 }'; }
copied_up_to() { ethtool --set-tunable "$XENFRONT_IFACE" tx-copybreak "$1"; }

# gathers TIMES SLOTS: so often a packet of so many slots, longer than what is copied whatever its
# shape, is copied together.
gathers() {
	local times
	times=$(queues_counted "$XENFRONT_IFACE" tx_gathered)
	probe up "$XENFRONT_PEER" straddle "$2" 8000 || return
	times=$(($(queues_counted "$XENFRONT_IFACE" tx_gathered) - times))
	echo "copied together: $times"
	[ $times = "$1" ]
}

# The longest MTU, so that netprobe has room to lay pieces across frames.
gathering() {
	local copied
	copied=$(tx_copybreak)
	ktap_test "short packets alone are copied" copied_up_to 256
	ktap_test "MTU of 65517" mtu_at_both_ends 65517
	ktap_test "18 need no copy" gathers 0 18
	ktap_test "19 are copied together, which is counted" gathers 1 19
	ktap_test "23, too" gathers 1 23
	ktap_test "MTU of 1500" mtu_at_both_ends 1500
	ktap_test "copied as before" copied_up_to "$copied"
}

# Only the packets of 19 slots and more tell; the in-tree driver copies those together.
slots_agreed() {
	local key=device/vif/$NUMBER/max-tx-slots
	if [ "$MANNER" = slots ] && [ "$DRIVER" = ours ]; then
		ktap_test "more than 18 slots were agreed on" [ "$(xenstore-read "$key")" -gt 18 ]
		ktap_test "and used" counted_over tx_most 18
		ktap_test "no more than agreed" counted_at_most tx_most "$(xenstore-read "$key")"
		ktap_test "and 18 received" counted_over rx_most 17
	elif [ "$MANNER" = qemu ]; then
		ktap_test "nothing was agreed on slots" eval "! xenstore-exists $key"
		ktap_test "one slot a packet" counted_at_most tx_most 1
	else
		ktap_test "nothing was agreed on slots" eval "! xenstore-exists $key"
		ktap_test "18 slots a packet" counted_over tx_most 17
		ktap_test "and no more" counted_at_most tx_most 18
		[ "$DRIVER" != ours ] || gathering
	fi
}

segments() {
	case $XENFRONT_EXPECT in
	*tso4=off*) ktap_test "no segmentation asked for" counted_at_most tx_extras 0 ;;
	*)          ktap_test "segmentation asked for" counted_over tx_gso 0
		    ktap_test "and given" counted_over rx_gso 0 ;;
	esac
}

interface() {	# NUMBER
	NUMBER=$1 XENFRONT_IFACE=eth$1 XENFRONT_PEER=10.7.$1.1 XENFRONT_PEER6=fd07:$1::1
}

# freebsd's packets of every shape are net-freebsd's. One that maps a grant for each packet takes long
# over a stream.
suites_of() {	# MANNER
	case $1 in
	slots) echo "net/offload net/shapes $(whole_or_quick "net/basic net/vlan")" ;;
	qemu) echo "net/offload $(whole_or_quick "net/basic net/vlan")" ;;
	*) echo "net/offload net/vlan $(whole_or_quick net/basic)" ;;
	esac
}

one_manner() {
	ktap_test "link of $XENFRONT_IFACE is up, with $MANNER" net_up "$NUMBER"
	ktap_test "pings of all sizes" pings
	# shellcheck disable=SC2046 # the names of suites
	ktap_suite $(suites_of "$MANNER")
	[ -n "$XENFRONT_QUICK" ] || ktap_test "out of the driver and back" bound_again
	ktap_test "out of the driver and back under traffic" bound_again_in_traffic
	slots_agreed
	segments
	ktap_test "$MANNER saw nothing wrong" dom0 badback_clean "$NUMBER"
	figure "largest packet sent with $MANNER" "$(counted tx_most)" slots
}

# Every manner once more, on one interface that the driver keeps.
one_after_the_other() {
	local manner
	while IFS=: read -r manner XENFRONT_EXPECT <&4; do
		ktap_test "$manner takes over" replaced "$manner"
		# It takes the least, after one that takes more.
		if [ -z "$XENFRONT_QUICK" ] || [ "$manner" = qemu ]; then
			ktap_suite net/offload
		fi
		ktap_test "$manner saw nothing wrong" dom0 badback_clean "$NUMBER"
	done 4< <(manners)
}

# What waits in the queues was made for a backend that segments.
replaced_in_traffic() { in_traffic -P 4 -- taken_over "$1"; }	# MANNER

mtu_is() {
	cat "/sys/class/net/$XENFRONT_IFACE/mtu"
	[ "$(cat "/sys/class/net/$XENFRONT_IFACE/mtu")" = "$1" ]
}

# Lowered for a backend without scatter-gather, not by the administrator.
mtu_comes_back() {
	ktap_test "MTU of 9000" ip link set "$XENFRONT_IFACE" mtu 9000
	ktap_test "qemu takes over from that in traffic" replaced_in_traffic qemu
	ktap_test "qemu saw nothing wrong" dom0 badback_clean "$NUMBER"
	ktap_test "MTU is lowered" mtu_is 1500
	ktap_test "slots takes over from that" replaced slots
	ktap_test "MTU comes back" mtu_is 9000
	ktap_test "MTU of 1500" ip link set "$XENFRONT_IFACE" mtu 1500
}

guest() {
	local number=0
	export XENFRONT_EXPECT XENFRONT_IFACE XENFRONT_PEER XENFRONT_PEER6 XENFRONT_LIMIT=600
	begin_suites
	ktap_test "badback takes the interfaces" take_all
	ktap_test "driver loads" load_driver net
	ktap_test "interfaces have their numbers" net_names
	while IFS=: read -r MANNER XENFRONT_EXPECT <&4; do
		interface $number
		one_manner
		number=$((number + 1))
	done 4< <(manners)
	# The in-tree driver does not connect again unless it is bound again.
	if [ "$DRIVER" = ours ]; then
		interface 2
		one_after_the_other
		mtu_comes_back
	fi
	ktap_finished
}
