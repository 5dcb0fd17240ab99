# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend that refuses a part of receive hashing: it is to hash nothing, and the log says so"
#: vcpus = 2
#: driver = "ours"
#: timeout = 600
#: slow = true

dom0_after() { badback_all_ended; }

INVALID=2

# Request types of the control ring that are refused when connecting, and what they are about.
refusals() {
	cat <<-END
		7 algorithm
		1 types there are
		2 types
		3 key
		5 size of the table
		6 table
		4,5,6 any table
	END
}

refuse() {	# TYPES
	local type lines=()
	for type in ${1//,/ }; do lines+=("$type" "$INVALID"); done
	dom0 badback_refuse 0 "${lines[@]}"
}

hashes() {	# ENTRIES
	counted_is hash_alg 1 && counted_is hash_types 15 && counted_is hash_table "$1"
}

refused() { ! "$@"; }
complaints() { dmesg | grep -c "backend does not hash packets"; }
key() { ethtool -x eth0 | grep -E '^([0-9a-f]{2}:)+'; }
table() { ethtool -x eth0 | sed -n 's/^ *[0-9]*: \+//p' | xargs; }

# The program is begun anew, so it knows nothing of what this guest wanted before.
replaced() {	# TYPES-REFUSED
	dom0 badback_leave 0 && refuse "$1" && dom0 badback_take 0 hash && wait_for 30 combined_is 2
}

gave_up() {	# COMPLAINTS-BEFORE
	wait_for 20 rxhash_is off && [ "$(complaints)" = $(($1 + 1)) ] && counted_is hash_alg 0
}

asked_no_more() {
	local before
	before=$(dom0 badback_counts 0 ctrl_requests) || return
	refused ethtool -X eth0 weight 1 0 && refused ethtool -K eth0 rxhash on &&
		ethtool -x eth0 >/dev/null && counted_is ctrl_requests "$before"
}

# Neither end has changed, and both still hash.
kept() {	# COMMAND...
	local key table
	key=$(key) table=$(table)
	refused "$@" && [ "$(key)" = "$key" ] && [ "$(table)" = "$table" ] && rxhash_is on && hashes 128
}

KEY=$(for n in {1..40}; do printf '%02x:' $((n * 5)); done)

refused_later() {
	ktap_test "no refusals" refuse ""
	ktap_test "hashing" ethtool -K eth0 rxhash on
	ktap_test "a key refused" refuse 3
	ktap_test "is not had" kept ethtool -X eth0 hkey "${KEY%:}"
	ktap_test "a table refused" refuse 6
	ktap_test "is not had" kept ethtool -X eth0 weight 1 0
	ktap_test "no refusals" refuse ""
	ktap_test "a table" ethtool -X eth0 weight 1 0
	ktap_test "hashes by it" hashes 128
	ktap_test "no hashing" ethtool -K eth0 rxhash off
	ktap_test "the backend was told" counted_is hash_alg 0
	ktap_test "hashing refused" refuse 7
	ktap_test "is not had" refused ethtool -K eth0 rxhash on
	ktap_test "nor told as had" rxhash_is off
}

guest() {
	begin_suites
	local types what before
	ktap_test "badback takes the interface" dom0 badback_take 0 hash
	ktap_test "driver loads" load_driver net
	ktap_test "link is up" net_up
	ktap_test "two queues" combined_is 2
	ktap_test "no hashing" counted_is hash_alg 0
	ktap_test "hashing" ethtool -K eth0 rxhash on
	ktap_test "by all there is" hashes 128
	while read -r types what <&4; do
		before=$(complaints)
		ktap_test "a backend that refuses: $what" replaced "$types"
		ktap_test "is given up, in words" gave_up "$before"
		ktap_test "is not asked again" asked_no_more
		ktap_test "streams" streams 1000001
	done 4< <(refusals)
	ktap_test "one without a size of the table" replaced 4
	ktap_test "hashes without a table" hashes 0
	ktap_test "one that takes all" replaced ""
	ktap_test "is told all again" wait_for 20 hashes 128
	refused_later
	ktap_test "streams" streams 1000001
	ktap_test "nothing was wrong" dom0 badback_clean 0
	ktap_finished
}
