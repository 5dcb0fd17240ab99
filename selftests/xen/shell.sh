# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a console in a guest, for bench shell"
#: tools = ["fio"]
#: disks = ["xvda 256M", "xvdb 64M"]
#: memory = 768
#: cmdline = "bench.shell"
