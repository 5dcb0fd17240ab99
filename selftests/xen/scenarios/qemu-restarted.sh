# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "QEMU, which serves the disks, is killed and started again: they go on, with what is open"
#: backend = "qdisk"
#: disks = ["xvda 16M", "xvdb 16M"]
#: driver = "ours"
#: timeout = 400
#: slow = true

# QEMU that is killed writes nothing to xenstore: its disks go on saying Connected. Started again with
# the same words it takes up those alone whose state is Initialising, and leaves these as they are. So
# who starts it says that they are Closed, so that the guest has parted from the old ring before a new
# process could map it, and then that they are Initialising.
#
# QEMU that is told to end (SIGTERM) removes its disks' directories, the guest's and its own: they are
# detached by force.

# ---- in dom0 ----

# The guest's, not dom0's own: QEMU is its process, QEMU_WORDS the command line.
qemu_find() {
	local process name
	for process in /proc/[0-9]*; do
		read -r name <"$process/comm" || continue
		[[ $name = xen-qemu* ]] || continue
		mapfile -d '' -t QEMU_WORDS <"$process/cmdline"
		[[ " ${QEMU_WORDS[*]} " = *" -xen-domid $DOMID "* ]] || continue
		QEMU=${process##*/}
		return
	done 2>/dev/null
	return 1
}

qemu_gone() { ! qemu_find; }
qemu_stands() { qemu_find && kill -STOP "$QEMU"; }

qemu_ends() {	# SIGNAL
	qemu_find || { echo "no QEMU for domain $DOMID"; return 1; }
	QEMU_STARTED=("${QEMU_WORDS[@]}")
	kill "-$1" "$QEMU" && wait_for 30 qemu_gone
}

qemu_says_running() { [ "$(xenstore-read "/local/domain/0/device-model/$DOMID/state" 2>/dev/null)" = running ]; }

# libxl ends the process whose number it finds in xenstore when it destroys the domain.
qemu_starts() {
	xenstore-rm "/local/domain/0/device-model/$DOMID/state"
	"${QEMU_STARTED[@]}" </dev/null >/tmp/qemu.log 2>&1 &
	xenstore-write "/local/domain/$DOMID/image/device-model-pid" $! &&
		wait_for 60 qemu_says_running && return
	cat /tmp/qemu.log
	return 1
}

disks_are_said() {	# STATE-NUMBER
	local directory
	for directory in $(backends vbd); do
		xenstore-write "$directory/state" "$1" || return
	done
}

disks_closed() {
	local directory
	disks_are_said 6 || return
	for directory in $(backends vbd); do
		vbd_closed "vbd-${directory##*/}" || { echo "${directory##*/} is not Closed"; return 1; }
	done
}

# Where the new process finds the disks as they are to be, and where it is there before.
qemu_starts_late() { disks_closed && disks_are_said 1 && qemu_starts; }
qemu_starts_early() { qemu_starts && disks_closed && disks_are_said 1; }

# What libxl knows of a disk is there still, so it has to be detached.
attached_anew() { block_detach_forced "$1" && block_attach "$1" 16M; }

dom0_after() { ! qemu_find || kill -KILL "$QEMU" || qemu_gone; }

# ---- in the guest ----

lines_of() { dmesg | grep -c "vbd vbd-$1: "; }
lines() { echo "$(lines_of 51712) $(lines_of 51728)"; }

# One for each connection is what the driver's messages promise.
few_lines() {	# XVDA-BEFORE XVDB-BEFORE
	dmesg | grep "vbd vbd-" | tail -n 6
	[ "$(lines_of 51712)" -le $(($1 + 1)) ] && [ "$(lines_of 51728)" -le $(($2 + 1)) ]
}

# Reads and writes of every size, each compared.
mix_begins() {	# SEED
	blkpat mix /dev/xvdb "$1" 10000000 32 >/tmp/mix 2>&1 &
	MIX=$!
}

requests_under_way() { [ "$(awk '{ print $1 + $2 }' "/sys/block/$1/inflight")" -ge 16 ]; }
mix_waits() { wait_for 30 requests_under_way xvdb && kill -0 "$MIX" && cat /tmp/mix; }
said_and_status() { cat "$1"; return "$2"; }

# Neither failed nor made.
io_waits() {
	wait_for 30 requests_under_way xvda && wait_for 30 requests_under_way xvdb || return
	cat /tmp/mix
	kill -0 "$MIX" && ! job_over writes-xvda && [ "$(lines)" = "$LINES_BEFORE" ]
}

# xvda is written from the page cache, xvdb by whom compares; xvda's writes are all with a QEMU that
# stands still when it is killed, xvdb's are wherever they are.
killed() {	# NAME SEED STARTS
	ktap_test "$1: something to write" writes_make 16 "$2"
	mix_begins $(($2 + 500))
	ktap_test "$1: reads and writes are under way" mix_waits
	LINES_BEFORE=$(lines)
	ktap_test "$1: QEMU stands still" dom0 qemu_stands
	ktap_test "$1: many writes are under way" writes_begin xvda
	ktap_test "$1: QEMU is killed" dom0 qemu_ends KILL
	ktap_test "$1: network without it" streams 1000000
	ktap_test "$1: reads and writes wait" io_waits
	ktap_test "$1: QEMU is back" dom0 "$3"
	ktap_test "$1: the writes have been made" writes_end xvda
	end_job "$MIX" 120
	ktap_test "$1: each read found what was written" said_and_status /tmp/mix $?
	# shellcheck disable=SC2086 # two numbers
	ktap_test "$1: one line a disk in the log" few_lines $LINES_BEFORE
	goes_on "$1" "$2"
}

disks_gone() { [ ! -e /sys/block/xvda ] && [ ! -e /sys/block/xvdb ]; }
mix_failed() { wait_for 60 job_ended "$MIX" && cat /tmp/mix && grep -q "rror\|No such" /tmp/mix; }

ended() {
	ktap_test "ended: content" blkpat fill /dev/xvda 71
	mix_begins 571
	ktap_test "ended: reads and writes are under way" mix_waits
	ktap_test "ended: QEMU ends and removes the disks" dom0 qemu_ends TERM
	ktap_test "ended: the disks are gone" wait_for 60 disks_gone
	ktap_test "ended: what was under way has failed" mix_failed
	ktap_test "ended: so does the open disk" open_fails
	exec 7>&-
	ktap_test "ended: network without it" eval "answers && streams 1000000"
	ktap_test "ended: QEMU is back" dom0 qemu_starts
	ktap_test "ended: attached anew" eval "dom0 attached_anew xvda && dom0 attached_anew xvdb"
	ktap_test "ended: the disks are there" eval "wait_for 60 have_disk xvda && wait_for 60 have_disk xvdb"
	same_begin
	goes_on "ended" 71
	exec 7>&-
	ktap_test "ended: the other can be written" eval "blkpat fill /dev/xvdb 72 && dom0 file_verify xvdb 72"
}

guest() {
	# shellcheck disable=SC1091 # it is there in the guest
	. /bench/same.sh
	ktap_print_header
	ktap_test "drivers load" load_drivers
	ktap_test "link is up" net_up
	ktap_test "disks are there" eval "wait_for 20 have_disk xvda && wait_for 20 have_disk xvdb"
	same_begin
	ktap_test "xvdb's content" blkpat fill /dev/xvdb 551
	killed "killed" 51 qemu_starts_late
	ktap_test "xvdb's content again" blkpat fill /dev/xvdb 561
	killed "killed again" 61 qemu_starts_early
	ktap_test "xvdb's content once more" blkpat fill /dev/xvdb 571
	ended
	ktap_test "the driver unloads" unload_driver blk
	ktap_finished
}
