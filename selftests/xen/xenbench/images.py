# SPDX-License-Identifier: GPL-2.0
"""Xen, kernels and initramfs images, kept in the cache under a hash of what they are made of."""

import functools
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from . import packages
from .arch import ARCHITECTURES
from .cpio import Archive
from .modules import ModuleTree, names_for
from .util import HERE, TOP, BenchError, cache, need_space, step

# Raise it when what this file does with its inputs changes.
RECIPE = 3
UNUSED_SECONDS = 24 * 3600
# Opened by the C library itself when a thread is cancelled, so no program asks for it by name.
LATE_LIBRARIES = ["libgcc_s.so.1"]


class Images:
    """Finds each image of one architecture in the cache, or builds it."""

    def __init__(self, arch="amd64"):
        self.arch = ARCHITECTURES[arch]
        self.directory = cache() / "bench" / "images"
        self.directory.mkdir(parents=True, exist_ok=True)

    def of(self, arch):
        """The images of another architecture."""
        return self if arch == self.arch.name else Images(arch)

    def _cached(self, what, suffix, inputs, build):
        """Path of an image; build(path) writes it when it is not there yet."""
        what = f"{what}-{self.arch.name}"
        digest = hashlib.sha256(json.dumps([RECIPE, what, inputs]).encode()).hexdigest()[:12]
        path = self.directory / f"{what}-{digest}{suffix}"
        if not path.exists():
            need_space(self.directory, 1000)
            with step(f"building {path.name}"):
                build(path)
            self._forget(what, suffix, path)
        path.touch()
        return path

    def _forget(self, what, suffix, keep):
        """Drops builds of the same image that nobody has used lately (another bench may)."""
        for old in self.directory.glob(f"{what}-????????????{suffix}"):
            if old != keep and time.time() - old.stat().st_mtime > UNUSED_SECONDS:
                old.unlink(missing_ok=True)

    def xen(self):
        ((package, (name,)),) = packages.manifest(f"xen-{self.arch.name}", self.arch.name)
        packed = packages.fetch([package], self.arch.name)[package] + name
        def build(path):
            if not name.endswith(".gz"):
                _copy(packed, path)
                return
            with gzip.open(packed) as source, open(path, "wb") as out:
                shutil.copyfileobj(source, out)
        return self._cached("xen", ".elf", packed, build)

    def kernel_directory(self, version):
        """Where boot/ and lib/modules/ of a kernel are: Debian's, or built from source."""
        package = self.arch.kernels.get(version, version)
        if package.startswith("linux-"):
            return packages.fetch([package], self.arch.name)[package]
        return _built_kernel(self.arch.name, version)

    def kernel(self, version):
        """Path of the kernel image, copied so that dom0 sees it in the images directory."""
        directory = Path(self.kernel_directory(version))
        (source,) = (directory / "boot").glob("vmlinuz-*")
        return self._cached(f"vmlinuz-{version}", "", str(source),
                            lambda path: _copy(source, path))

    def tools(self, image):
        """Programs of one image with their libraries."""
        rows = packages.manifest(image, self.arch.name)
        where = packages.fetch([package for package, _ in rows], self.arch.name)
        def build(path):
            archive = Archive()
            _add_programs(archive, rows, where, self.arch)
            archive.write(path)
        return self._cached(f"tools-{image}", ".cpio", [rows, where], build)

    def modules(self, image, version):
        """Kernel modules for one image and one kernel."""
        directory = self.kernel_directory(version)
        names, extras = names_for(image), names_for(f"{image}?")
        def build(path):
            archive = Archive()
            ModuleTree(directory).add_to(archive, names, extras)
            archive.write(path)
        return self._cached(f"modules-{image}-{version}", ".cpio", [directory, names, extras], build)

    def helpers(self):
        """The guest tests' own programs, for dom0 and guest alike."""
        return self._made("tests", "tools")

    def badback(self):
        """A network backend in user space, for dom0."""
        ((package, _),) = packages.manifest("badback", self.arch.name)
        xen = packages.fetch([package], self.arch.name)[package]
        return self._made("badback", "badback", ["host/xenring.h"], [f"XEN={xen}"])

    def _made(self, what, directory, more=(), options=()):
        """Programs of a directory of selftests, which also needs these files and options."""
        tests = TOP / "selftests"
        sources = [path for path in sorted((tests / directory).iterdir())
                   if path.suffix in (".c", ".h", "")] + [tests / name for name in more]
        inputs = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sources]
        def build(path):
            with tempfile.TemporaryDirectory(prefix="xenfront-bench.") as stage:
                subprocess.run(["make", "-s", "-C", tests / directory, f"OUTPUT={stage}",
                                f"CROSS_COMPILE={self.arch.cross_compile}", *options], check=True)
                archive = Archive()
                for name in sorted(os.listdir(stage)):
                    archive.file(f"usr/bin/{name}", os.path.join(stage, name))
                archive.write(path)
        return self._cached(f"tools-{what}", ".cpio", [*options, *inputs], build)

    def scripts(self, image, path, archive=None):
        """The bench's own part of an image (dom0/ or guest/): small, written for each run."""
        archive = archive or Archive()
        for name in ("dev", "proc", "sys", "tmp", "run", "mnt", "var/log", "var/lib", "root"):
            archive.directory(name)
        archive.char_device("dev/console", 5, 1)
        for name in os.listdir(HERE / image):
            if name == "init":
                archive.file("init", HERE / image / name)
            elif (HERE / image / name).is_dir():
                archive.tree(f"bench/{name}", HERE / image / name)
            else:
                archive.file(f"bench/{name}", HERE / image / name)
        archive.write(path)
        return path


@functools.cache
def _built_kernel(arch, version):
    done = subprocess.run([TOP / "scripts" / "kernel-source", "--install", arch, version],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          timeout=3600, check=False)
    if done.returncode:
        raise BenchError(f"there is no kernel {version} for {arch}")
    return done.stdout.strip()


def _copy(source, path):
    partial = f"{path}.partial"
    shutil.copy(source, partial)
    os.replace(partial, path)


def _add_programs(archive, rows, where, arch):
    programs = []
    for name, source in packages.files_of(rows, where):
        if os.path.isdir(source):
            archive.tree(name, source)
            continue
        archive.file(name, os.path.realpath(source))
        if not name.startswith("/bin/busybox"):
            programs.append(os.path.realpath(source))
    libraries = packages.Libraries(where.values()).closure(programs, LATE_LIBRARIES)
    for name, path in libraries.items():
        archive.file(f"{arch.libraries}/{name}", path)
    directory, loader = arch.loader
    archive.link(f"{directory}/{loader}", f"/{arch.libraries}/{loader}")


def concatenate(parts, path):
    """The kernel unpacks concatenated archives one after the other."""
    with open(path, "wb") as out:
        for part in parts:
            with open(part, "rb") as stream:
                shutil.copyfileobj(stream, out)
    return path
