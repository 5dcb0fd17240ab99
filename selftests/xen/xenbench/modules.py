# SPDX-License-Identifier: GPL-2.0
"""Kernel modules out of a Debian kernel package: decompressed, with their dependencies."""

import lzma
import os
import shutil
import subprocess
import tempfile

from .util import HERE, BenchError


def names_for(image):
    names = []
    for line in (HERE / "kernel-modules").read_text().splitlines():
        words = line.split()
        if words and words[0] == image:
            names += words[1:]
    return names


def version_of(directory):
    """Release of the one kernel in an unpacked kernel package."""
    return os.listdir(os.path.join(directory, "lib", "modules"))[0]


class ModuleTree:
    """The modules of one unpacked kernel package."""

    def __init__(self, directory):
        self.release = version_of(directory)
        self._base = os.path.join(directory, "lib", "modules", self.release)
        self._files = {}
        for folder, _, names in os.walk(os.path.join(self._base, "kernel")):
            for name in names:
                self._files[_key(name)] = os.path.join(folder, name)
        with open(os.path.join(self._base, "modules.builtin")) as stream:
            self._builtin = {_key(os.path.basename(line.strip())) for line in stream}

    def add_to(self, archive, names, extras=()):
        """Puts modules and depmod's tables into an archive; extras only if the kernel has them."""
        names = names + [name for name in extras if _key(name) in self._files]
        with tempfile.TemporaryDirectory(prefix="xenfront-bench.") as stage:
            root = os.path.join(stage, "lib", "modules", self.release)
            for source in self._closure(names):
                self._unpack(source, root)
            for name in ("modules.builtin", "modules.order", "modules.builtin.modinfo"):
                shutil.copy(os.path.join(self._base, name), root)
            subprocess.run(["depmod", "-b", stage, self.release], check=True,
                           env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
            archive.tree(f"lib/modules/{self.release}", root)

    def _unpack(self, source, root):
        target = os.path.join(root, os.path.relpath(source, self._base))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if target.endswith(".xz"):
            with lzma.open(source) as packed, open(target[:-3], "wb") as out:
                shutil.copyfileobj(packed, out)
        else:
            shutil.copy(source, target)

    def _closure(self, names):
        found, todo = {}, [name.replace("-", "_") for name in names]
        while todo:
            name = todo.pop()
            if name in found or name in self._builtin:
                continue
            if name not in self._files:
                raise BenchError(f"kernel {self.release} has no module {name}")
            found[name] = self._files[name]
            todo += _depends(found[name])
        return found.values()


def _key(name):
    return name.split(".ko")[0].replace("-", "_")


def _depends(path):
    done = subprocess.run(["modinfo", "-F", "depends", path], capture_output=True, text=True,
                          check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
    return [name.replace("-", "_") for name in done.stdout.strip().split(",") if name]
