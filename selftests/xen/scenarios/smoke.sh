# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "link and disk, ping, TCP both ways, verified I/O, a file system"
#: kernel = ["6.12", "6.1"]
#: tools = ["fio"]
#: disks = ["xvda 64M"]
#: timeout = 300

guest() { . /bench/smoke.sh; smoke; }
