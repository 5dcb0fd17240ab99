# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "smoke with backends that offer little: no indirect requests, no offloads, one channel"
#: tools = ["fio"]
#: disks = ["xvda 64M writethrough"]
#: hide = ["vbd feature-max-indirect-segments", "vbd max-ring-page-order", "vbd feature-persistent", "vif feature-gso-tcpv4", "vif feature-gso-tcpv6", "vif feature-split-event-channels", "vif feature-sg", "vif multi-queue-max-queues"]
#: timeout = 300

# The guest reads its backends' directories as the drivers do.
keys_hidden() {
	local class key directory
	while read -r class key; do
		directory=$(xenstore-read "device/$class/$(xenstore-list "device/$class" | head -n 1)/backend")
		echo "$directory offers $(xenstore-list "$directory" | grep -c -e feature- -e max-) keys"
		xenstore-exists "$directory/state" || return
		! xenstore-exists "$directory/$key" || return
	done <<<"$(printf '%s\n' "${HIDE[@]}")"
}

guest() {
	. /bench/smoke.sh
	ktap_print_header
	ktap_set_plan $((1 + SMOKE_TESTS))
	ktap_test "the keys are hidden" keys_hidden
	smoke_tests
	ktap_finished
}
