# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "another disk under the name of a mounted one: nothing of the one is written to the other"
#: quick_arch = "arm64"
#: nics = 0
#: disks = ["xvda 16M", "xvdb 16M"]
#: timeout = 300
#: intree_fails = "the writer is told"

MNT=/tmp/mnt

mounted() { modprobe ext4 && mke2fs -q -F -t ext4 /dev/xvdb && mkdir -p $MNT && mount -t ext4 /dev/xvdb $MNT; }

# Until it is told that it cannot.
writes_files() {
	local number
	for ((number = 0; ; number = (number + 1) % 4)); do
		dd if=/tmp/pattern of="$MNT/$number" bs=64k count=16 conv=fsync || return
	done
}

writing() {
	job_begin writer writes_files
	wait_for 20 [ -s $MNT/2 ]
}

told() { wait_for 60 job_over writer && tail -n 1 /tmp/job.writer.log; }

untouched() {
	local now
	now=$(dom0 file_sum other) && echo "at first $BEFORE, now $now" && [ "$now" = "$BEFORE" ]
}

# Some seconds, in which what was dirty would have been written back.
later() { in_time 20 sync || true; sleep 5; }

other_is_there() { [ "$(cat /sys/block/xvdb/size 2>/dev/null)" = 49152 ]; }

# By itself, once its name is free; else a line says what is to be done.
other_comes() {
	wait_for 30 other_is_there && return
	dmesg | grep -i "detach.*attach" || { echo "no line says what to do" && return 1; }
	dom0 block_detach xvdb
	dom0 other_attach xvdb other 24M && wait_for 30 other_is_there
}

bystander_works() { blkpat fill /dev/xvda 43 && dom0 file_verify xvda 43; }

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disks are there" eval "wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb"
	ktap_test "something to write" writes_make 1 41
	ktap_test "mounted" mounted
	ktap_test "files are written" writing
	ktap_test "another disk" dom0 other_make other 24M 42
	BEFORE=$(dom0 file_sum other)
	ktap_test "takes its name" dom0 disk_exchange xvdb other 24M
	later
	ktap_test "nothing is written to it" untouched
	# A writer that hangs is one that neither umount nor poweroff gets past.
	ktap_test "the writer is told" told || ktap_finished
	ktap_test "unmounted" in_time 60 umount $MNT
	ktap_test "nothing is written to it, still" untouched
	ktap_test "it comes" other_comes
	ktap_test "it holds what it held" blkpat verify /dev/xvdb 42
	ktap_test "it can be written" eval "blkpat fill /dev/xvdb 44 && dom0 file_verify other 44"
	ktap_test "the other disk went on" bystander_works
	ktap_finished
}
