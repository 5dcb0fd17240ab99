# SPDX-License-Identifier: GPL-2.0
"""Runs scenarios: plans which share a boot, runs one guest each, judges what came out."""

import dataclasses
import re
import shutil
import threading
import time
from pathlib import Path

from . import console, pace, report, schedule, verdict
from .arch import ARCHITECTURES
from .cpio import Archive
from .crew import Crew
from .ktap import Ktap, Test, expected_skips, skip_expected
from .machine import Machine, Options
from .scenario import Scenario, shell_assignments
from .util import HERE, TOP, BenchError, say

CMDLINE = ("console=hvc0 rdinit=/init panic=1 oops=panic printk.time=1 mitigations=off "
           "watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=60")
DEBUG_CMDLINE = "slub_debug=FZPU page_poison=1 kfence.sample_interval=10 init_on_free=0"
MODULES = ("xen-frontlib.ko", "xen-netfront.ko", "xen-blkfront.ko")
# What xl, the backends and the checks after the guest may take beside the scenario's own time, on
# an idle machine (see pace.py).
GRACE = 300


@dataclasses.dataclass
class Run:
    """One scenario with everything chosen: one guest."""

    scenario: Scenario
    kernel: str
    driver: str
    modules: Path = None
    result: str = ""
    faults: list = dataclasses.field(default_factory=list)
    tests: list = dataclasses.field(default_factory=list)
    figures: list = dataclasses.field(default_factory=list)
    seconds: float = 0
    directory: Path = None
    console: Path = None
    exit: str = ""
    reports: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        name = self.scenario.name
        if self.scenario.elsewhere():
            name += f"@{self.scenario.arch}"
        if self.kernel != "6.12":
            name += f"@{self.kernel}"
        if self.driver == "intree":
            name += "+intree"
        return name

    def count(self, result):
        return sum(test.result == result for test in self.tests)


class Runner:
    """Runs and judges; what it prints is in report.py."""

    def __init__(self, images, directory, verbose=False, threads="each"):
        """threads: see Options in machine.py."""
        self._images, self._directory, self._verbose = images, directory, verbose
        self._threads = threads
        self._skips = expected_skips(HERE / "expected-skips")
        self._boots = self._total = self._done = 0
        self._repeated = False
        self._crew, self._lock = Crew(), threading.Lock()

    def run_all(self, runs, disks=(), places=None):
        """Boots once for each kind of machine that the runs need, or twice where that is quicker.

        places: where a second machine's place may be had; without it guests run one by one.
        """
        self._prepare_images(runs)
        self._total, self._done = len(runs), 0
        seconds = schedule.remembered()
        todo = schedule.Schedule(runs, seconds)
        try:
            self._crew.run(todo, lambda kind: self._run_kind(todo, kind, disks), places)
        finally:
            schedule.remember(runs)

    def _prepare_images(self, runs):
        """Everything fetched and built before the clock of a boot runs."""
        for run in runs:
            images = self._images.of(run.scenario.arch)
            Options.of(run.scenario).initrd_parts(images)
            images.kernel(run.scenario.dom0_kernel)
            images.xen()
            self._guest_images(run)

    def _guest_images(self, run):
        images = self._images.of(run.scenario.arch)
        parts = [images.tools("guest"), images.modules("guest", run.kernel), images.helpers()]
        parts += [images.tools(name) for name in run.scenario.tools]
        return images.kernel(run.kernel).name, " ".join(part.name for part in parts)

    def _run_kind(self, todo, kind, disks):
        """Runs guests on one machine until none is left for it, or dom0 is lost."""
        run = todo.take(kind)
        if not run:
            return
        with self._lock:
            self._boots += 1
            machine = self._machine(run.scenario, disks)
        try:
            with self._crew.minds(machine), machine:
                say(f"Xen and dom0 up in {machine.boot_seconds:.0f} s, "
                    f"{todo.left(kind) + 1} guests to run")
                while run and self._run_on(machine, run):
                    run = todo.take(kind)
        except BenchError:
            if self._crew.cut or not self._excused(machine.xen_log, "dom0"):
                raise
            todo.give_back(kind, run)

    def _run_on(self, machine, run):
        """Runs and judges one guest; whether the machine can take another."""
        start = time.monotonic()
        lost = None
        try:
            self._run_one(machine, run)
            self._repeat_if_emulator_failed(machine, run)
        except BenchError as error:
            run.faults.append(str(error))
            lost = error
        if self._crew.cut:
            return False
        run.seconds = time.monotonic() - start
        judge(run, self._skips)
        with self._lock:
            self._done += 1
            report.scenario_line(run, f"{self._done} of {self._total}", lost and lost.log)
        return not lost

    def _repeat_if_emulator_failed(self, machine, run):
        """A guest alone; where dom0 or Xen died of it, the guest has failed."""
        if self._excused(run.console, run.name):
            run.tests, run.figures, run.faults, run.reports, run.exit = [], [], [], [], ""
            self._run_one(machine, run)

    def _excused(self, log, name):
        """Once of all that run, and said: what happens a second time is no accident."""
        shown = verdict.emulator_failed(log)
        with self._lock:
            if not shown or self._repeated:
                return False
            self._repeated = True
        say(f"{name}: the emulator failed, not the kernel ({shown}): once more")
        return True

    def _machine(self, scenario, disks):
        options = dataclasses.replace(Options.of(scenario), disks=disks,
                                      threads=self._threads)
        return Machine(options, self._images, self._directory / f"boot{self._boots}")

    def shell(self, run):
        """One guest whose console is the terminal; nothing is judged."""
        self._prepare_images([run])
        self._boots += 1
        say("booting Xen and dom0")
        with self._machine(run.scenario, ()) as machine:
            label = self.prepare(machine, run)
            machine.send(f"shell {label}")
            console.attend(machine, run.directory / "dom0.log")

    def _run_one(self, machine, run):
        label = self.prepare(machine, run)
        xen_log_start = machine.xen_log.stat().st_size
        ktap = Ktap()
        machine.send(f"guest {label}")
        try:
            self._follow(machine, run, ktap)
        finally:
            run.tests = ktap.finish()
            run.figures = ktap.figures
            run.console = machine.run / "consoles" / f"guest-{label}.log"
            run.reports += [f"guest kernel: {line}" for line in verdict.reports(run.console)]
            run.reports += [f"dom0 or Xen: {line}"
                            for line in verdict.reports(machine.xen_log, xen_log_start)]

    def prepare(self, machine, run):
        """Writes what the agent needs for one guest; returns the guest's name."""
        label = re.sub(r"[^\w.]+", "-", run.name)
        while (machine.run / label).exists():
            label += "-again"
        run.directory = machine.run / label
        run.directory.mkdir()
        shutil.copy(run.scenario.path, run.directory / "scenario.sh")
        environment = self._environment(run)
        (run.directory / "env").write_text(environment)
        archive = Archive()
        archive.text("bench/env", environment)
        archive.file("bench/scenario.sh", run.scenario.path)
        _add_selftests(archive)
        if run.driver == "ours":
            _add_modules(archive, run.modules)
        self._images.scripts("guest", run.directory / "guest.cpio", archive)
        return label

    def _environment(self, run):
        scenario = run.scenario
        kernel, initrd = self._guest_images(run)
        words = [CMDLINE, DEBUG_CMDLINE if scenario.debug else "", scenario.cmdline]
        return shell_assignments({
            "SCENARIO": run.name, "DRIVER": run.driver,
            "TYPE": ARCHITECTURES[scenario.arch].guest_type(scenario.type),
            "BACKEND": scenario.backend, "VCPUS": scenario.vcpus, "MEMORY": scenario.memory,
            "NICS": scenario.nics, "DISKS": scenario.disks, "HIDE": scenario.hide,
            "XL": scenario.xl,
            "TIMEOUT": int(scenario.timeout * pace.factor()),
            "PACE": int(100 * pace.factor()),
            "XENFRONT_QUICK": "1" if scenario.quick else "", "KERNEL": kernel,
            "INITRD": initrd,
            "CMDLINE": " ".join(filter(None, words))})

    def _follow(self, machine, run, ktap):
        """Takes the agent's events of one guest until its end."""
        deadline = time.monotonic() + (run.scenario.timeout + GRACE) * pace.factor()
        last = time.monotonic()
        with open(run.directory / "ktap", "w") as lines, \
                open(run.directory / "dom0.log", "w") as log:
            while True:
                left = max(1, int(deadline - time.monotonic()))
                word, rest = machine.event(left, f"dom0 does not answer during {run.name}")
                if word == "end":
                    return
                if word == "ktap":
                    print(rest, file=lines, flush=True)
                    last = self._test(ktap.feed(rest), run, last)
                elif word == "log":
                    print(rest, file=log, flush=True)
                elif word == "fault":
                    run.faults.append(rest)
                elif word == "exit":
                    run.exit = rest


    def _test(self, test, run, last):
        """Takes one test as it ends, and when the one before it did; when this one did."""
        if not test:
            return last
        now = time.monotonic()
        test.seconds = round(now - last, 1)
        if self._verbose:
            report.test_line(test, f"{run.name}: " if self._crew.several else "")
        return now


def judge(run, skips):
    """Turns what was seen into run.result, and every reason to fail into a failed test."""
    if run.exit not in ("0", "4") and not run.count("fail") and not run.faults:
        run.faults.append(f"guest() ended with status {run.exit or 'unknown'}")
    if run.reports:
        more = f" (and {len(run.reports) - 1} lines more)" if len(run.reports) > 1 else ""
        run.faults.append(f"kernel report: {run.reports[0]}{more}")
    for test in run.tests:
        if test.result == "skip" and not skip_expected(run.name, test, skips):
            run.faults.append(f"unexpected skip: {test.name} {test.reason}".strip())
    if not run.count("pass") and not run.faults:
        run.faults.append("no test passed")
    wanted = run.scenario.must_fail
    if run.driver == "intree" and run.scenario.intree_fails:
        wanted = run.scenario.intree_fails
    run.tests += [Test(fault, "fail") for fault in run.faults]
    if wanted:
        _judge_control(run, wanted)
    run.result = "fail" if run.count("fail") else "pass"


def _judge_control(run, wanted):
    """The run is there to show a fault: good is that it failed, and for that reason."""
    failures = [test.name for test in run.tests if test.result == "fail"]
    failures += run.reports
    shown = [name for name in failures if re.search(wanted, name)]
    run.faults = []
    if shown:
        run.tests = [Test(f"fails as it must: {shown[0]}", "pass")]
        return
    what = f"instead: {failures[0]}" if failures else "nothing failed"
    run.tests = [Test(f"should have failed with /{wanted}/; {what}", "fail")]


def _add_selftests(archive):
    for name in ("net", "blk"):
        if (TOP / "selftests" / name).is_dir():
            archive.tree(f"selftests/{name}", TOP / "selftests" / name)
    for name in ("ktap.sh", "suite.sh", "settings"):
        archive.file(f"selftests/{name}", TOP / "selftests" / name)


def _add_modules(archive, directory):
    for name in MODULES:
        found = sorted(directory.rglob(name))
        if not found:
            raise BenchError(f"no {name} under {directory}: build the modules first")
        archive.file(f"drivers/{name}", found[0])
    for path in sorted(directory.rglob("xentest-*.ko")):
        archive.file(f"drivers/{path.name}", path)
