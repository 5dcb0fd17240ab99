# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "16 disks connect at once, are saved and restored"
#: disks = ["xvda 1M", "xvdb 1M", "xvdc 1M", "xvdd 1M", "xvde 1M", "xvdf 1M", "xvdg 1M", "xvdh 1M",
#:          "xvdi 1M", "xvdj 1M", "xvdk 1M", "xvdl 1M", "xvdm 1M", "xvdn 1M", "xvdo 1M", "xvdp 1M"]
#: nics = 0
#: timeout = 300
#: slow = true

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/many.sh
	many_restored
}
