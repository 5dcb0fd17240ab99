# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "events, bytes under way, thresholds of copying, counters; and that settings are kept"
#: kernel = ["6.12", "6.1", "7.2"]
#: vcpus = 2
#: dom0_vcpus = 2
#: driver = "ours"
#: timeout = 900
#: slow = true

# ---- in dom0 ----

# burst N: datagrams for an address the guest does not have. It takes them and answers nothing,
# so nothing is sent that would have it look at what it received.
burst() {
	local mac n
	mac=$(xenstore-read "/local/domain/$DOMID/device/vif/0/mac")
	ip neighbour replace 10.7.0.77 lladdr "$mac" dev "vif$DOMID.0" || return
	for ((n = 0; n < $1; n++)); do
		echo "$n" >/dev/udp/10.7.0.77/9 || return
	done
}

# ---- in the guest ----

coalesced() {	# SETTING
	ethtool -c eth0 | sed -n "s/^$1:[[:space:]]*//p"
}

coalescing_is() {	# RX-FRAMES RX-USECS TX-FRAMES
	local got
	got="$(coalesced rx-frames) $(coalesced rx-usecs) $(coalesced tx-frames)"
	[ "$got" = "$*" ] || { echo "$got"; return 1; }
}

refused() {	# WORDS SETTING...
	local words=$1
	shift
	goes_red "$words" ethtool -C eth0 "$@"
}

events() {	# rx|tx: of all queues
	awk -v way="-$1$" '$NF ~ /^vif0-q/ && $NF ~ way { for (i = 2; i <= NF; i++)
		if ($i ~ /^[0-9]+$/) n += $i } END { print n + 0 }' /proc/interrupts
}

# events_of rx|tx COMMAND...: sets EVENTS and PACKETS to what it took.
events_of() {
	local way=$1 events packets
	shift
	events=$(events "$way") packets=$(statistic "${way}_packets")
	"$@" || return
	EVENTS=$(($(events "$way") - events)) PACKETS=$(($(statistic "${way}_packets") - packets))
	echo "$PACKETS packets, $EVENTS events"
	[ $PACKETS -gt 0 ]
}

# Paced, so that it is not the load that has several packets come together.
datagrams() {	# RATE; -R for those that come
	limited 100 iperf3 -c "$DOM0_IP" -u -l 100 -t 3 -b "$@" >/tmp/iperf.out 2>&1 ||
		{ cat /tmp/iperf.out; return 1; }
}

at_most_one_in() {	# N rx|tx COMMAND...
	local n=$1
	shift
	events_of "$@" && [ $((EVENTS * n)) -le "$PACKETS" ]
}

at_least_one_in() {
	local n=$1
	shift
	events_of "$@" && [ $((EVENTS * n)) -ge "$PACKETS" ]
}

# 40 packets that nobody answers. The backend takes one in 50 ms, so most of them wait on the ring,
# and are answered one by one.
slowly_taken() {
	local n
	taskset -p 1 $BASHPID >/dev/null
	exec 5>/dev/udp/10.7.0.99/9 || return
	for ((n = 0; n < 40; n++)); do
		printf '%01400d' 0 >&5 || return
	done
	exec 5>&-
	sleep 3
}

backend_is_slow() {
	ip neighbour replace 10.7.0.99 lladdr fe:ff:ff:ff:ff:ff dev eth0 &&
		dom0 backend_set vif rate 1500,50000
}

tx_frames_count() {
	local many
	backend_is_slow && ethtool -C eth0 tx-frames 128 && events_of tx slowly_taken || return
	many=$EVENTS
	ethtool -C eth0 tx-frames 1
	events_of tx slowly_taken && dom0 backend_hide vif rate &&
		[ $((many * 2)) -le "$EVENTS" ] && [ "$EVENTS" -ge 30 ]
}

received() { [ $(($(statistic rx_packets) - BEFORE)) -ge "$1" ]; }

# Fewer than bring an event: the timer has to.
burst_comes() {	# N
	local events
	BEFORE=$(statistic rx_packets)
	events=$(events rx)
	dom0 burst "$1" || return
	wait_for 5 received "$1"
	echo "$(($(statistic rx_packets) - BEFORE)) packets, $(($(events rx) - events)) events"
	received "$1"
}

coalescing() {
	ktap_test "each packet brings an event" coalescing_is 1 0 128
	ktap_test "as it does" at_least_one_in 10 rx datagrams 300K -R
	ktap_test "an event for 16" ethtool -C eth0 rx-frames 16 rx-usecs 10000
	ktap_test "can be read" coalescing_is 16 10000 128
	ktap_test "and comes" at_most_one_in 12 rx datagrams 1M -R
	ktap_test "fewer come all the same" burst_comes 10
	ktap_test "one comes all the same" burst_comes 1
	ktap_test "ping" ping -c 20 -i 0.02 -W 5 -q "$DOM0_IP"
	ktap_test "streams" netprobe down "$DOM0_IP" stream 4000000
	ktap_test "the timer alone" ethtool -C eth0 rx-frames 0
	ktap_test "brings few events" at_most_one_in 12 rx datagrams 1M -R
	ktap_test "but all packets" burst_comes 10
	ktap_test "tx-frames makes a difference" tx_frames_count
	ktap_test "an event for each that was sent" ethtool -C eth0 tx-frames 1
	ktap_test "streams" netprobe up "$DOM0_IP" stream 4000000
}

refusals() {
	ktap_test "more than may be waited for is refused" refused "rx-frames: at most 64" rx-frames 65
	ktap_test "longer than one may wait, too" refused "rx-usecs: at most" rx-usecs 10001
	ktap_test "and no time to wait" refused "needs rx-usecs" rx-usecs 0
	ktap_test "and no event" refused "tx-frames: 1 to 128" tx-frames 0
	ktap_test "more than half a ring" refused "tx-frames: 1 to 128" tx-frames 129
	ktap_test "and what there is not" refused "" tx-usecs 5
}

# ---- the core's own settings ----

# POLLS that find nothing, NANOSECONDS apart, before events are asked for again.
defer() {
	echo "$1" >/sys/class/net/eth0/napi_defer_hard_irqs &&
		echo "$2" >/sys/class/net/eth0/gro_flush_timeout
}

deferral() {
	ktap_test "each packet brings an event" ethtool -C eth0 rx-frames 1 rx-usecs 0
	ktap_test "as it does" at_least_one_in 10 rx datagrams 300K -R
	ktap_test "the core is to defer events" defer 100 1000000
	ktap_test "few come" at_most_one_in 50 rx datagrams 300K -R
	ktap_test "but all packets" burst_comes 10
	ktap_test "one comes all the same" burst_comes 1
	ktap_test "streams" netprobe down "$DOM0_IP" stream 4000000
	ktap_test "no longer" defer 0 0
	ktap_test "each packet brings an event" at_least_one_in 20 rx datagrams 300K -R
}

# All is sent by CPU 0, and so on queue 0.
LIMITS=/sys/class/net/eth0/queues/tx-0/byte_queue_limits

limit() { cat $LIMITS/limit; }
inflight_is() { [ "$(cat $LIMITS/inflight)" = "$1" ]; }

# most_inflight COMMAND...: sets MOST to the most bytes seen under way meanwhile.
most_inflight() {
	local job now
	MOST=0
	"$@" &
	job=$!
	while kill -0 $job 2>/dev/null; do
		read -r now <$LIMITS/inflight
		[ "$now" -le "$MOST" ] || MOST=$now
	done
	wait $job || return
	echo "at most $MOST bytes under way, the limit is $(limit)"
}

stream_up() { taskset 1 netprobe up "$DOM0_IP" stream 4000000; }

# New limits count from the next packet that is answered. Of a maximum below the minimum, which the
# driver has set, the core makes now one, now the other.
limit_bytes() {	# MIN MAX
	echo "$1" >$LIMITS/limit_min && echo "$2" >$LIMITS/limit_max &&
		taskset 1 ping -c 3 -i 0.1 -W 5 -q "$DOM0_IP"
}

under_way() {	# LEAST MOST COMMAND...
	local least=$1 most=$2
	shift 2
	most_inflight "$@" && [ "$MOST" -ge "$least" ] && [ "$MOST" -le "$most" ]
}

# A packet may go while there is one byte left. The slow backend is sent 40 of 1442 bytes.
byte_limits() {
	local least
	least=$(cat $LIMITS/limit_min)
	ktap_test "a stream" stream_up
	ktap_test "has bytes limited, to 512 KB or more" [ "$(limit)" -ge 524288 ]
	ktap_test "at rest nothing is under way" wait_for 10 inflight_is 0
	ktap_test "a slow backend" backend_is_slow
	ktap_test "has most of what was sent under way" under_way 40000 57680 slowly_taken
	ktap_test "a limit of 20000 bytes" limit_bytes 0 20000
	ktap_test "holds" [ "$(limit)" = 20000 ]
	ktap_test "with a slow backend" under_way 18000 21442 slowly_taken
	ktap_test "which is quick again" dom0 backend_hide vif rate
	ktap_test "and large packets" under_way 1 85550 stream_up
	ktap_test "at rest nothing is under way" wait_for 10 inflight_is 0
	ktap_test "no limit but the driver's" limit_bytes "$least" max
}

coalescing_kept() {
	ktap_test "settings" ethtool -C eth0 rx-frames 24 rx-usecs 7000 tx-frames 33
	refusals
	ktap_test "nothing has changed" coalescing_is 24 7000 33
	ktap_test "one queue" change_to 1
	ktap_test "and they are kept" coalescing_is 24 7000 33
	ktap_test "two queues" change_to 2
	ktap_test "and they are kept" coalescing_is 24 7000 33
	ktap_test "and heeded" at_most_one_in 12 rx datagrams 1M -R
	ktap_test "a backend restarts" dom0 netback_restarts
	ktap_test "link is up" wait_for 100 carrier eth0
	ktap_test "and they are kept" coalescing_is 24 7000 33
	ktap_test "and heeded" at_most_one_in 12 rx datagrams 1M -R
	ktap_test "fewer come all the same" burst_comes 10
	ktap_test "saved and restored" dom0 save_restore
	ktap_test "link is up" wait_for 100 carrier eth0
	ktap_test "and they are kept" coalescing_is 24 7000 33
	ktap_test "down" ip link set eth0 down
	ktap_test "up" net_up
	ktap_test "fewer come all the same" burst_comes 10
	ktap_test "none" ethtool -C eth0 rx-frames 1 rx-usecs 0
	ktap_test "each packet brings an event" at_least_one_in 10 rx datagrams 300K -R
}

# ---- thresholds of copying ----

LEAST=128 MOST=2048 STEP=64

tunable() { ethtool --get-tunable eth0 "$1-copybreak" | awk '{ print $2 }'; }

tunables_are() {	# TX RX
	[ "$(tunable tx) $(tunable rx)" = "$*" ] || { tunable tx; tunable rx; return 1; }
}

measured() {
	local way bytes
	for way in tx rx; do
		bytes=$(tunable $way)
		figure "measured $way-copybreak" "$bytes" bytes
		[ "$bytes" -ge $LEAST ] && [ "$bytes" -le "$MOST" ] && [ $((bytes % STEP)) = 0 ] || return
	done
}

said() { dmesg | grep "$1"; }

connected_again() { connects_over "$1" && carrier eth0; }

# A longer copy than there is room for takes a new connection.
copy_up_to() {	# BYTES
	local before reconnects=
	before=$(connects)
	[ "$1" -le "$(tunable tx)" ] || [ "$1" -le 256 ] || reconnects=yes
	ethtool --set-tunable eth0 tx-copybreak "$1" rx-copybreak "$1" || return
	[ -z "$reconnects" ] || wait_for 30 connected_again "$before" || return
	tunables_are "$1" "$1"
}

# Packets are 42 bytes longer than what they carry, which is at most 1472.
sizes_around() {	# BYTES
	local first=$(($1 - 42 - 12))
	[ $first -ge 0 ] || first=0
	[ $first -le 1448 ] || first=1448
	netprobe up "$DOM0_IP" size $first $((first + 24)) 1 &&
		netprobe down "$DOM0_IP" size $first $((first + 24)) 1
}

shapes() {
	local way
	for way in up down; do
		netprobe $way "$DOM0_IP" size 0 1472 97 && netprobe $way "$DOM0_IP" raw 14 20 &&
			netprobe $way "$DOM0_IP" random 40 1472 && netprobe $way "$DOM0_IP" stream 1000000 &&
			netprobe $way "$DOM0_IP" stream 200000 scattered || return
	done
}

# grants_for TX RX LEAST MOST up|down: so many while 40 packets of over 900 bytes go that way.
grants_for() {
	ethtool --set-tunable eth0 tx-copybreak "$1" rx-copybreak "$2" &&
		grants_within "$3" "$4" netprobe "$5" "$DOM0_IP" size 900 939 1
}

grants_follow() {
	ktap_test "grants are counted" grants_trace
	ktap_test "none for packets that are copied" grants_for 1024 1024 0 5 up
	ktap_test "nor for those received" grants_for 1024 1024 0 5 down
	ktap_test "one for each sent that is not" grants_for 512 1024 40 60 up
	ktap_test "and received" grants_for 1024 512 40 60 down
}

thresholds() {
	local bytes
	ktap_test "measured, in bounds" measured
	ktap_test "sizes around it" sizes_around "$(tunable tx)"
	ktap_test "shapes" shapes
	ktap_test "pinned by parameters" load_net_again tx_copybreak=256 rx_copybreak=192
	ktap_test "so they are" tunables_are 256 192
	for bytes in 0 256 1000 2048; do
		ktap_test "copied up to $bytes bytes" copy_up_to $bytes
		ktap_test "sizes around it" sizes_around $bytes
		ktap_test "shapes" shapes
	done
	ktap_test "over half a frame is refused" \
		goes_red "Invalid argument" ethtool --set-tunable eth0 tx-copybreak 2049
	ktap_test "both ways" goes_red "Invalid argument" ethtool --set-tunable eth0 rx-copybreak 2049
	ktap_test "and changes nothing" tunables_are 2048 2048
}

thresholds_kept() {
	ktap_test "pinned by parameters" load_net_again tx_copybreak=5000 rx_copybreak=-7
	ktap_test "out of range" said "tx_copybreak=5000 is out of range -1..2048, using 2048"
	ktap_test "is brought into it" test "$(tunable tx)" = 2048
	ktap_test "both ways" measured
	ktap_test "one by ethtool" ethtool --set-tunable eth0 rx-copybreak 300
	ktap_test "the other by parameter" \
		eval 'echo 1100 >/sys/module/xen_netfront/parameters/tx_copybreak'
	ktap_test "a backend restarts" dom0 netback_restarts
	ktap_test "link is up" wait_for 100 carrier eth0
	ktap_test "as was said" tunables_are 1100 300
	ktap_test "one queue" change_to 1
	ktap_test "as was said" tunables_are 1100 300
	ktap_test "shapes" shapes
	ktap_test "saved and restored" dom0 save_restore
	ktap_test "link is up" wait_for 100 carrier eth0
	ktap_test "as was said" tunables_are 1100 300
	ktap_test "shapes" shapes
}

# ---- counters ----

# What the stack itself drops is the interface's alone.
counters_agree() {
	local name
	for name in rx_packets rx_bytes tx_packets tx_bytes; do
		[ "$(nic_counter $name)" = "$(statistic $name)" ] ||
			{ echo "$name: $(nic_counter $name) in all queues"; return 1; }
	done
	[ "$(nic_counter rx_packets)" -gt 100 ] && [ "$(nic_counter tx_packets)" -gt 100 ]
}

identified() {
	local said
	said=$(ethtool -i eth0)
	echo "$said"
	grep -qx "driver: vif" <<<"$said" && grep -qx "bus-info: vif-0" <<<"$said" &&
		grep -qx "version: $(cat /sys/module/xen_netfront/version)" <<<"$said"
}

guest() {
	begin_net
	ktap_test "driver, version and device are told" identified
	coalescing
	deferral
	byte_limits
	coalescing_kept
	thresholds
	# The small kernel has no probes.
	[[ $(uname -r) = 7.* ]] || grants_follow
	thresholds_kept
	ktap_test "counters of queues add up" wait_for 10 counters_agree
	ktap_finished
}
