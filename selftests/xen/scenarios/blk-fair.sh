# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "small reads beside many large writes, slow disk and fast: no worse than in-tree"
#: driver = ["ours"]
#: tools = ["fio"]
#: nics = 0
#: disks = ["xvda 192M", "xvdb 192M"]
#: icount = true
#: timeout = 900

# In dom0.
RATE=20971520	# bytes a second, each way
slow() {	# NAME
	local loop
	disk_slow "$1" max || return
	loop=$(losetup --noheadings --output NAME --associated "$(disk_file "$1")")
	echo "$(cat "/sys/block/${loop##*/}/dev") rbps=$RATE wbps=$RATE" >"$SLOW/io.max"
}

# The in-tree driver does not take up again a device that it has closed.
new_disks() {
	local name loop
	for name in xvda xvdb; do
		loop=$(losetup -j "$(disk_file "$name")")
		xl block-detach "$DOMID" $name 1>&2 &&
			xl block-attach "$DOMID" "format=raw,vdev=$name,access=rw,target=${loop%%:*}" \
				1>&2 || return
	done
	poorer
}

# The second disk's backend has no indirect descriptors.
poorer() { key_hide vbd 51728 feature-max-indirect-segments; }

filled() {
	local name
	for name in xvda xvdb; do
		dd if=/dev/zero of="$(disk_file "$name")" bs=1M count=192 conv=notrunc || return
	done
}

# In the guest.
disks_there() { wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb; }

use() {	# ours|intree
	# shellcheck disable=SC2034 # load_driver reads it
	DRIVER=$1
	load_driver blk && disks_there
}

leave() { unload_driver blk && dom0 new_disks; }

# Whole microseconds of fio's terse line for the reads: their mean and the longest.
beside() {	# DRIVER HOW DISK
	local line
	line=$(fio --minimal --thread --direct=1 --ioengine=io_uring --time_based --runtime=6 \
		--ramp_time=1 --filename="/dev/$3" \
		--name=writes --rw=write --bs=1M --iodepth=32 --offset=64M --size=128M \
		--name=reads --rw=randread --bs=4k --iodepth=1 --offset=0 --size=64M) || return
	awk -F';' -v as="$1 $2" -v store="/tmp/fair.${2// /-}.$1" '
		$3 == "reads" {
			printf "figure %s, mean %d us\nfigure %s, worst %d us\n", as, $40, as, $39
			printf "figure %s, reads %d 1/s\n", as, $8
			print int($40), int($39) >store
		}
		$3 == "writes" { printf "figure %s, writes %d KB/s\n", as, $48 }' <<<"$line"
	[ -s "/tmp/fair.${2// /-}.$1" ]
}

measured() {	# DRIVER
	ktap_test "$1: driver loads" use "$1"
	ktap_test "$1: fast disk, indirect descriptors" beside "$1" "fast indirect" xvda
	ktap_test "$1: fast disk, none" beside "$1" "fast direct" xvdb
	ktap_test "$1: disk made slow" dom0 slow xvda
	ktap_test "$1: slow disk, indirect descriptors" beside "$1" "slow indirect" xvda
	ktap_test "$1: the other one made slow" dom0 slow xvdb
	ktap_test "$1: slow disk, none" beside "$1" "slow direct" xvdb
	ktap_test "$1: driver unloads" leave
}

# A tenth and a millisecond are the noise.
no_worse() {	# HOW
	local mean worst mean0 worst0
	read -r mean worst <"/tmp/fair.$1.ours" && read -r mean0 worst0 <"/tmp/fair.$1.intree" || return
	echo "mean $mean us beside $mean0, worst $worst beside $worst0"
	[ "$mean" -le $((mean0 * 11 / 10 + 1000)) ] && [ "$worst" -le $((worst0 * 11 / 10 + 1000)) ]
}

guest() {
	local how
	ktap_print_header
	ktap_test "disks filled" dom0 filled
	ktap_test "backend made poorer" dom0 poorer
	measured intree
	measured ours
	for how in fast-indirect fast-direct slow-indirect slow-direct; do
		ktap_test "reads wait no longer than with the in-tree driver: $how" no_worse $how
	done
	ktap_finished
}
