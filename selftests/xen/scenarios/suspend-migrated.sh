# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "reads and packets under way over live migrations"
#: type = "pvh"
#: dom0_vcpus = 2
#: disks = ["xvda 4M", "xvdb 4M", "xvdc 4M", "xvdd 4M"]
#: nics = 2
#: memory = 256
#: timeout = 2400
#: slow = true

# In dom0.
dom0_before() { disks_filled 7 4M xvda xvdb xvdc xvdd; }
dom0_after() { rain_ends; }

# In the guest.
guest() {
	local round
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/suspend.sh
	begin_suspends
	for round in 1 2; do
		[ $round = 1 ] || ktap_test "of each kind again" disks_of_each_kind
		suspend_round "migrated, time $round" dom0 migrate
	done
	ktap_finished
}
