# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "34 disks attached, verified, resized and detached while the guest runs"
#: nics = 0
#: driver = ["ours"]
#: timeout = 900
#: slow = true

NAMES=(xvd{b..z} xvda{a..i})

# In dom0.
attach_some() { local name; for name; do block_attach "$name" 4M || return; done; }
detach_some() { local name; for name; do block_detach "$name" || return; done; }

# In the guest, ten names a call: it must be answered in time.
in_portions() {	# FUNCTION
	local at
	for ((at = 0; at < ${#NAMES[@]}; at += 10)); do
		dom0 "$1" "${NAMES[@]:at:10}" || return
	done
}

all_there() {
	local name
	for name in "${NAMES[@]}"; do
		wait_for 20 have_disk "$name" || { echo "no $name"; return 1; }
	done
}

none_there() {
	local name
	for name in "${NAMES[@]}"; do
		wait_for 20 test ! -e "/sys/block/$name" || { echo "$name is still there"; return 1; }
	done
}

all_verified() {
	local seed=0 name
	for name in "${NAMES[@]}"; do
		blkpat fill "/dev/$name" $((++seed)) || return
	done
	seed=0
	for name in "${NAMES[@]}"; do
		blkpat verify "/dev/$name" $((++seed)) || return
	done
}

sectors_are() { [ "$(cat "/sys/block/$1/size")" = "$2" ]; }

# There is a watch on the size of 8 disks. Of the others it is seen when the backend's state is
# written, as blkback does; that the first have a watch is seen where it is not.
resized() {	# NAME
	dom0 disk_grow "$1" 6M || return
	# blkback looks at the size when it serves a request.
	dd if="/dev/$1" of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null
	wait_for 20 sectors_are "$1" 12288 || { echo "$(cat "/sys/block/$1/size") sectors"; return 1; }
	blkpat fill "/dev/$1" 50 && blkpat verify "/dev/$1" 50
}

shrunk_by_key() {	# NAME
	dom0 key_set vbd "$(basename "$(readlink -f "/sys/block/$1/device")" | tr -dc 0-9)" sectors 8192
	wait_for 10 sectors_are "$1" 8192
}

only_first_mapped() {
	local now
	now=$(dom0 grants_mapped) && echo "at first $MAPPED, now $now" && [ "$now" = "$MAPPED" ]
}

guest() {
	local round
	ktap_print_header
	MAPPED=$(dom0 grants_mapped)
	ktap_test "driver loads" load_driver blk
	for round in 1 2; do
		# A few are enough to show that the first time left nothing behind.
		[ $round = 1 ] || NAMES=("${NAMES[@]:0:4}")
		ktap_test "attached, time $round" in_portions attach_some
		ktap_test "all are there, time $round" all_there
		ktap_test "all verified, time $round" all_verified
		if [ $round = 1 ]; then
			ktap_test "the first one resized" resized "${NAMES[0]}"
			ktap_test "the last one resized" resized "${NAMES[-1]}"
			ktap_test "the first one's size by its key alone" shrunk_by_key "${NAMES[0]}"
		fi
		ktap_test "detached, time $round" in_portions detach_some
		ktap_test "none is there, time $round" none_there
	done
	ktap_test "backends have given back all grants" only_first_mapped
	ktap_finished
}
