# SPDX-License-Identifier: GPL-2.0
"""Runs a plan on the bench: builds the programs, adds them to the images, boots, collects."""

import dataclasses
import os
import re
import shutil
import subprocess

from xenbench import packages, runner, scenario
from xenbench.cpio import Archive
from xenbench.images import Images
from xenbench.machine import Machine, Options
from xenbench.util import HERE, TOP, BenchError, cache, say

RULER = HERE / "ruler"
GUEST_KERNEL = "6.12"


def _run(command, what):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=900, check=False)
    if done.returncode:
        raise BenchError(f"{what} failed: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout.strip()


def build_programs():
    """Directory with meter, load, tally.so and runstate.ko."""
    where = cache() / "bench" / "ruler"
    where.mkdir(parents=True, exist_ok=True)
    _run(["make", "-s", "-C", RULER, f"OUTPUT={where}"], "building the ruler's programs")
    kernel = _run([TOP / "scripts" / "kernel", GUEST_KERNEL], "finding kernel headers")
    module = where / "runstate"
    module.mkdir(exist_ok=True)
    for name in ("Kbuild", "runstate.c"):
        shutil.copy2(RULER / "runstate" / name, module)
    _run(["make", "-s", "-C", kernel.splitlines()[-1], f"M={module}", "modules"],
         "building runstate.ko")
    shutil.copy(module / "runstate.ko", where)
    return where


def package_versions():
    """Versions of kernel and hypervisor, from the names of the unpacked packages."""
    images = Images()
    kernel = images.kernel_directory(GUEST_KERNEL)
    xen = packages.fetch(["xen-hypervisor-4.17-amd64"])["xen-hypervisor-4.17-amd64"]
    return {"kernel": os.path.basename(kernel).replace("linux-image-", "Linux ").replace("_", ", "),
            "xen": os.path.basename(xen).rpartition("_")[2]}


@dataclasses.dataclass
class TallyOptions(Options):
    """A machine with the plugin that counts."""

    plugin: str = ""
    hardware_like: bool = False

    def command(self, images, run, *ends):
        command = super().command(images, run, *ends) + ["-plugin", self.plugin]
        if self.hardware_like:
            cpu = command.index("-cpu") + 1
            command[cpu] += ",-erms"
        return command


class PlanRunner(runner.Runner):
    """Runs one guest that follows a plan."""

    def __init__(self, directory, plan, hardware_like):
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(Images(), directory, verbose=True)
        self._plan, self._hardware_like = plan, hardware_like
        self._programs = build_programs()
        self._mfndump = packages.fetch(["xen-utils-4.17"])["xen-utils-4.17"] + \
            "/usr/lib/xen-4.17/bin/xen-mfndump"
        self.tally = directory / "tally"

    def _machine(self, wanted, disks):
        options = TallyOptions.of(wanted)
        options.hardware_like = self._hardware_like
        # Lazily switched registers of programs get lost under emulation, and programs crash.
        options.xen_options = "spec-ctrl=eager-fpu"
        options.plugin = f"file={self._programs / 'tally.so'},out={self.tally}"
        return Machine(options, self._images, self._directory / "boot")

    def prepare(self, machine, run):
        label = super().prepare(machine, run)
        shutil.copy(self._programs / "load", run.directory)
        shutil.copy(self._mfndump, run.directory)
        with open(run.directory / "env", "a", encoding="ascii") as environment:
            environment.write(f"HARDWARE_LIKE={int(self._hardware_like)}\n")
        extra = Archive()
        extra.text("bench/plan", "\n".join(self._plan) + "\n")
        for name in ("meter", "load", "runstate.ko"):
            extra.file(f"bench/{name}", self._programs / name)
        extra.write(run.directory / "extra.cpio")
        with open(run.directory / "guest.cpio", "ab") as whole:
            whole.write((run.directory / "extra.cpio").read_bytes())
        return label


@dataclasses.dataclass
class Sample:
    """What meter printed for one row of one round."""

    variant: str
    round: int
    row: str
    values: dict

    @property
    def identity(self):
        return f"{self.variant}/{self.round}/{self.row}"


def operations(row, values):
    """Operations in a sample; of those that are bytes, so many bytes make one."""
    return values["bytes"] / row.op_bytes if row.op_bytes else values["ops"]


def samples_of(run):
    found = []
    for identity, _, rest in run.figures:
        variant, number, row = identity.split("/", 2)
        values = {key: int(value) for key, value in re.findall(r"(\w+)=(-?\d+)", rest)}
        found.append(Sample(variant, int(number), row, values))
    return found


def measure(plan, modules, directory, hardware_like=False, **scenario_keys):
    """Runs the plan; returns (run, samples, path of tally's windows).

    scenario_keys: what the guest has otherwise than ruler.sh says.
    hardware_like: the CPU copies and clears eight bytes a step instead of one, and Xen does not
    emulate the guest's reading of the clock.
    """
    what = dataclasses.replace(scenario.load(RULER / "ruler.sh"), **scenario_keys)
    one = runner.Run(what, GUEST_KERNEL, "ours" if modules else "intree", modules)
    count = sum(line.startswith("row ") for line in plan)
    say(f"{count} measurements, "
        f"about {60 + count * 2.5 + 20 * plan.count('end'):.0f} s on an idle machine")
    with_plan = PlanRunner(directory, plan, hardware_like)
    with_plan.run_all([one])
    return one, samples_of(one), with_plan.tally
