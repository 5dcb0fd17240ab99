# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a disk taken away and given back: idle, open, under load; resized"
#: disks = ["xvda 32M"]
#: timeout = 900
#: slow = true
#: intree_fails = "out of the driver and back"

guest() {
	begin_disk xvda
	ktap_suite blk/cycle
	ktap_finished
}
