#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Unit tests of what judges, counts and plans, here and in scripts/check; they boot nothing."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from xenbench import crew, pace, report, runner, scenario, schedule, verdict  # noqa: E402
from xenbench.ktap import Ktap, Test, expected_skips, skip_expected  # noqa: E402
from ruler import cli as ruler  # noqa: E402
from xenbench.places import Places  # noqa: E402
from xenbench.util import TOP, BenchError  # noqa: E402


def read(text, whole=True):
    ktap = Ktap()
    for line in text.splitlines():
        ktap.feed(line)
    return [(test.name, test.result) for test in ktap.finish(whole)]


class RulerTest(unittest.TestCase):
    """The committed figures are those of the committed samples."""

    def setUp(self):
        self.page, self.tables = ruler.texts(ruler.last_time())

    def test_page(self):
        self.assertEqual(self.page, (ruler.DOCUMENTATION / "performance.rst").read_text())

    def test_tables(self):
        self.assertEqual(self.tables, (ruler.MEASURED / "tables.rst").read_text())


class KtapTest(unittest.TestCase):
    def test_flat(self):
        self.assertEqual(read("KTAP version 1\n1..3\nok 1 a\nnot ok 2 b\nok 3 c # SKIP why"),
                         [("a", "pass"), ("b", "fail"), ("c", "skip")])

    def test_nested_counts_leaves_only(self):
        text = "1..1\n  KTAP version 1\n  1..2\n  ok 1 a\n  not ok 2 b\nnot ok 1 group"
        self.assertEqual(read(text), [("group: a", "pass"), ("group: b", "fail")])

    def test_group_that_fails_alone(self):
        self.assertIn(("group: as a whole", "fail"),
                      read("1..1\n  1..1\n  ok 1 a\nnot ok 1 group"))

    def test_two_groups(self):
        text = "1..2\n  1..1\n  ok 1 a\nok 1 g\n  1..1\n  ok 1 b\nok 2 h"
        self.assertEqual(read(text), [("g: a", "pass"), ("h: b", "pass")])

    def test_missing_results(self):
        self.assertIn(("plan of 2 tests, 1 results", "fail"), read("1..2\nok 1 a"))

    def test_missing_results_of_a_group(self):
        self.assertIn("fail", dict(read("1..1\n  1..2\n  ok 1 a\nok 1 g")).values())

    def test_group_cut_off(self):
        self.assertIn("fail", dict(read("1..1\n  1..2\n  ok 1 a")).values())

    def test_plan_at_the_end(self):
        self.assertEqual(read("ok 1 a\n1..1"), [("a", "pass")])

    def test_no_plan(self):
        self.assertIn(("no plan", "fail"), read("ok 1 a"))

    def test_numbers_out_of_order(self):
        self.assertIn("fail", dict(read("1..2\nok 1 a\nok 3 b")).values())

    def test_no_plan_of_what_was_cut(self):
        self.assertEqual(read("ok 1 a", whole=False), [("a", "pass")])
        self.assertIn(("plan of 2 tests, 1 results", "fail"), read("1..2\nok 1 a", whole=False))

    def test_group_that_is_skipped_as_a_whole(self):
        text = "1..2\n  KTAP version 1\n  1..0 # SKIP why\nok 1 group # SKIP\nok 2 a"
        self.assertEqual(read(text), [("group", "skip"), ("a", "pass")])

    def test_a_skip_that_is_not_ok(self):
        self.assertEqual(read("1..1\nnot ok 1 a # SKIP"), [("a", "fail")])

    def test_number_sign_in_a_name(self):
        self.assertEqual(read("1..2\nok 1 disk #7\nok 2 disk #8 # SKIP"),
                         [("disk #7", "pass"), ("disk #8", "skip")])

    def test_dash_before_the_name(self):
        self.assertEqual(read("1..1\nok 1 - a"), [("a", "pass")])

    def test_one_program_after_the_other(self):
        text = "KTAP version 1\n1..1\nok 1 a\nKTAP version 1\n1..2\nok 1 b"
        self.assertEqual(read(text), [("a", "pass"), ("b", "pass"),
                                      ("plan of 2 tests, 1 results", "fail")])

    def test_one_program_that_begins_again(self):
        """As after a kexec: the numbers go on, and the plan comes last."""
        self.assertEqual(read("KTAP version 1\nok 1 a\nKTAP version 1\nok 2 b\n1..2"),
                         [("a", "pass"), ("b", "pass")])

    def test_bail_out(self):
        self.assertIn(("Bail out! why", "fail"), read("1..1\nok 1 a\nBail out! why"))

    def test_what_only_looks_like_a_result(self):
        self.assertEqual(read("1..1\nok   smoke: 7 passed\nok 1 a\nok"), [("a", "pass")])

    def test_figure_belongs_to_the_next_result(self):
        ktap = Ktap()
        for line in ("1..1", "# # figure: rate = 7 MB/s", "ok 1 a"):
            ktap.feed(line)
        self.assertEqual(ktap.finish()[0].figure, "7 MB/s")


class SkipTest(unittest.TestCase):
    def expected(self, where, name):
        with tempfile.TemporaryDirectory() as directory:
            table = Path(directory) / "table"
            table.write_text("# why this is here\n\nnet-a* *for tc # no traffic control\nudev * # why\n")
            return skip_expected(where, Test(name, "skip"), expected_skips(table))

    def test_both_patterns_have_to_match(self):
        self.assertTrue(self.expected("net-a@6.1", "net/xdp: what is marked for tc"))
        self.assertTrue(self.expected("udev", "links by serial number"))
        self.assertFalse(self.expected("net-a", "net/xdp: marked for tc, again"))
        self.assertFalse(self.expected("net-b", "marked for tc"))
        self.assertFalse(self.expected("udev-b", "x"))

    def test_the_tables(self):
        for path in (TOP / "scripts", TOP / "selftests" / "xen"):
            for where, what in expected_skips(path / "expected-skips"):
                self.assertTrue(where and what, path)


class ReportTest(unittest.TestCase):
    def reports(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
            log.write(text)
            log.flush()
            return verdict.reports(log.name)

    def test_bad_lines(self):
        for line in ("[ 1.0] WARNING: CPU: 0 PID: 7 at net/core/dev.c:1 x+0x1/0x2",
                     "[ 1.0] BUG: unable to handle page fault for address: 00",
                     "[ 1.0] BUG kmalloc-64 (Tainted: G O): Redzone overwritten",
                     "[ 1.0] BUG: KFENCE: use-after-free read in x",
                     "[ 1.0] INFO: task fio:7 blocked for more than 60 seconds.",
                     "[ 1.0] Kernel panic - not syncing: x", "[ 1.0] Oops: 0000 [#1] SMP",
                     "(XEN) Panic on CPU 0:", "[ 1.0] refcount_t: underflow; use-after-free."):
            self.assertTrue(self.reports(f"[ 0.0] fine\n{line}\n"), line)

    def test_lines_of_a_debug_kernel(self):
        for line in ("WARNING: drivers/x.c:7 at f+0x8/0x10 [m], CPU#1: bash/77",
                     "WARNING: at f+0x8/0x10, CPU#1: bash/77",
                     "WARNING: possible circular locking dependency detected",
                     "WARNING: possible recursive locking detected",
                     "WARNING: inconsistent lock state", "WARNING: held lock freed!",
                     "WARNING: lock held when returning to user space!",
                     "WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected",
                     "WARNING: bash/77 still has locks held!", "WARNING: suspicious RCU usage",
                     "WARNING: bad unlock balance detected!", "WARNING: Nested lock was not taken",
                     "INFO: trying to register non-static key.",
                     "turning off the locking correctness validator.",
                     "[ BUG: Invalid wait context ]", "BUG: MAX_LOCKDEP_KEYS too low!",
                     "BUG: sleeping function called from invalid context at mm/x.c:1",
                     "BUG: scheduling while atomic: bash/77/0x00000002",
                     "BUG: using smp_processor_id() in preemptible [00000000] code: bash/77",
                     "BUG: KASAN: slab-use-after-free in f+0x8/0x10 [m]",
                     "BUG: KASAN: vmalloc-out-of-bounds in f+0x8/0x10 [m]",
                     "UBSAN: array-index-out-of-bounds in x.c:7:9",
                     "UBSAN: shift-out-of-bounds in x.c:7:9",
                     "ODEBUG: free active (active state 0) object: 0 object type: timer_list hint: f",
                     "ODEBUG: Out of memory. ODEBUG disabled",
                     "kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
                     "kmemleak: Freeing unknown object at 0x0000000000000000",
                     "kmemleak: Kernel memory leak detector disabled",
                     "pagealloc: memory corruption", "list_del corruption. prev->next should be 0"):
            self.assertTrue(self.reports(f"[ 0.0] fine\n[ 1.0] {line}\n"), line)

    def test_good_lines(self):
        for line in ("[ 1.0] xen_netfront: Initialising Xen virtual ethernet driver",
                     "[ 1.0] kfence: initialized - using 2097152 bytes for 255 objects",
                     "[ 1.0] Debug messages, no warnings", "[ 1.0] debugfs: mounted",
                     "[ 1.0] kmemleak: Kernel memory leak detector initialized (mem pool available: 1)",
                     "[ 1.0] Lock dependency validator: Copyright (c) 2006 Red Hat, Inc.",
                     "[ 1.0] ODEBUG: selftest passed",
                     "[ 1.0] kasan: KernelAddressSanitizer initialized (generic)",
                     "WARNING: not a kernel's", "(XEN) Hardware Dom0 halted: halting machine"):
            self.assertFalse(self.reports(f"{line}\n"), line)

    def emulator_failed(self, text):
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "log"
            log.write_text(text)
            return verdict.emulator_failed(log)

    def test_flags_no_processor_has(self):
        line = "[ 1.0] RSP: e02b:ffffc9004081fa30 EFLAGS: %s\n"
        self.assertFalse(self.emulator_failed(line % "00010286"))
        self.assertEqual(self.emulator_failed(line % "1f3c0606"), "EFLAGS: 1f3c0606")

    def test_breakpoint_that_is_not_there(self):
        text = ("[ 1.0] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\n"
                "[ 1.0] RIP: e030:sched_clock_cpu+0x9/0x190\n"
                "[ 1.0] Code: fa 41 54 55 53 %s <90> e8 41 ac f0 ff\n")
        self.assertFalse(self.emulator_failed(text % "cc"))
        self.assertIn("int3: 0000", self.emulator_failed(text % "66"))
        self.assertFalse(self.emulator_failed((text % "66").replace("int3", "Oops")))
        other = text.replace("Code:", "Code: Unable to access opcode bytes\n[ 2.0] BUG: Code:")
        self.assertFalse(self.emulator_failed(other % "66"))

    def test_step_of_nobody(self):
        text = ("[ 1.0] WARNING: CPU: 0 PID: 9 at arch/x86/kernel/traps.c:1120 "
                "exc_debug_kernel+0xca/0x160\n"
                "[ 1.0] Code: 74 22 f6 44 24 01 40 74 1b <0f> 0b 48 81 a5 90 00 00\n"
                "[ 1.0] RSP: e02b:ffffc9004049bc78 EFLAGS: 00200002\n"
                "[ 1.0]  asm_xenpv_exc_debug+0x1a/0x20\n"
                "[ 1.0] RIP: e030:__kmalloc_cache_noprof+0xd1/0x310\n"
                "[ 1.0] Code: 65 48 0f c7 %s 75 a8 41 8b 44 24 28 <0f> 0d 0c 03\n"
                "[ 1.0] RSP: e02b:ffffc9004049bd50 EFLAGS: %s\n")
        self.assertIn("exc_debug_kernel", self.emulator_failed(text % ("0e", "00240fc2")))
        self.assertFalse(self.emulator_failed(text % ("0e", "00240ec2")), "no step")
        self.assertFalse(self.emulator_failed(text % ("f0", "00240fc2")), "RDRAND")
        far = text.replace("75 a8", "75 a8" + 25 * " 90")
        self.assertFalse(self.emulator_failed(far % ("0e", "00240fc2")), "long before")
        earlier = "[ 0.9] BUG: KASAN: xnf_poll\n[ 0.9] ---[ end trace 0000000000000000 ]---\n"
        self.assertFalse(self.emulator_failed(earlier + text % ("0e", "00240fc2")), "not the first")
        other = text.replace("exc_debug_kernel", "xnf_poll")
        self.assertFalse(self.emulator_failed(other % ("0e", "00240fc2")), "of a driver")


def load_check():
    """scripts/check, which has no name that Python could import."""
    path = str(TOP / "scripts" / "check")
    loader = importlib.machinery.SourceFileLoader("check", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check", loader))
    loader.exec_module(module)
    return module


check = load_check()


class StepTest(unittest.TestCase):
    """What scripts/check makes of the output of a step."""

    bench = ["bench: Xen and dom0 up in 9 s, 3 guests to run",
             "ok   smoke: 7 passed (31 s, 1 of 3)",
             "FAIL net-x@6.1: 2 passed, 1 failed, 3 skipped (40 s, 2 of 3)"]

    def judge(self, lines, status=None, cut="cut: took longer than 9 s"):
        count, problems = check.judge("step", lines, status, "" if status is not None else cut, [])
        return str(count), problems

    def test_closing_line(self):
        self.assertEqual(self.judge(["noise", "5 passed, 0 failed, 1 skipped"], 0),
                         ("5 passed, 0 failed, 1 skipped", []))

    def test_bench_that_was_ended(self):
        said = "so far: 31 passed, 0 failed, 2 skipped; 2 of 3 guests, without net-manners"
        count, problems = self.judge([*self.bench[:2], said, "bench: interrupted"])
        self.assertEqual(count, "31 passed, 1 failed, 2 skipped")
        self.assertEqual(problems, ["cut: took longer than 9 s"])

    def test_bench_that_was_killed(self):
        count, problems = self.judge(self.bench)
        self.assertEqual(count, "9 passed, 2 failed, 3 skipped")
        self.assertEqual(problems, ["1 failed", "cut: took longer than 9 s"])

    def test_bench_that_could_not_go_on(self):
        count, problems = self.judge([*self.bench[:2], "bench: error: Xen does not come up"], 2)
        self.assertEqual(count, "7 passed, 1 failed, 0 skipped")
        self.assertEqual(problems, ["exit status 2"])

    def test_the_lines_are_the_benchs_own(self):
        """As report.py prints them, not as this test remembers them."""
        done, left = a_run("one"), a_run("two")
        done.tests, done.result = [Test("a", "pass"), Test("b", "skip")], "pass"
        lines = printed(report.scenario_line, done, "1 of 2")
        self.assertEqual(str(check.count_guests(lines)), "1 passed, 0 failed, 1 skipped")
        left.tests = [Test("not judged", "pass")]
        lines = printed(report.cut_line, [done, left])
        self.assertEqual(str(check.count_guests(lines)), "1 passed, 0 failed, 1 skipped")
        self.assertIn("1 of 2 guests, without two", lines[0])

    def test_ktap_that_was_cut(self):
        """The plan of these comes last, and so is missing."""
        self.assertEqual(self.judge(["KTAP version 1", "ok 1 a", "ok 2 b"])[0],
                         "2 passed, 1 failed, 0 skipped")

    def test_ktap_with_a_plan_that_was_cut(self):
        count, problems = self.judge(["1..3", "ok 1 a", "not ok 2 b"])
        self.assertEqual(count, "1 passed, 3 failed, 0 skipped")
        self.assertIn("not ok: plan of 3 tests, 2 results", problems)

    def test_skips(self):
        lines = ["1..2", "ok 1 a", "ok 2 b # SKIP why"]
        self.assertEqual(self.judge(lines, 0), ("1 passed, 1 failed, 1 skipped",
                                                ["unexpected skip: step: b (why)"]))
        count, problems = check.judge("step", lines, 0, "", [("st*", "b")])
        self.assertEqual((str(count), problems), ("1 passed, 0 failed, 1 skipped", []))

    def test_all_skipped(self):
        """As kselftest's programs end then."""
        lines = ["ok 1 a # SKIP why", "1..1"]
        for status, reasons in ((4, []), (1, ["exit status 1"])):
            count, problems = check.judge("step", lines, status, "", [("step", "a")])
            self.assertEqual((count.skipped, problems), (1, reasons))
        self.assertEqual(self.judge(["1..1", "ok 1 a"], 4)[1], ["exit status 4"])

    def test_nothing_counted(self):
        self.assertEqual(self.judge(["building"])[0], "0 passed, 1 failed, 0 skipped")

    def test_exit_status_alone(self):
        self.assertEqual(self.judge(["fine"], 0)[0], "1 passed, 0 failed, 0 skipped")
        self.assertEqual(self.judge(["not fine"], 3), ("0 passed, 1 failed, 0 skipped", ["exit status 3"]))


class CheckTest(unittest.TestCase):
    """scripts/check with steps of our own."""

    def setUp(self):
        self.logs = tempfile.TemporaryDirectory()
        self.addCleanup(self.logs.cleanup)
        self.addCleanup(setattr, check, "LOGS", check.LOGS)
        check.LOGS = self.logs.name

    def run_steps(self, *commands, limit=60, lane="beside", deadline=0, factor=1):
        steps = [check.Step("host", f"step{n}", limit, lane, one) for n, one in enumerate(commands)]
        with contextlib.redirect_stdout(io.StringIO()):
            return list(check.in_turn(check.Check(deadline, factor, []), steps))

    def test_a_step_that_is_ended_tells_what_it_has(self):
        """It has time for its last words; a shell would not even begin them at once."""
        words = 'trap "sleep 1; echo so far: 3 passed, 0 failed, 0 skipped; exit" TERM; sleep 60 & wait'
        (step,) = self.run_steps(words, limit=1, lane="alone")
        self.assertEqual(str(step.count), "3 passed, 1 failed, 0 skipped")
        self.assertIn("cut: took longer than 1 s", step.text)

    def test_a_step_that_does_not_listen_is_killed(self):
        self.addCleanup(setattr, check, "LAST_WORDS", check.LAST_WORDS)
        check.LAST_WORDS = 1
        (step,) = self.run_steps("trap '' TERM; echo 'ok   a: 4 passed (3 s, 1 of 9)'; "
                                 "while :; do sleep 1; done", limit=1)
        self.assertEqual(str(step.count), "4 passed, 1 failed, 0 skipped")

    def test_side_by_side_and_in_order(self):
        # Each of the two waits for the other: one after the other they would not end.
        meet = "touch {0}/a{1}; until [ -e {0}/a{2} ]; do sleep 0.1; done; sleep {3}"
        steps = self.run_steps(meet.format(self.logs.name, 1, 2, 1), meet.format(self.logs.name, 2, 1, 0),
                               "false", limit=20)
        self.assertEqual([step.name for step in steps], ["step0", "step1", "step2"])
        self.assertEqual([step.count.passed for step in steps], [1, 1, 0])

    def test_limits_grow_with_the_pace(self):
        (step,) = self.run_steps("sleep 2", limit=1, factor=4)
        self.assertEqual(step.count.passed, 1)

    def test_the_whole_has_an_end(self):
        steps = self.run_steps("echo ok 1 a; sleep 60", "true", lane="alone", deadline=1 / 60)
        self.assertEqual([str(step.count) for step in steps],
                         ["1 passed, 1 failed, 0 skipped", "0 passed, 1 failed, 0 skipped"])
        self.assertIn("not begun", steps[1].text)


def printed(function, *arguments):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        function(*arguments)
    return out.getvalue().splitlines()


def a_run(name, **header):
    return runner.Run(scenario.Scenario(name, Path(f"{name}.sh"), **header), "6.12", "ours")


class ScheduleTest(unittest.TestCase):
    def test_longest_first_as_known_or_as_limited(self):
        runs = [a_run("unknown", timeout=300), a_run("short", timeout=900), a_run("long")]
        todo = schedule.Schedule(runs, {"short": 30, "long": 200})
        kind = todo.begin()
        self.assertEqual([todo.take(kind).name for _ in runs], ["long", "unknown", "short"])
        self.assertIsNone(todo.take(kind))
        self.assertTrue(todo.empty())

    def test_second_worker_takes_a_machine_nobody_is_at(self):
        runs = [a_run("a", timeout=3000), a_run("b", timeout=30, type="pvh")]
        todo = schedule.Schedule(runs)
        first, second = todo.begin(), todo.begin()
        self.assertEqual([todo.take(first).name, todo.take(second).name], ["a", "b"])

    def test_second_worker_helps_where_that_saves_more_than_a_boot(self):
        todo = schedule.Schedule([a_run(str(n), timeout=300) for n in range(4)])
        self.assertEqual(todo.begin(), todo.begin())
        todo = schedule.Schedule([a_run("a", timeout=60)])
        self.assertIsNotNone(todo.begin())
        self.assertIsNone(todo.begin())

    def test_a_machine_that_was_lost_is_booted_again(self):
        todo = schedule.Schedule([a_run("a", timeout=600), a_run("b", timeout=600)])
        kind = todo.begin()
        todo.take(kind)
        todo.end(kind)
        self.assertEqual(todo.begin(), kind)


class FakeMachine:
    def __init__(self):
        self.gone = threading.Event()

    def abort(self):
        self.gone.set()


class CrewTest(unittest.TestCase):
    """Workers, with guests that only wait for each other."""

    def work(self, todo, act):
        def one(kind):
            while run := todo.take(kind):
                act(run)
        return one

    def test_two_side_by_side(self):
        meet = threading.Barrier(2, timeout=10)
        todo = schedule.Schedule([a_run("a", timeout=600), a_run("b", timeout=600)])
        with tempfile.TemporaryDirectory() as directory, benches("2"), \
                Places(Path(directory)) as places:
            crew.Crew().run(todo, self.work(todo, lambda _: meet.wait()), places)
        self.assertFalse(meet.broken)

    def counted(self, seconds):
        """What a guest does that only counts, and how many there were each time one began."""
        busy, most = [], []

        def act(run):
            busy.append(run)
            most.append(len(busy))
            time.sleep(seconds)
            busy.remove(run)
        return act, most

    def test_one_by_one_without_a_second_place(self):
        act, most = self.counted(0.5)
        todo = schedule.Schedule([a_run("a"), a_run("b"), a_run("c")])
        with tempfile.TemporaryDirectory() as directory, benches("1"), \
                Places(Path(directory)) as places:
            crew.Crew().run(todo, self.work(todo, act), places)
        self.assertEqual(most, [1, 1, 1])

    def test_no_more_workers_than_the_cores_carry(self):
        """However many places other benches have left behind."""
        act, most = self.counted(1)
        todo = schedule.Schedule([a_run(name, timeout=600) for name in "abcd"])
        with tempfile.TemporaryDirectory() as directory:
            with benches("4"), Places(Path(directory)):
                pass
            with benches(None), Places(Path(directory)) as places:
                self.assertEqual(places.held, 4)
                crew.Crew().run(todo, self.work(todo, act), places)
        self.assertEqual(max(most), 2)

    def test_an_error_ends_all(self):
        todo = schedule.Schedule([a_run("a", timeout=600), a_run("b", timeout=600)])
        ours, machine = crew.Crew(), FakeMachine()

        def act(run):
            if run.name == "b":
                raise BenchError("no machine")
            with ours.minds(machine):
                machine.gone.wait(10)
        with tempfile.TemporaryDirectory() as directory, benches("2"), \
                Places(Path(directory)) as places, self.assertRaisesRegex(BenchError, "no machine"):
            ours.run(todo, self.work(todo, act), places)
        self.assertTrue(machine.gone.is_set())


@contextlib.contextmanager
def benches(number):
    """XENFRONT_BENCHES, or None for unset."""
    with mock.patch.dict(os.environ):
        os.environ.pop("XENFRONT_BENCHES", None)
        if number:
            os.environ["XENFRONT_BENCHES"] = number
        yield


class PlacesTest(unittest.TestCase):
    """Places in a directory of their own; flock() counts by open file, so one process will do."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def taken(self, number=None):
        """Whether a bench that waits no longer than a moment gets a place."""
        try:
            with benches(number), contextlib.redirect_stdout(io.StringIO()), \
                    Places(self.directory, patience=0):
                return False
        except BenchError:
            return True

    def test_one_bench_at_a_time(self):
        with benches(None), Places(self.directory) as places:
            self.assertEqual(places.held, 2)
            self.assertFalse(places.another())
            self.assertTrue(self.taken())
            self.assertTrue(self.taken("2"))
        self.assertFalse(self.taken())

    def test_two_machines_count_as_two_benches(self):
        with benches("2"), Places(self.directory) as places:
            self.assertEqual(places.held, 1)
            self.assertFalse(self.taken("2"))
            self.assertTrue(self.taken())
            self.assertTrue(places.another())
            self.assertTrue(self.taken("2"))

    def test_all_are_as_many_as_others_use(self):
        with benches("3"), Places(self.directory):
            pass
        with benches(None), Places(self.directory) as places:
            self.assertEqual(places.held, 3)


class PaceTest(unittest.TestCase):
    def test_bounds(self):
        self.assertEqual([pace.bounded(value) for value in (0.2, 1, 2.5, 9)], [1, 1, 2.5, pace.MOST])

    def test_said(self):
        self.addCleanup(pace.factor.cache_clear)
        with mock.patch.dict(os.environ, {pace.VARIABLE: "1.75"}):
            pace.factor.cache_clear()
            self.assertEqual(pace.factor(), 1.75)


class FindTest(unittest.TestCase):
    def names(self, *wanted):
        return [one.name for one in scenario.find(wanted)]

    def test_patterns(self):
        self.assertEqual(self.names("smoke-p*", "smoke"), ["smoke-pvh", "smoke"])
        self.assertEqual(self.names("smoke-pvh", "smoke-pv?"), ["smoke-pvh"])
        self.assertRaises(BenchError, self.names, "no-such*")

    def test_all_and_slow_leave_nothing_out(self):
        known = [a_run("quick", kernel=["6.12"]).scenario, a_run("slow", slow=True).scenario,
                 a_run("moved", quick_arch="arm64", slow_kernel=["6.1"]).scenario,
                 a_run("more", slow_kernel=["7.2"]).scenario,
                 a_run("slower", slow=True, slow_kernel=["6.1"]).scenario,
                 a_run("long", shorter=True).scenario]
        with mock.patch.object(scenario, "load_all", lambda: known):
            quick, slow = scenario.load_quick(), scenario.load_slow()
        self.assertEqual([(one.name, one.arch, one.kernel) for one in quick],
                         [("quick", "amd64", ["6.12"]), ("moved", "arm64", ["6.12"]),
                          ("more", "amd64", ["6.12"]), ("long", "amd64", ["6.12"])])
        self.assertEqual([one.name for one in quick if one.quick], ["long"])
        self.assertFalse([one.name for one in slow if one.quick])
        self.assertEqual([(one.name, one.arch, one.kernel) for one in slow],
                         [("slow", "amd64", ["6.12"]), ("slower", "amd64", ["6.12"]),
                          ("moved", "amd64", ["6.12", "6.1"]), ("more", "amd64", ["7.2"]),
                          ("slower", "amd64", ["6.1"]), ("long", "amd64", ["6.12"])])

    def test_what_runs_elsewhere_says_so(self):
        moved = a_run("moved", quick_arch="arm64")
        self.assertEqual(moved.name, "moved")
        moved.scenario.arch = "arm64"
        self.assertEqual(moved.name, "moved@arm64")


def main():
    """Ends with a line that scripts/check counts."""
    result = unittest.main(exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed, "
          f"{len(result.skipped)} skipped", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
