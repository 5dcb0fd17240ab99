# SPDX-License-Identifier: GPL-2.0
"""Debian packages, unpacked by scripts/fetch: where their files are, which libraries they need."""

import hashlib
import json
import os
import re
import subprocess

from .util import HERE, TOP, BenchError, cache, say


def manifest(image, arch="amd64"):
    """[(package, [files])] of one image, in the order of the file "packages"."""
    rows = []
    for line in (HERE / "packages").read_text().splitlines():
        words = line.replace("ARCH", arch).split()
        if not words or words[0].startswith("#") or image not in words[0].split(","):
            continue
        for word in words[1:]:
            if word.startswith("/"):
                rows[-1][1].append(word)
            else:
                rows.append((word, []))
    return rows


def fetch(names, arch="amd64"):
    """Package name -> directory it is unpacked in; asks scripts/fetch only for new sets."""
    names = sorted(set(names))
    key = hashlib.sha256(" ".join([arch, *names]).encode()).hexdigest()[:16]
    record = cache() / "bench" / f"packages-{key}.json"
    try:
        known = json.loads(record.read_text())
        if all(os.path.isdir(path) for path in known.values()):
            return known
    except (OSError, ValueError):
        pass
    say(f"fetching {len(names)} packages of {arch}")
    done = subprocess.run([TOP / "scripts" / "fetch", "--arch", arch, *names], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, timeout=1800, check=False)
    paths = done.stdout.split()
    if done.returncode or len(paths) != len(names):
        raise BenchError(f"scripts/fetch failed for {' '.join(names)[:80]}...")
    known = dict(zip(names, paths))
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(known, indent=1))
    return known


def files_of(rows, where):
    """(path in the image, path on this machine) of every file and directory a manifest names."""
    for package, names in rows:
        for name in names:
            source = where[package] + name
            if not os.path.lexists(source):
                raise BenchError(f"package {package} has no {name}")
            yield name, source


class Libraries:
    """Shared libraries of a set of packages, found by the name programs ask for."""

    _place = re.compile(r"/lib/[^/]+-linux-gnu(/[^/]+)?$|/lib/xen-[^/]+/lib$")

    def __init__(self, directories):
        self._paths = {}
        for directory in directories:
            for folder, _, names in os.walk(directory):
                if not self._place.search(folder):
                    continue
                for name in names:
                    if ".so" in name:
                        self._paths.setdefault(name, os.path.join(folder, name))

    def closure(self, programs, more=()):
        """Name -> path of every library that the programs need, directly or not, and of more."""
        found, todo = {}, list(programs)
        wanted = dict.fromkeys(more, "the C library")
        while todo:
            wanted.update(_needed(todo))
            todo = []
            for name, user in wanted.items():
                if name in found:
                    continue
                if name not in self._paths:
                    raise BenchError(f"{os.path.basename(user)} needs {name}, "
                                     "which no package in selftests/xen/packages has")
                found[name] = os.path.realpath(self._paths[name])
                todo.append(found[name])
        return found


def _needed(paths):
    """Library name -> a program of the given ones that needs it."""
    done = subprocess.run(["readelf", "-d", *paths], capture_output=True, text=True, check=False)
    wanted, current = {}, paths[0]
    for line in done.stdout.splitlines():
        if line.startswith("File: "):
            current = line[len("File: "):]
        elif "(NEEDED)" in line:
            wanted.setdefault(line[line.index("[") + 1:line.index("]")], current)
    return wanted
