# SPDX-License-Identifier: GPL-2.0
"""Joins the terminal with a guest's console until the guest is gone."""

import contextlib
import os
import select
import sys
import termios
import tty

from .util import BenchError, say

# How long a guest may go on without a word once a script on standard input has ended.
QUIET_LIMIT = 120


@contextlib.contextmanager
def _raw_terminal():
    """Keys go to the guest as they are, Ctrl-C included."""
    if not sys.stdin.isatty():
        yield
        return
    saved = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)


def attend(machine, log):
    """From the agent's "console" event to its "end"; what dom0 says meanwhile goes to a log."""
    with open(log, "w") as dom0:
        while _event(machine, dom0) != "console":
            pass
        say("this is the guest's console; poweroff -f or Ctrl-] ends it")
        with _raw_terminal():
            _join(machine, dom0)
    say("the guest is gone")


def _event(machine, dom0):
    word, rest = machine.event(120, "the guest does not start")
    print(word, rest, file=dom0, flush=True)
    if word == "fault":
        raise BenchError(rest, dom0.name)
    return word


def _join(machine, dom0):
    sources = [machine, machine.console, sys.stdin]
    while True:
        ready = select.select(sources, [], [], None if sys.stdin in sources else QUIET_LIMIT)[0]
        if not ready:
            raise BenchError(f"the guest has said nothing for {QUIET_LIMIT} s")
        if machine.console in ready:
            os.write(sys.stdout.fileno(), machine.console.recv(4096))
        if machine in ready and _event(machine, dom0) == "end":
            return
        if sys.stdin in ready:
            keys = os.read(sys.stdin.fileno(), 1024)
            if keys:
                machine.console.sendall(keys)
            else:
                sources.remove(sys.stdin)
