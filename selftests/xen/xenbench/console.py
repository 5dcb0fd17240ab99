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


def attend(machine):
    """From the agent's "console" event to its "end"."""
    _until(machine, "console")
    say("this is the guest's console; poweroff -f or Ctrl-] ends it")
    with _raw_terminal():
        _join(machine)
    say("the guest is gone")


def _until(machine, wanted):
    word = ""
    while word != wanted:
        word, rest = machine.event(120, "the guest does not start")
        if word == "fault":
            raise BenchError(rest, machine.xen_log)


def _join(machine):
    sources = [machine, machine.console, sys.stdin]
    while True:
        ready = select.select(sources, [], [], None if sys.stdin in sources else QUIET_LIMIT)[0]
        if not ready:
            raise BenchError(f"the guest has said nothing for {QUIET_LIMIT} s")
        if machine.console in ready:
            os.write(sys.stdout.fileno(), machine.console.recv(4096))
        if machine in ready and machine.event(5, "the console closes")[0] == "end":
            return
        if sys.stdin in ready:
            keys = os.read(sys.stdin.fileno(), 1024)
            if keys:
                machine.console.sendall(keys)
            else:
                sources.remove(sys.stdin)
