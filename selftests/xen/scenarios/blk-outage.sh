# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a disk's backend is away for long: requests wait, one line says so, and all end well"
#: quick_arch = "arm64"
#: disks = ["xvda 16M"]
#: nics = 0
#: driver = ["ours"]
#: timeout = 300
#: slow = true

OUTAGE=vbd-51712

lines() { dmesg | grep -c "$OUTAGE: requests have waited .* for a connection"; }
lines_are() { echo "$(lines) lines"; [ "$(lines)" = "$1" ]; }

guest() {
	ktap_print_header
	ktap_test "driver loads" load_driver blk
	ktap_test "disk is there" wait_for 20 have_disk xvda
	ktap_test "something to write" writes_make 16 35
	ktap_test "an outage in which nothing waits" dom0 backend_dies $OUTAGE
	sleep 35
	ktap_test "no line" lines_are 0
	ktap_test "writes are under way" writes_begin xvda
	ktap_test "no line at once" lines_are 0
	ktap_test "it is said that they wait" wait_for 60 lines_are 1
	sleep 35
	ktap_test "once" lines_are 1
	ktap_test "the backend returns" dom0 backend_returns $OUTAGE
	ktap_test "the writes end" writes_end xvda
	ktap_test "the disk holds what was written" dom0 file_verify xvda 35
	ktap_test "driver unloads" unload_driver blk
	ktap_finished
}
