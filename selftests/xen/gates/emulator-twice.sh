# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a guest of which the emulator is blamed fails the second time"
#: must_fail = "guest died before it reported"
#: nics = 0

# As a kernel reports an int3 at an address where there is none.
guest() {
	echo "<0>Oops: int3: 0000 [#1] PREEMPT SMP NOPTI" >/dev/kmsg
	echo "<0>Code: fa 41 54 55 53 66 <90> e8 41 ac f0 ff" >/dev/kmsg
	echo c >/proc/sysrq-trigger
}
