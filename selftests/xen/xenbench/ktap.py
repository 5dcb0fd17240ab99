# SPDX-License-Identifier: GPL-2.0
"""KTAP results, and the skips that are expected. For the bench, and for scripts/check."""

import dataclasses
import fnmatch
import re

PLAN = re.compile(r"^( *)1\.\.(\d+)")
RESULT = re.compile(r"^( *)(not ok|ok) (\d+)(?: -)? ?(.*?)\s*(?:# *(SKIP|TODO|XFAIL)\b *(.*))?$",
                    re.IGNORECASE)
FIGURE = re.compile(r"^[\s#]*# figure: (.+?) = (\S+) (.*)$")
HEADER, BAIL_OUT = "KTAP version", "Bail out!"


@dataclasses.dataclass
class Test:
    name: str
    result: str
    reason: str = ""
    figure: str = ""
    seconds: float = 0


class Ktap:
    """Reads KTAP as it comes; nested results count, their summary line does not count again.

    A summary line that failed with no nested test failing counts as one more test. What the lines as
    a whole lack is a failed test too: a result that was planned, or a plan.
    """

    def __init__(self):
        self.tests, self.figures = [], []
        self.planned = False    # whether there was a plan
        self._levels = {}
        self._figure_for_next = ""

    def feed(self, line):
        """Takes one line; returns the test it completed, if any."""
        if figure := FIGURE.match(line):
            self.figures.append(figure.groups())
            self._figure_for_next = f"{figure[2]} {figure[3]}"
        elif plan := PLAN.match(line):
            self.planned = True
            self._level(len(plan[1])).planned = int(plan[2])
        elif line.startswith(HEADER):
            self._next_document()
        elif line.startswith(BAIL_OUT):
            return self._take(self._level(0), Test(line.strip(), "fail"))
        elif found := RESULT.match(line):
            return self._result(found)
        return None

    def finish(self, whole=True):
        """To be called once, after the last line; not whole: the plan may have been to come."""
        for depth in sorted(self._levels, reverse=True):
            self._close(depth, whole)
        return self.tests

    def _next_document(self):
        """Another program's results, if those of the last one have had their plan."""
        if 0 in self._levels and self._levels[0].planned is not None:
            for depth in sorted(self._levels, reverse=True):
                self._close(depth)

    def _level(self, depth):
        return self._levels.setdefault(depth, _Level())

    def _take(self, level, test):
        level.tests.append(test)
        self.tests.append(test)
        return test

    def _result(self, found):
        depth = len(found[1])
        level = self._level(depth)
        level.numbers.append(int(found[3]))
        good = found[2].lower() == "ok"
        inner = self._levels.get(depth + 2)
        if inner and inner.empty():
            self._levels.pop(depth + 2)
        elif inner:
            self._group(depth, found[4], good)
            return None
        result = "pass" if good else "fail"
        if good and (found[5] or "").upper() == "SKIP":
            result = "skip"
        test = Test(found[4] or f"test {found[3]}", result, found[6] or "", self._figure_for_next)
        self._figure_for_next = ""
        return self._take(level, test)

    def _group(self, depth, name, good):
        """The summary line of the nested tests above it."""
        inner = self._close(depth + 2)
        if not good and all(test.result != "fail" for test in inner):
            inner.append(Test("as a whole", "fail"))
            self.tests.append(inner[-1])
        for test in inner:
            test.name = f"{name}: {test.name}"
        self._level(depth).tests += inner

    def _close(self, depth, whole=True):
        """Ends one level, checking its results against its plan; returns its tests."""
        level = self._levels.pop(depth)
        if fault := level.fault(whole):
            self._take(level, Test(fault, "fail"))
        return level.tests


class _Level:
    """The tests of one depth of nesting, up to their summary line."""

    def __init__(self):
        self.planned, self.numbers, self.tests = None, [], []

    def empty(self):
        """Of a program that skips all it has; its summary line says so."""
        return self.planned == 0 and not self.numbers

    def fault(self, whole):
        if self.planned is None:
            return "no plan" if whole else None
        if self.planned != len(self.numbers):
            return f"plan of {self.planned} tests, {len(self.numbers)} results"
        if self.numbers != list(range(1, self.planned + 1)):
            return f"results are not numbered 1 to {self.planned}"
        return None


def expected_skips(path):
    """[(pattern of where, pattern of test)] from a file of lines "WHERE TEST # WHY"."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            where, _, test = line.partition("#")[0].strip().partition(" ")
            rows.append((where, test.strip()))
    return rows


def skip_expected(where, test, rows):
    """Whether a test may be skipped there: in a run of the bench, or in a step of scripts/check."""
    return any(fnmatch.fnmatchcase(where, place) and fnmatch.fnmatchcase(test.name, what)
               for place, what in rows)
