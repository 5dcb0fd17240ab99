# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend that outlives its guest fails"
#: must_fail = "left behind: backend vbd"
#: nics = 0

dom0_after() {
	xenstore-write "/local/domain/0/backend/vbd/$DOMID/51712/state" 6
	# It will not go, however long dom0 looks.
	export LEFTOVER_TRIES=5
}

guest() {
	ktap_print_header
	ktap_test "the test that passes" true
	ktap_finished
}
