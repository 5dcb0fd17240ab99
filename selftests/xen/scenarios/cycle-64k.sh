# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "64 KB pages: a disk out of the driver and back, detached and attached; under load"
#: arch = "arm64"
#: kernel = ["6.12-64k"]
#: slow_kernel = ["7.2-64k", "6.1-64k", "6.12-64k-debug"]
#: disks = ["xvda 32M"]
#: hide = ["vbd feature-max-indirect-segments"]
#: cmdline = "oops=panic"
#: timeout = 600
#: intree_fails = "WARNING: .*block/blk-settings"

guest() {
	begin_disk xvda
	ktap_suite blk/cycle
	ktap_finished
}
