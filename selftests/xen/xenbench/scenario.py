# SPDX-License-Identifier: GPL-2.0
"""Scenario files: a header of "#: key = value" lines (TOML) above shell functions."""

import dataclasses
import fnmatch
import shlex
import tomllib
from pathlib import Path

from .util import HERE, BenchError

# A debug kernel: KASAN keeps a byte for eight and holds back what is freed, and takes its time.
DEBUG_KERNEL = "-debug"
DEBUG_KERNEL_MEMORY = 1536
DEBUG_KERNEL_SLOWER = 5
DIRECTORIES = {"scenarios": HERE / "scenarios", "gates": HERE / "gates"}


@dataclasses.dataclass
class Scenario:
    """What a header can say; see README.rst for the meaning of each key."""

    name: str
    path: Path
    about: str = ""
    # What runs
    arch: str = "amd64"
    kernel: list = dataclasses.field(default_factory=lambda: ["6.12"])
    driver: list = dataclasses.field(default_factory=lambda: ["ours", "intree"])
    type: str = "pv"
    backend: str = "blkback"
    vcpus: int = 1
    memory: int = 512
    cmdline: str = ""
    debug: bool = False
    tools: list = dataclasses.field(default_factory=list)
    nics: int = 1
    disks: list = dataclasses.field(default_factory=list)
    hide: list = dataclasses.field(default_factory=list)
    xl: list = dataclasses.field(default_factory=list)
    timeout: int = 120
    # The machine under it
    dom0_kernel: str = "6.12"
    dom0_vcpus: int = 1
    oxenstored: bool = False
    icount: bool = False
    # What must hold
    intree_fails: str = ""
    must_fail: str = ""
    slow: bool = False
    slow_kernel: list = dataclasses.field(default_factory=list)
    quick_arch: str = ""
    shorter: bool = False
    # Set for what runs in its shorter form.
    quick: bool = False

    def on(self, kernel):
        """The scenario with what a kernel needs."""
        if not kernel.endswith(DEBUG_KERNEL):
            return self
        return dataclasses.replace(self, memory=max(self.memory, DEBUG_KERNEL_MEMORY),
                                   timeout=self.timeout * DEBUG_KERNEL_SLOWER,
                                   cmdline=f"{self.cmdline} page_poison=1".strip())

    def machine(self):
        """Scenarios for which this is equal can share one boot of Xen and dom0."""
        return (self.arch, self.dom0_kernel, self.dom0_vcpus, self.oxenstored, self.icount,
                self.type != "pv", self.needs_qemu())

    def elsewhere(self):
        """Whether it runs on another architecture than its own, to be quick."""
        return self.arch == self.quick_arch

    def needs_qemu(self):
        """In dom0: as a disk's backend, or as the devices of an HVM guest."""
        return self.backend == "qdisk" or self.type == "hvm"


def load(path):
    header = []
    for line in path.read_text().splitlines():
        if line.startswith("#: "):
            header.append(line[3:])
    try:
        values = tomllib.loads("\n".join(header))
        return Scenario(name=path.stem, path=path, **values)
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise BenchError(f"{path}: bad header: {error}") from None


def load_all(kind="scenarios"):
    return [load(path) for path in sorted(DIRECTORIES[kind].glob("*.sh"))]


def load_quick():
    """What "all" means: each but the slow ones, in its shorter form, where it is emulated quickest."""
    return [dataclasses.replace(one, arch=one.quick_arch or one.arch, quick=one.shorter)
            for one in load_all() if not one.slow]


def load_slow():
    """What "all" leaves out: slow scenarios, slow kernels, what ran elsewhere or in a shorter form."""
    everything = load_all()
    return [one for one in everything if one.slow] + [
        dataclasses.replace(one, kernel=kernels) for one in everything
        if (kernels := _shortened_kernels(one) + one.slow_kernel)]


def _shortened_kernels(one):
    """Those that "all" runs in a shorter form alone, or on another architecture."""
    return one.kernel if (one.quick_arch or one.shorter) and not one.slow else []


def find(names):
    """Scenarios by name, by pattern of a shell or by path of a file; each once."""
    known = sorted(path.stem for path in DIRECTORIES["scenarios"].glob("*.sh"))
    paths = {}
    for name in names:
        if name.endswith(".sh"):
            these = [Path(name)]
        else:
            these = [DIRECTORIES["scenarios"] / f"{one}.sh" for one in fnmatch.filter(known, name)]
        if not these or not these[0].exists():
            raise BenchError(f"no scenario {name} (bench list shows them)")
        paths.update(dict.fromkeys(these))
    return [load(path) for path in paths]


def shell_assignments(values):
    """A file for bash to source; lists become arrays."""
    lines = []
    for name, value in values.items():
        if isinstance(value, (list, tuple)):
            lines.append(f"{name}=({' '.join(shlex.quote(str(item)) for item in value)})")
        else:
            lines.append(f"{name}={shlex.quote(str(value))}")
    return "\n".join(lines) + "\n"
