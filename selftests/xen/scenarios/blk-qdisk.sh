# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "requests of every size compared, partitions and ext4, on QEMU's backend"
#: backend = "qdisk"
#: tools = ["fio"]
#: disks = ["xvda 48M"]
#: timeout = 600
#: slow = true

guest() {
	begin_disk xvda
	ktap_suite blk/content blk/filesystem
	ktap_finished
}
