# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a backend with barriers alone: large writes that must be on the disk when they return"
#: tools = ["fio"]
#: disks = ["xvda 16M"]
#: nics = 0
#: timeout = 300
#: slow = true
#: intree_fails = "kernel BUG at .*xen-blkfront"

# The in-tree driver offers FUA here, sends such a write as a barrier, and takes for granted that
# a barrier is never indirect.
synchronous_writes() {	# SIZE
	fio --name=sync --filename=/dev/xvde --rw=write --bs="$1" --size=8M --ioengine=psync \
		--direct=1 --sync=dsync --verify=crc32c --output=/tmp/fio.log ||
		{ tail -n 5 /tmp/fio.log; return 1; }
}

guest() {
	local size
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disk attached" dom0 attach_edited xvde 16M -feature-flush-cache
	ktap_test "disk is there" wait_for 20 have_disk xvde
	for size in 4k 44k 64k 128k 1M; do
		ktap_test "synchronous writes of $size" synchronous_writes $size
	done
	ktap_finished
}
