# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a program in the guest holds every transaction that xenstored allows it: devices come later"
#: quick_arch = "arm64"
#: disks = ["xvda 16M"]
#: nics = 0
#: driver = ["ours"]
#: timeout = 300

OUTAGE=vbd-51712

# A message of xenstore's: type, request, transaction and length, then the payload. Type 6 begins a
# transaction. xenstored refuses all but the first ten, and ends these when the file is closed.
START='\x06\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0'
hold() {
	local n
	exec 8<>/dev/xen/xenbus || return
	for ((n = 0; n < 12; n++)); do
		# shellcheck disable=SC2059 # it has the bytes' escapes
		printf "$START" >&8 || return
	done
	: >/tmp/holds
	exec sleep 1000
}
transactions_held() {
	hold >/dev/null 2>&1 &
	echo $! >/tmp/holder
	wait_for 5 test -e /tmp/holds
}
transactions_given_back() { kill "$(cat /tmp/holder)"; }

unload_all() { unload_driver net && unload_driver blk; }

DEVICES="$OUTAGE vbd-51728 vif-0"
lines() { dmesg | grep -c "$1: writing to xenstore: .* trying again from time to time"; }
all_said() { local device; for device in $DEVICES; do [ "$(lines "$device")" -ge 1 ] || return; done; }
each_said_once() {
	local device
	for device in $DEVICES; do
		echo "$device: $(lines "$device") lines"
		[ "$(lines "$device")" = 1 ] || return
	done
}

# One test, as the results of tests are transactions too.
devices_come_meanwhile() {
	local code=0
	transactions_held && dom0 backend_returns $OUTAGE && dom0 block_attach xvdb 16M &&
		dom0 network_attach && wait_for 20 all_said && sleep 5 && each_said_once || code=1
	have_disk xvdb && code=1
	transactions_given_back
	return $code
}

guest() {
	ktap_print_header
	ktap_test "drivers load" load_drivers
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "it is filled" blkpat fill /dev/xvda 3
	ktap_test "its backend dies" dom0 backend_dies $OUTAGE
	ktap_test "requests wait for it" job_begin waits blkpat verify /dev/xvda 3
	ktap_test "devices come meanwhile: what they wait for is said, once" devices_come_meanwhile
	ktap_test "requests that waited are answered" wait_for 60 job_over waits
	ktap_test "and right" job_well waits
	ktap_test "the other disk comes" wait_for 20 have_disk xvdb
	ktap_test "it works" blkpat fill /dev/xvdb 1
	ktap_test "link is up" net_up
	ktap_test "ping" ping -c 2 "$DOM0_IP"
	ktap_test "drivers unload" unload_all
	ktap_finished
}
