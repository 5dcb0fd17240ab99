# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "smoke in an HVM guest: the emulated devices unplugged, ours in use"
#: type = "hvm"
#: tools = ["fio"]
#: disks = ["xvda 64M"]
#: timeout = 500
#: slow = true

guest() { . /bench/smoke.sh; smoke; }
