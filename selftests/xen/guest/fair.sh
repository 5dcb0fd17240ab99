# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Small reads beside many large writes, with the in-tree driver and with ours.

disks_there() { wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb; }

use() {	# ours|intree
	# shellcheck disable=SC2034 # load_driver reads it
	DRIVER=$1
	load_driver blk && disks_there
}

leave() { unload_driver blk && dom0 fair_new_disks; }

# Of fio's terse lines: the reads' mean and the longest, in whole microseconds, and the writes' rate.
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
			reads = int($40) " " int($39)
		}
		$3 == "writes" {
			printf "figure %s, writes %d KB/s\n", as, $48
			writes = int($48)
		}
		END { if (reads && writes) print reads, writes >store }' <<<"$line"
	[ -s "/tmp/fair.${2// /-}.$1" ]
}

# A disk's name says whether there are indirect descriptors.
measured() {	# DRIVER HOW...
	local as=$1 how disk
	shift
	ktap_test "$as: driver loads" use "$as"
	for how; do
		disk=$([ "${how#* }" = indirect ] && echo xvda || echo xvdb)
		[ "${how% *}" = fast ] || ktap_test "$as: $disk made slow" dom0 fair_slow "$disk"
		ktap_test "$as: disk is $how" beside "$as" "$how" "$disk"
	done
	ktap_test "$as: driver unloads" leave
}

# A tenth and a millisecond are the noise.
no_worse() {	# HOW
	local mean worst mean0 worst0
	read -r mean worst _ <"/tmp/fair.$1.ours" && read -r mean0 worst0 _ <"/tmp/fair.$1.intree" || return
	echo "mean $mean us beside $mean0, worst $worst beside $worst0"
	[ "$mean" -le $((mean0 * 11 / 10 + 1000)) ] && [ "$worst" -le $((worst0 * 11 / 10 + 1000)) ]
}

# The large ones must not pay for that. A slow disk does some 120 writes in the time, and the in-tree
# driver differs from itself in another run by 2 %: a twelfth is more than noise.
no_slower() {	# HOW
	local writes writes0
	read -r _ _ writes <"/tmp/fair.$1.ours" && read -r _ _ writes0 <"/tmp/fair.$1.intree" || return
	echo "$writes KB/s beside $writes0"
	[ "$writes" -ge $((writes0 * 11 / 12)) ]
}

# Of each disk, fast comes before slow.
fair_tests() {	# HOW...: "fast|slow indirect|direct"
	local how
	ktap_print_header
	ktap_test "disks filled" dom0 fair_filled
	ktap_test "backend made poorer" dom0 fair_poorer
	measured intree "$@"
	measured ours "$@"
	for how; do
		ktap_test "reads wait no longer than with the in-tree driver: $how" no_worse "${how/ /-}"
		ktap_test "writes are no slower than with the in-tree driver: $how" no_slower "${how/ /-}"
	done
	ktap_finished
}
