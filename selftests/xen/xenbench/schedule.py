# SPDX-License-Identifier: GPL-2.0
"""Which guest runs next, and where: the longest first, so that no worker is left with a long one."""

import json
import os
import threading

from .util import cache

# What booting a machine more must save, in seconds.
WORTH_A_BOOT = 40
# Of its time limit a scenario that has never run here is taken to need this part.
USUAL_PART = 3


class Schedule:
    """The runs that are left, by the kind of machine that they need; workers share it."""

    def __init__(self, runs, seconds=None):
        self._seconds = seconds or {}
        self._lock = threading.Lock()
        self._left, self._workers = {}, {}
        for run in sorted(runs, key=self.estimate, reverse=True):
            self._left.setdefault(run.scenario.machine(), []).append(run)

    def estimate(self, run):
        return self._seconds.get(run.name, run.scenario.timeout / USUAL_PART)

    def begin(self):
        """The kind of machine that another worker should boot, or None: the others will do."""
        with self._lock:
            kind = self._best_kind()
            if kind:
                self._workers[kind] = self._workers.get(kind, 0) + 1
            return kind

    def _best_kind(self):
        """One that nobody is at, as somebody has to boot it; then one where two are quicker."""
        todo = {kind: sum(map(self.estimate, runs)) for kind, runs in self._left.items() if runs}
        untouched = [kind for kind in todo if not self._workers.get(kind)]
        if untouched:
            return max(untouched, key=todo.get)
        shares = {kind: left / (self._workers[kind] + 1) for kind, left in todo.items()}
        kind = max(shares, key=shares.get, default=None)
        return kind if kind and shares[kind] > WORTH_A_BOOT else None

    def take(self, kind):
        """The next run for a machine of that kind, or None."""
        with self._lock:
            runs = self._left[kind]
            return runs.pop(0) if runs else None

    def give_back(self, kind, run):
        with self._lock:
            self._left[kind].insert(0, run)

    def left(self, kind):
        return len(self._left[kind])

    def end(self, kind):
        with self._lock:
            self._workers[kind] -= 1

    def empty(self):
        with self._lock:
            return not any(self._left.values())


def _record():
    return cache() / "bench" / "seconds.json"


def remembered():
    """How long runs took here: name -> seconds."""
    try:
        return json.loads(_record().read_text())
    except (OSError, ValueError):
        return {}


def remember(runs):
    """Of those that passed; the others may have waited for what did not come."""
    took = {run.name: round(run.seconds, 1) for run in runs if run.result == "pass"}
    if took:
        path = _record()
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps({**remembered(), **took}, indent=1, sort_keys=True) + "\n")
        os.replace(new, path)
