# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Many disks in one guest: what is asked of one is asked of all at once, within one time.

disk_names() { printf '%s\n' "${DISKS[@]%% *}"; }

# each_disk SECONDS COMMAND...: with the names of all disks, side by side. Says which of them have
# not done it by then; whoever hangs is left alone.
each_disk() {
	local seconds=$1 name results
	shift
	results=$(mktemp -d)
	for name in $(disk_names); do
		{
			"$@" "$name" >"$results/$name.log"
			echo $? >"$results/$name"
		} >/dev/null 2>&1 &
	done
	wait_for "$seconds" each_ended "$results"
	each_did "$results"
}

each_ended() {	# RESULTS
	local name
	for name in $(disk_names); do
		[ -s "$1/$name" ] || return
	done
}

each_did() {	# RESULTS
	local name status code=0
	for name in $(disk_names); do
		status=$(cat "$1/$name" 2>/dev/null)
		[ "$status" != 0 ] || continue
		echo "$name: status ${status:-unknown, it goes on}: $(tail -n 1 "$1/$name.log")"
		code=1
	done
	return $code
}

# The disk's number, so that no disk holds what another one does.
seed_of() { disk_names | grep -n -x "$1" | cut -d: -f1; }
filled()   { blkpat fill "/dev/$1" "$(seed_of "$1")"; }
verified() { blkpat verify "/dev/$1" "$(seed_of "$1")"; }

# A toolstack takes its time over each disk.
# shellcheck disable=SC2034 # for dom0()
DOM0_LIMIT=300

# many_restored: all that the scenarios of that name do.
many_restored() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "every disk is there" each_disk 60 wait_for 60 have_disk
	ktap_test "every disk is written" each_disk 60 filled
	ktap_test "saved and restored" dom0 save_restore
	ktap_test "every disk holds what was written" each_disk 60 verified
	ktap_test "every disk is written again" each_disk 60 filled
	ktap_finished
}
