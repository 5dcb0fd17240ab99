# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "30 disks connect at once, are saved and restored"
#: disks = ["xvda 1M", "xvdb 1M", "xvdc 1M", "xvdd 1M", "xvde 1M", "xvdf 1M", "xvdg 1M", "xvdh 1M",
#:          "xvdi 1M", "xvdj 1M", "xvdk 1M", "xvdl 1M", "xvdm 1M", "xvdn 1M", "xvdo 1M", "xvdp 1M",
#:          "xvdq 1M", "xvdr 1M", "xvds 1M", "xvdt 1M", "xvdu 1M", "xvdv 1M", "xvdw 1M", "xvdx 1M",
#:          "xvdy 1M", "xvdz 1M", "xvdaa 1M", "xvdab 1M", "xvdac 1M", "xvdad 1M"]
#: nics = 0
#: timeout = 600
#: slow = true

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/many.sh
	many_restored
}
