# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a guest of which the emulator is blamed runs once more, and fails if it does it again"
#: must_fail = "^time 2$"
#: nics = 0

dom0_before() { echo once more >>/tmp/emulator-twice; }
times() { wc -l </tmp/emulator-twice; }

# It dies as kernels do that met an int3 where there is none.
guest() {
	local times
	times=$(dom0 times)
	ktap_print_header
	[ "$times" = 1 ] || ktap_test_fail "time $times"
	dom0 times >/dev/null	# has taken the results
	echo "<0>Oops: int3: 0000 [#1] PREEMPT SMP NOPTI" >/dev/kmsg
	echo "<0>Code: fa 41 54 55 53 66 <90> e8 41 ac f0 ff" >/dev/kmsg
	echo c >/proc/sysrq-trigger
}
