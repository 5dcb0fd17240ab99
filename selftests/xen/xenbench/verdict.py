# SPDX-License-Identifier: GPL-2.0
"""What counts as good: KTAP results, and logs without a kernel's or Xen's cry for help."""

import dataclasses
import re

from .util import HERE

# One report is enough to fail; each of these lines begins one.
REPORTS = [re.compile(pattern) for pattern in (
    r"WARNING: (CPU: \d+ PID|possible|suspicious|bad unlock|inconsistent|lock held)",
    r"\bBUG: ", r"kernel BUG at ", r"\bOops: ", r"Oops\b.*\[#\d+\]", r"general protection fault",
    r"Unable to handle kernel", r"unable to handle page fault", r"Kernel panic - not syncing",
    r"\bCall Trace:", r"\bKASAN: ", r"\bKFENCE: ", r"\bUBSAN: ", r"\bKCSAN: ",
    r"=\[ BUG", r"\bBUG kmalloc", r"\bBUG [\w-]+ \(.*\): ", r"Object already free",
    r"Poison overwritten", r"pagealloc: (memory corruption|single bit error)",
    r"blocked for more than \d+ seconds", r"soft lockup", r"hard LOCKUP",
    r"rcu: INFO: .*(stall|detected)", r"NETDEV WATCHDOG", r"refcount_t: ", r"list_(add|del) corruption",
    r"still has in-use|objects remaining in .* on", r"bad: scheduling|scheduling while atomic",
    r"page allocation failure", r"Out of memory: Killed", r"unregister_netdevice: waiting for",
)]
XEN_DEATH = re.compile(r"Xen BUG|Panic on CPU|FATAL TRAP|FATAL PAGE FAULT|Assertion '.*' failed|"
                       r"Hardware Dom0 crashed|Hardware Dom0 shutdown: (?!halt|powering)")


def reports(path, start=0):
    """The lines of a log, from an offset on, that report a fault."""
    try:
        with open(path, "rb") as stream:
            stream.seek(start)
            text = stream.read().decode(errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines()
            if any(pattern.search(line) for pattern in REPORTS) or XEN_DEATH.search(line)]


def xen_died(path):
    try:
        with open(path, "rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - 8192))
            text = stream.read().decode(errors="replace")
    except OSError:
        return False
    return bool(XEN_DEATH.search(text) or re.search(r"Kernel panic - not syncing", text))


@dataclasses.dataclass
class Test:
    name: str
    result: str
    reason: str = ""


class Ktap:
    """Reads KTAP as it comes; nested results count, their summary line does not count again."""

    _plan = re.compile(r"^( *)1\.\.(\d+)")
    _line = re.compile(r"^( *)(not ok|ok) (\d+) ?-? ?([^#]*?)\s*(?:# ?(SKIP|TODO|XFAIL)\b ?(.*))?$",
                       re.IGNORECASE)
    _figure = re.compile(r"^\s*# figure: (.+?) = (\S+) (.*)$")

    def __init__(self):
        self.tests, self.figures = [], []
        self.version = False
        self._open = {}
        self._planned, self._seen = {}, {}

    def feed(self, line):
        """Takes one line; returns the test it completed, if any."""
        if line.strip().startswith(("KTAP version", "TAP version")):
            self.version = True
        figure = self._figure.match(line)
        if figure:
            self.figures.append(figure.groups())
        plan = self._plan.match(line)
        if plan:
            self._planned[len(plan[1])] = int(plan[2])
            self._seen.setdefault(len(plan[1]), 0)
        found = self._line.match(line)
        return self._result(found) if found else None

    def _result(self, found):
        depth = len(found[1])
        self._seen[depth] = self._seen.get(depth, 0) + 1
        children = self._open.pop(depth + 2, [])
        self._check_plan(depth + 2)
        for test in children:
            test.name = f"{found[4]}: {test.name}"
        if children:
            self._open.setdefault(depth, []).extend(children)
            self._add_failed_summary(found, children)
            return None
        result = "pass" if found[2].lower() == "ok" else "fail"
        if (found[5] or "").upper() == "SKIP":
            result = "skip"
        test = Test(found[4] or f"test {found[3]}", result, found[6] or "")
        self.tests.append(test)
        self._open.setdefault(depth, []).append(test)
        return test

    def _add_failed_summary(self, found, children):
        """A group that fails although none of its tests does is a failure of its own."""
        if found[2] == "not ok" and all(test.result != "fail" for test in children):
            self.tests.append(Test(f"{found[4]}: as a whole", "fail"))

    def _check_plan(self, depth):
        planned, seen = self._planned.pop(depth, None), self._seen.pop(depth, 0)
        if planned is not None and planned != seen:
            self.tests.append(Test(f"plan of {planned} tests, {seen} results", "fail"))

    def finish(self):
        """To be called once after the last line."""
        self._check_plan(0)
        return self.tests


def expected_skips():
    """[(pattern of scenario, pattern of test)] from the file expected-skips."""
    rows = []
    for line in (HERE / "expected-skips").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            scenario, _, rest = line.partition(" ")
            test = rest.partition("#")[0].strip()
            rows.append((re.compile(scenario + r"\Z"), re.compile(test + r"\Z")))
    return rows


def skip_expected(scenario, test, rows):
    return any(where.match(scenario) and what.match(test.name) for where, what in rows)
