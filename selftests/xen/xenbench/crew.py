# SPDX-License-Identifier: GPL-2.0
"""Workers that run guests side by side, each on a machine of its own."""

import contextlib
import threading
import time

from .places import MACHINES


class Crew:
    """Threads that take from a schedule. An error in one of them, or Ctrl-C, ends them all."""

    def __init__(self):
        self.cut = self.several = False
        self._lock = threading.Lock()
        self._machines, self._threads, self._error = [], [], None

    def run(self, todo, work, places=None):
        """Until the schedule is empty. work(kind): what a worker does with one kind of machine.

        places: where a place for a second worker may be had; without it there is but one.
        """
        self._threads = []
        try:
            while not self._error and (not todo.empty() or self._busy()):
                if len(self._threads) < (min(places.held, MACHINES) if places else 1):
                    self._start(todo, work)
                elif places and places.held < MACHINES and not todo.empty():
                    places.another()
                time.sleep(0.2)
        finally:
            self._end()
        if self._error:
            raise self._error

    @contextlib.contextmanager
    def minds(self, machine):
        """While it may run."""
        with self._lock:
            self._machines.append(machine)
            if self.cut:
                machine.abort()
        try:
            yield
        finally:
            with self._lock:
                self._machines.remove(machine)

    def _busy(self):
        return any(thread.is_alive() for thread in self._threads)

    def _start(self, todo, work):
        self._threads.append(threading.Thread(target=self._work, args=(todo, work)))
        self.several = len(self._threads) > 1
        self._threads[-1].start()

    def _end(self):
        with self._lock:
            self.cut = self._busy()
            for machine in self._machines if self.cut else ():
                machine.abort()
        for thread in self._threads:
            thread.join()

    def _work(self, todo, work):
        try:
            while not self.cut and (kind := todo.begin()):
                try:
                    work(kind)
                finally:
                    todo.end(kind)
        except BaseException as error:  # pylint: disable=broad-except
            if not self.cut:
                self._error = error
