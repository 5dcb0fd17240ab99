# SPDX-License-Identifier: GPL-2.0
"""The lock between benches: an emulated machine that runs holds a place.

XENFRONT_BENCHES says how many places there are. Where it says nothing, a bench takes all of them, so
that one bench runs at a time; where it does, a bench begins with one and takes another for a second
machine when one is free. Two machines of one bench count as two benches either way.
"""

import contextlib
import fcntl
import os
import time

from .util import BenchError, cache, say

# Machines that one bench runs side by side: as many as keep two cores busy and little more.
MACHINES = 2
PATIENCE = 3600


class Places:
    """A context: inside it the bench holds at least one place."""

    def __init__(self, directory=None, patience=PATIENCE):
        self._directory = directory or cache()
        self._patience = patience
        self._stack = contextlib.ExitStack()
        self._free, self.held = [], 0

    def __enter__(self):
        wanted = os.environ.get("XENFRONT_BENCHES")
        self._free = [self._open(n) for n in range(max(1, int(wanted)) if wanted else self._known())]
        deadline = time.monotonic() + self._patience
        try:
            self._wait(self._free, deadline)
            while self._free and not wanted:
                # Whoever wants all takes them in one order, so that no two wait for each other.
                self._wait(self._free[:1], deadline)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def another(self):
        """Takes a place more if one is free now; whether there is one."""
        return self._take(self._free)

    def _known(self):
        """All that anybody has used here."""
        numbers = [int(path.suffixes[0][1:]) for path in self._directory.glob("bench.[0-9].lock")]
        return max([MACHINES, *(number + 1 for number in numbers)])

    def _open(self, number):
        return self._stack.enter_context(open(self._directory / f"bench.{number}.lock", "a+"))

    def _take(self, streams):
        for stream in streams:
            with contextlib.suppress(OSError):
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stream.truncate(0)
                stream.write(f"{os.getpid()}\n")
                stream.flush()
                self._free.remove(stream)
                self.held += 1
                return True
        return False

    def _wait(self, streams, deadline):
        told = False
        while not self._take(streams):
            if not told:
                streams[0].seek(0)
                say(f"waiting for another bench (process {streams[0].read().strip() or '?'})")
                told = True
            if time.monotonic() > deadline:
                raise BenchError(f"another bench still holds {streams[0].name}")
            time.sleep(1)
