# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "kexec into the same kernel, with network and disk in use before and after"
#: kernel = ["6.12", "6.1"]
#: type = "hvm"
#: memory = 768
#: disks = ["xvda 32M"]
#: timeout = 600
#: slow = true

# The guest asks Xen for a soft reset before it jumps into the new kernel, which libxl grants to HVM
# domains alone (libxl_domain_soft_reset()); Linux ends a PV guest where other machines would jump.

# In dom0: the guest's own kernel and initramfs, on two disks.
kexec_disks() {
	local name
	name=$(xl domname "$DOMID")
	dd if="$(local_copy "$KERNEL")" of="$(disk_file xvdx)" bs=512 conv=sync
	guest_initrd "$name" | dd of="$(disk_file xvdy)" bs=512 conv=sync
	block_attach xvdx 0 && block_attach xvdy 0
}

# Before it answers any call dom0 has taken all results: a reset takes those in xenstore with it.
results_taken() { :; }

fetch() {
	wait_for 20 have_disk xvdx && wait_for 20 have_disk xvdy || return
	dd if=/dev/xvdx of=/tmp/kernel bs=1M && dd if=/dev/xvdy of=/tmp/initrd bs=1M
}

go() { kexecload /tmp/kernel /tmp/initrd "$(cat /proc/cmdline) xenfront.again=$((KTAP_TESTNO + 1))"; }

content() { blkpat verify /dev/xvda 91; }

use_both() {
	wait_for 20 have_disk xvda && ping -c 2 -W 5 "$DOM0_IP" && streams 1000000
}

guest() {
	local again
	again=$(sed -n 's/.*xenfront.again=\([0-9]*\).*/\1/p' /proc/cmdline)
	if [ -z "$again" ]; then
		ktap_print_header
		ktap_test "drivers load" load_drivers
		ktap_test "link is up" net_up
		ktap_test "network and disk work" use_both
		ktap_test "content for later" blkpat fill /dev/xvda 91
		ktap_test "dom0 lends kernel and initramfs" dom0 kexec_disks
		ktap_test "fetched" fetch
		# Comes back only if it failed.
		dom0 results_taken && go && return
		ktap_test_fail "kexec"
		ktap_finished
	fi
	KTAP_TESTNO=$((again - 1))
	ktap_test_pass "kexec: the new kernel runs"
	ktap_test "drivers load again" load_drivers
	ktap_test "link is up again" net_up
	ktap_test "network and disk work again" use_both
	ktap_test "content is what was written before" content
	ktap_test "disk can be written" blkpat fill /dev/xvda 92
	ktap_finished
}
