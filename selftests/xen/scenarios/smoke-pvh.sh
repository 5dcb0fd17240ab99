# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "smoke in a PVH guest"
#: type = "pvh"
#: tools = ["fio"]
#: disks = ["xvda 64M"]
#: timeout = 400

guest() { . /bench/smoke.sh; smoke; }
