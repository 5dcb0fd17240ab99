# SPDX-License-Identifier: GPL-2.0
"""What counts as good: KTAP results, and logs without a kernel's or Xen's cry for help."""

import dataclasses
import re

from .util import HERE

# One report is enough to fail; each of these lines begins one.
REPORTS = [re.compile(pattern) for pattern in (
    # WARN() up to Linux 6.17 and from then on
    r"WARNING: (CPU: \d+ PID|.*\bat .*, CPU#\d+)",
    # lockdep
    r"WARNING: (possible|suspicious|bad|inconsistent|lock held|held lock|Nested lock|chain_key)\b",
    r"WARNING: (\S+-safe -> |\S+/\d+ still has locks held)", r"INFO: trying to register non-static key",
    r"turning off the locking correctness validator", r"INFO: lockdep is turned off",
    r"ODEBUG: (?!selftest passed)",
    r"kmemleak: (\d+ new suspected|.*(unknown object|disabled|Cannot|by alias|larger than object))",
    r"\bBUG: ", r"kernel BUG at ", r"\bOops: ", r"Oops\b.*\[#\d+\]", r"general protection fault",
    r"Unable to handle kernel", r"unable to handle page fault", r"Kernel panic - not syncing",
    r"\bCall [Tt]race:", r"\bKASAN: ", r"\bKFENCE: ", r"\bUBSAN: ", r"\bKCSAN: ",
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


def emulator_failed(path):
    """What of a guest's log shows that QEMU failed and not the guest; "" if nothing does.

    Either is rare: once in some hundred guests, or less.
    """
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return ""
    return _impossible_flags(text) or _absent_breakpoint(text)


def _impossible_flags(text):
    """The first "EFLAGS: ..." with bits 22 to 31 set, which no x86 processor can have.

    QEMU's emulation of an x86 CPU under Xen loses a guest's flags, and a branch is taken that the
    program does not take.
    """
    for found in re.finditer(r"EFLAGS: ([0-9a-f]{8})\b", text):
        if int(found[1], 16) >> 22:
            return found[0]
    return ""


def _absent_breakpoint(text):
    """The first "int3: 0000 ..." at an address where memory holds no int3.

    A kernel that patches its code writes an int3 over it for a moment. QEMU before 8.1 with more
    than one emulated CPU can run it when it is long gone (Red Hat bug 2216496). "Code:" has the
    byte that the trap returns to in angle brackets; the one before is the trap's own.
    """
    for found in re.finditer(r"int3: 0000 .*", text):
        report = re.split(r"end trace|Oops|BUG:|WARNING:", text[found.end():], maxsplit=1)[0]
        code = re.search(r"Code: .*?([0-9a-f]{2}) <[0-9a-f]{2}>", report)
        if code and code[1] != "cc":
            return found[0].strip()
    return ""


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
    figure: str = ""
    seconds: float = 0


class Ktap:
    """Reads KTAP as it comes; nested results count, their summary line does not count again."""

    _plan = re.compile(r"^( *)1\.\.(\d+)")
    _line = re.compile(r"^( *)(not ok|ok) (\d+) ?-? ?([^#]*?)\s*(?:# ?(SKIP|TODO|XFAIL)\b ?(.*))?$",
                       re.IGNORECASE)
    _figure = re.compile(r"^[\s#]*# figure: (.+?) = (\S+) (.*)$")

    def __init__(self):
        self.tests, self.figures = [], []
        self._levels = {}
        self._figure_for_next = ""

    def feed(self, line):
        """Takes one line; returns the test it completed, if any."""
        figure = self._figure.match(line)
        if figure:
            self.figures.append(figure.groups())
            self._figure_for_next = f"{figure[2]} {figure[3]}"
        plan = self._plan.match(line)
        if plan:
            self._level(len(plan[1])).planned = int(plan[2])
        found = self._line.match(line)
        return self._result(found) if found else None

    def finish(self):
        """To be called once, after the last line."""
        for depth in sorted(self._levels, reverse=True):
            self._close(depth)
        return self.tests

    def _level(self, depth):
        return self._levels.setdefault(depth, _Level())

    def _result(self, found):
        depth = len(found[1])
        level = self._level(depth)
        level.numbers.append(int(found[3]))
        if depth + 2 in self._levels:
            self._group(depth, found[4], found[2].lower() == "ok")
            return None
        result = "pass" if found[2].lower() == "ok" else "fail"
        if (found[5] or "").upper() == "SKIP":
            result = "skip"
        test = Test(found[4] or f"test {found[3]}", result, found[6] or "", self._figure_for_next)
        self._figure_for_next = ""
        self.tests.append(test)
        level.tests.append(test)
        return test

    def _group(self, depth, name, good):
        """The summary line of the nested tests above it."""
        inner = self._close(depth + 2)
        if not good and all(test.result != "fail" for test in inner):
            inner.append(Test("as a whole", "fail"))
            self.tests.append(inner[-1])
        for test in inner:
            test.name = f"{name}: {test.name}"
        self._level(depth).tests += inner

    def _close(self, depth):
        """Ends one level, checking its results against its plan; returns its tests."""
        level = self._levels.pop(depth)
        fault = level.fault()
        if fault:
            level.tests.append(Test(fault, "fail"))
            self.tests.append(level.tests[-1])
        return level.tests


class _Level:
    """The tests of one depth of nesting, up to their summary line."""

    def __init__(self):
        self.planned, self.numbers, self.tests = None, [], []

    def fault(self):
        if self.planned is None:
            return "no plan"
        if self.planned != len(self.numbers):
            return f"plan of {self.planned} tests, {len(self.numbers)} results"
        if self.numbers != list(range(1, self.planned + 1)):
            return f"results are not numbered 1 to {self.planned}"
        return None


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
