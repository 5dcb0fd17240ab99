# SPDX-License-Identifier: GPL-2.0
"""What this machine is worth just now, so that limits fit it: a busy one is slow and not red.

One process per core (two at least) does the same work at the same time, and the slowest counts. The
limits were chosen for two idle cores of a Xeon server with Debian bookworm's Python, where that takes
0.7 to 0.9 s; REFERENCE allows for some noise. Emulation is like this work: integers, branches and
memory in the caches.
"""

import functools
import os
import subprocess
import sys

REFERENCE = 1.0
MOST = 4.0
VARIABLE = "XENFRONT_PACE"

WORK = """
import time
start = time.perf_counter()
seen, value = {}, 1
for number in range(2500000):
    value = (value * 1103515245 + 12345) & 0x7fffffff
    seen[value & 1023] = number
print(time.perf_counter() - start)
"""


def bounded(factor):
    """As a limit may be multiplied: it never shrinks, and a machine that hangs is found out."""
    return min(MOST, max(1.0, factor))


def measure():
    """Seconds that the slowest of the processes took."""
    count = max(2, len(os.sched_getaffinity(0)))
    running = [subprocess.Popen([sys.executable, "-c", WORK], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, text=True) for _ in range(count)]
    return max(float(process.communicate(timeout=300)[0]) for process in running)


@functools.cache
def factor():
    """How many times longer things may take than the limits say: 1 to MOST.

    Measured once; scripts/check tells its steps what it has measured, and anybody can say otherwise.
    """
    told = os.environ.get(VARIABLE)
    return bounded(float(told) if told else round(measure() / REFERENCE, 2))
