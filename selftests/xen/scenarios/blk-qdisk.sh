# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "requests of every size compared, partitions and ext4, on QEMU's backend"
#: backend = "qdisk"
#: disks = ["xvda 48M"]
#: timeout = 600
#: slow = true

guest() {
	. /selftests/suite.sh
	export XENFRONT_DISK=xvda XENFRONT_DOM0=dom0
	export -f dom0 dom0_answered wait_for
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_suite blk/content blk/filesystem
	ktap_finished
}
