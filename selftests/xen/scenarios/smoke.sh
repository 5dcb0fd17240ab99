# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "link and disk come up, ping"
#: timeout = 120
#: disks = ["xvda 64M"]

guest() {
	ktap_print_header
	ktap_set_plan 4
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up
	ktap_test "ping dom0" ping -c 3 "$DOM0_IP"
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_finished
}
