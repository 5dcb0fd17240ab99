# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "smoke with the disk served by QEMU in dom0"
#: backend = "qdisk"
#: tools = ["fio"]
#: disks = ["xvda 64M"]
#: timeout = 300

guest() { . /bench/smoke.sh; smoke; }
