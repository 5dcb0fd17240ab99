# SPDX-License-Identifier: GPL-2.0
"""The emulated machine: QEMU with Xen and dom0 on it, and the line to dom0's agent."""

import ctypes
import dataclasses
import select
import shutil
import signal
import socket
import subprocess
import time

from . import pace, verdict
from .images import concatenate
from .util import BenchError

BOOT_LIMIT = 240
# Emulation on a busy host is slow, which is no fault of a driver.
DOM0_LINE = ("console=hvc0 rdinit=/init watchdog_thresh=60 "
             "rcupdate.rcu_cpu_stall_timeout=60 panic=1")
# As the guests have it.
QUICK_DOM0_LINE = f"{DOM0_LINE} mitigations=off"


@dataclasses.dataclass
class Options:
    arch: str = "amd64"
    dom0_kernel: str = "6.12"
    dom0_vcpus: int = 1
    icount: bool = False
    # Of the host, for the emulated CPUs: "one" for all of them, or one for "each".
    threads: str = "each"
    pvh: bool = False
    qdisk: bool = False
    oxenstored: bool = False
    memory: int = 4096
    dom0_memory: int = 2048
    disks: tuple = ()
    xen_options: str = ""

    @classmethod
    def of(cls, scenario):
        """The machine a scenario asks for."""
        return cls(arch=scenario.arch, dom0_kernel=scenario.dom0_kernel,
                   dom0_vcpus=scenario.dom0_vcpus, icount=scenario.icount,
                   pvh=scenario.type != "pv", qdisk=scenario.needs_qemu(),
                   oxenstored=scenario.oxenstored)

    def command(self, images, run, agent, console):
        arch = images.arch
        # Virtual time is to price what runs as it is; elsewhere time only passes.
        quick = not self.icount
        xen_options = f"{arch.quick_xen if quick else ''} {self.xen_options}".strip()
        if self.icount:
            accel = ["-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off",
                     "-rtc", "clock=vm", "-smp", "1"]
        else:
            # QEMU's nested SVM delivers interrupts to a guest that has disabled them, if CPUs share
            # a thread, and the guest's kernel dies of it.
            kind = "single" if self.threads == "one" and not self.pvh else "multi"
            accel = ["-accel", f"tcg,thread={kind}", "-smp", "2"]
        virtio = "iommu_platform=on,disable-legacy=on"
        command = [arch.qemu, *arch.machine(self.pvh, quick), *accel, "-m", str(self.memory),
                   "-nic", "none", "-display", "none", "-monitor", "none", "-no-reboot",
                   "-serial", f"file:{run / 'xen.log'}",
                   "-chardev", f"socket,id=agent,fd={agent}",
                   "-device", f"virtio-serial-pci,{virtio}",
                   "-device", "virtserialport,chardev=agent,name=agent",
                   "-chardev", f"socket,id=console,fd={console}",
                   "-device", "virtserialport,chardev=console,name=console",
                   "-kernel", str(images.xen()),
                   "-append", f"{arch.xen_console} loglvl=info guest_loglvl=warning "
                              f"dom0_mem={self.dom0_memory}M,max:{self.dom0_memory}M "
                              f"dom0_max_vcpus={self.dom0_vcpus} {xen_options}".strip(),
                   *arch.dom0(images.kernel(self.dom0_kernel),
                              QUICK_DOM0_LINE if quick else DOM0_LINE, run / "dom0.cpio")]
        for tag, path, mode in (("images", images.directory, "on"), ("host", run, "off")):
            command += ["-fsdev", f"local,id={tag},path={path},security_model=none,readonly={mode}",
                        "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag},{virtio}"]
        # Each belongs to one guest; a machine beside this one has it too, and leaves it alone.
        for name, path in self.disks:
            command += ["-drive", f"file={path},if=none,id={name},format=raw,cache=unsafe,"
                                  "file.locking=off",
                        "-device", f"virtio-blk-pci,drive={name},serial={name},{virtio}"]
        return command

    def initrd_parts(self, images):
        parts = [images.tools("dom0"), images.modules("dom0", self.dom0_kernel),
                 images.helpers(), images.badback()]
        if self.qdisk:
            parts.append(images.tools("qdisk"))
        if self.oxenstored:
            parts.append(images.tools("oxenstored"))
        return parts


class Machine:
    """A context: Xen runs inside it, and nothing of it is left after it."""

    def __init__(self, options, images, run):
        self._options, self._images, self.run = options, images.of(options.arch), run
        self._process = self._socket = self.console = None
        self._pending, self._aborted = b"", False
        self.xen_log = run / "xen.log"

    def __enter__(self):
        try:
            self._boot()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self._shut_down()
        self._kill()

    def _boot(self):
        self.run.mkdir(parents=True, exist_ok=True)
        qemu = self._images.arch.qemu
        if not shutil.which(qemu):
            raise BenchError(f"{qemu} is missing: run scripts/deps bench")
        parts = self._options.initrd_parts(self._images)
        scripts = self._images.scripts("dom0", self.run / "dom0-scripts.cpio")
        concatenate([*parts, scripts], self.run / "dom0.cpio")
        self._socket, agent = socket.socketpair()
        self.console, console = socket.socketpair()
        ends = [agent.fileno(), console.fileno()]
        command = self._options.command(self._images, self.run, *ends)
        self.started = time.monotonic()
        with open(self.run / "qemu.log", "wb") as log:
            # A session of its own: Ctrl-C reaches us alone, and we end QEMU in order.
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=log, pass_fds=ends,
                                             start_new_session=True,
                                             preexec_fn=_die_with_parent)
        agent.close()
        console.close()
        if self._aborted:
            raise BenchError("the bench ends")
        event, _ = self.event(int(BOOT_LIMIT * pace.factor()), "Xen and dom0 do not come up")
        if event != "ready":
            raise BenchError(f"dom0 said {event} instead of ready", self.xen_log)
        self.boot_seconds = time.monotonic() - self.started

    def fileno(self):
        """For select(): readable when the agent has said something."""
        return self._socket.fileno()

    def send(self, line):
        try:
            self._socket.sendall(line.encode() + b"\n")
        except OSError:
            raise BenchError("the emulated machine is gone", self._last_words()) from None

    def event(self, limit, what):
        """The next (word, rest) from the agent; an error naming what when it does not come."""
        deadline = time.monotonic() + limit
        while b"\n" not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0:
                raise BenchError(f"{what} ({limit} s)", self._last_words())
            # Short waits: a Xen that has crashed says so in its log and nowhere else.
            if select.select([self._socket], [], [], min(left, 2))[0]:
                data = self._socket.recv(65536)
                if not data:
                    self._gone(what)
                self._pending += data
            elif verdict.xen_died(self.xen_log):
                raise BenchError(f"{what}: Xen or dom0 crashed", self.xen_log)
        line, _, self._pending = self._pending.partition(b"\n")
        word, _, rest = line.decode(errors="replace").partition(" ")
        return word, rest

    def _gone(self, what):
        self._process.wait(10)
        code = self._process.returncode
        raise BenchError(f"{what}: the emulated machine ended (QEMU status {code})",
                         self._last_words())

    def _last_words(self):
        qemu = self.run / "qemu.log"
        return qemu if qemu.exists() and qemu.stat().st_size else self.xen_log

    def _shut_down(self):
        if self._process and self._process.poll() is None:
            try:
                self.send("poweroff")
                self._process.wait(15)
            except (BenchError, subprocess.TimeoutExpired):
                pass

    def abort(self):
        """From another thread: whoever waits for the agent finds the machine gone."""
        self._aborted = True
        if self._process and self._process.poll() is None:
            self._process.kill()

    def _kill(self):
        self.abort()
        if self._process:
            self._process.wait()
        for end in (self._socket, self.console):
            if end:
                end.close()
        for name in ("dom0.cpio", "dom0-scripts.cpio"):
            (self.run / name).unlink(missing_ok=True)


_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    """QEMU must not outlive a bench that was killed outright (nor the thread that started it)."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
