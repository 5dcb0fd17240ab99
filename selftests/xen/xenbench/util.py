# SPDX-License-Identifier: GPL-2.0
"""Messages, the cache directory and the limits everything else keeps to."""

import contextlib
import os
import shutil
import sys
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
HERE = TOP / "selftests" / "xen"


class BenchError(Exception):
    """Something that ends the run: one clear line, and optionally the log that explains it."""

    def __init__(self, line, log=None):
        super().__init__(line)
        self.log = log


# Held by whoever prints lines that belong together; guests may run side by side.
OUTPUT = threading.RLock()


def say(text):
    with OUTPUT:
        print(f"bench: {text}", flush=True)


@contextlib.contextmanager
def step(text):
    """Says what is being done, and afterwards how long it took."""
    start = time.monotonic()
    say(f"{text} ...")
    yield
    say(f"{text}: {time.monotonic() - start:.0f} s")


def cache():
    """The directory everything fetched or built is kept in, outside the tree."""
    base = os.environ.get("XENFRONT_CACHE")
    if not base:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        base = os.path.join(home, "xenfront")
    path = Path(base)
    path.mkdir(parents=True, exist_ok=True)
    return path


def need_space(directory, mebibytes):
    free = shutil.disk_usage(directory).free >> 20
    if free < mebibytes:
        raise BenchError(f"no disk space: {directory} has {free} MB free, the bench needs "
                         f"{mebibytes} MB (XENFRONT_CACHE moves the cache)")


def tail(path, lines=25):
    """The end of a log, for a person to read; control characters are dropped."""
    try:
        data = Path(path).read_bytes()[-16384:]
    except OSError:
        return []
    text = data.decode(errors="replace").replace("\r", "")
    return [line for line in text.split("\n") if line.strip()][-lines:]


def show_tail(path, lines=25):
    if not path:
        return
    print(f"  last lines of {path}:", file=sys.stderr)
    for line in tail(path, lines):
        print(f"    {line}", file=sys.stderr)
    sys.stderr.flush()
