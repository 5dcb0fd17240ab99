# SPDX-License-Identifier: GPL-2.0
"""The rows of the ruler: which load on which device, and what one operation of it is."""

import dataclasses
import fnmatch

from xenbench.util import BenchError

# The two ends of dom0 between which the guest forwards.
DOM0 = "10.7.0.1"
FAR = "10.7.1.1"
VOID = "10.9.0.2"

# fio that leaves as little as possible of itself in the figures: no clock reading and no random
# map per I/O, registered buffers and files, requests in batches.
LEAN = "--fixedbufs --registerfiles --gtod_reduce=1 --norandommap"
BATCH = "--iodepth_batch=16 --iodepth_batch_complete_min=8"
FIO = ("fio --name=ruler --output=/dev/null --thread --direct=1 --ioengine=io_uring "
       "--time_based --runtime=600")

GROUPS = {
    "net": "Network",
    "fwd": "Forwarding between two interfaces",
    "disk": "Disk",
    "plain": "Disk without indirect descriptors",
    "beside": "Disk, 4 KB reads one at a time beside 32 writes of 1 MB",
    "fio": "Disk, fio's defaults",
}

# What follows the rows themselves, see growth.py.
GROWTH = "grow"


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table."""

    group: str
    short: str
    title: str
    counter: str
    command: str
    null_counter: str = ""
    null_command: str = ""
    op_bytes: int = 0       # an operation is so many bytes; 0: an operation is what is counted
    bandwidth: bool = False  # show bytes, not operations, a second
    arrive: str = ""        # this end of dom0 counts what came
    warm: int = 100
    window: int = 250

    @property
    def name(self):
        return f"{self.group}:{self.short}"

    @property
    def null_name(self):
        """The row whose null device serves; a poorer backend makes no difference to it."""
        return f"disk:{self.short}" if self.group == "plain" else self.name

    @property
    def rounds(self):
        """The most rounds it is worth: fio's defaults hide the driver, and are shown for that."""
        return 2 if self.group == "fio" else 99

    def step(self, identity, null=False, queues=0):
        """The line of the plan that measures this row; so many queues have to share the work."""
        counter, command = self.counter, self.command
        if null:
            counter, command = self.null_counter, self.null_command
        checks = [f"arrive={self.arrive}"] if self.arrive and not null else []
        checks += [str(queues)] if queues else []
        return f"row {identity} {','.join(checks) or '-'} {self.warm} {self.window} " \
               f"{counter} {command}"


# A program that sends by TCP writes a megabyte at a time to its socket's buffer, a twentieth of a
# window: what is counted is what leaves for the interface.
LEFT = "qdisc:eth0"


def _load(short, title, kind, size, null=False, counter="load:/tmp/count", **more):
    command = f"/bench/load {{}} {{}} /tmp/count {size}"
    return Row("net", short, title, counter, command.format(kind, DOM0),
               "load:/tmp/count" if null else "",
               command.format("udp-void", VOID) if null else "", **more)


def _pktgen(burst):
    return Row("net", f"pktgen-{burst}", f"pktgen, 60 B, burst {burst}", "pktgen:eth0", str(burst),
               "pktgen:dummy0", str(burst), arrive=DOM0)


NET = [
    _load("tcp-out", "TCP to dom0", "tcp-out", 65536, counter=LEFT, op_bytes=65536,
          bandwidth=True),
    _load("tcp-in", "TCP from dom0", "tcp-in", 65536, op_bytes=65536, bandwidth=True),
    _load("udp64-out", "UDP 64 B to dom0", "udp-out", 64, True, arrive=DOM0),
    _load("udp64-in", "UDP 64 B from dom0", "udp-in", 64),
    _load("udp1400-out", "UDP 1400 B to dom0", "udp-out", 1400, True, arrive=DOM0),
    _load("udp1400-in", "UDP 1400 B from dom0", "udp-in", 1400),
    _load("udp1400-tight", "UDP 1400 B, least SO_SNDBUF", "udp-tight", 1400, arrive=DOM0),
    _load("tcp-rr", "TCP request and response", "rr", 1),
    _load("tcp-crr", "TCP connection for each request", "crr", 1),
    _pktgen(1),
    _pktgen(16),
]


def _forward(short, title, kind, size, back=False, **more):
    """From one end of dom0 to the other; back: from eth1 to eth0."""
    source, target, out = (FAR, DOM0, "eth0") if back else (DOM0, FAR, "eth1")
    if kind == "udp-out":
        more["arrive"] = target
    return Row("fwd", short + ("-back" if back else ""),
               f"{title}, {'eth1 to eth0' if back else 'eth0 to eth1'}", f"qdisc:{out}",
               f"/bench/load forward {source} {kind} {target} {size}", window=500, **more)


# Of TCP the segments that come as one packet are passed on as one.
FORWARD = [_forward(short, title, kind, size, back, **more)
           for short, title, kind, size, more in (
               ("udp64", "UDP 64 B", "udp-out", 64, {}),
               ("udp1400", "UDP 1400 B", "udp-out", 1400, {}),
               ("tcp", "TCP", "tcp-out", 65536, {"op_bytes": 65536, "bandwidth": True}))
           for back in (False, True)]

# rw, block size in KB, queue depth, window in ms
WORK = [
    ("randread", 4, 1, 150), ("randread", 4, 32, 150),
    ("randwrite", 4, 1, 150), ("randwrite", 4, 32, 150),
    ("read", 64, 32, 150), ("write", 64, 32, 150),
    ("read", 512, 32, 250), ("write", 512, 32, 250),
    ("read", 1024, 32, 250), ("write", 1024, 32, 250),
]


def _disk(group, work):
    rw, size, depth, window = work
    options = "" if group == "fio" else LEAN if depth == 1 else f"{LEAN} {BATCH}"
    command = f"{FIO} {options} --rw={rw} --bs={size}k --iodepth={depth} --filename=/dev/"
    device = "xvdb" if group == "plain" else "xvda"
    label = f"{size // 1024} MB" if size >= 1024 else f"{size} KB"
    kind = rw.replace("rand", "random ") if "rand" in rw else f"sequential {rw}"
    return Row(group, f"{rw}-{size}k-d{depth}", f"{label} {kind}, depth {depth}",
               f"disk:{device}", command + device, "disk:nullb0", command + "nullb0",
               op_bytes=size * 1024, bandwidth=size >= 64, window=window)


# Single-frame requests never are indirect, so one such row is enough without.
PLAIN = [work for work in WORK if work[1] > 4 or work[:3] == ("randread", 4, 32)]
FIO_ROWS = [("randread", 4, 1), ("randread", 4, 32), ("randwrite", 4, 32), ("read", 512, 32),
            ("write", 512, 32)]

BESIDE = ("fio --output=/dev/null --thread --direct=1 --ioengine=io_uring --time_based "
          f"--runtime=600 {LEAN} --filename=/dev/{{0}} "
          "--name=writes --rw=write --bs=1024k --iodepth=32 --offset=32M --size=64M "
          "--name=reads --rw=randread --bs=4k --iodepth=1 --offset=0 --size=32M")


def _beside(short, title, device, window):
    """What is counted is the reads: as many a second as one waits a part of it."""
    return Row("beside", short, title, f"reads:{device}", BESIDE.format(device), warm=500,
               window=window)


# The slow disks do 20 MB a second each way, see ruler_slow.
MIXED = [
    _beside("fast", "fast disk", "xvda", 500),
    _beside("fast-plain", "fast disk without indirect descriptors", "xvdb", 500),
    _beside("slow", "disk of 20 MB/s", "xvdc", 3000),
    _beside("slow-plain", "disk of 20 MB/s without indirect descriptors", "xvdd", 3000),
]

ROWS = NET + FORWARD + [_disk("disk", work) for work in WORK] + \
    [_disk("plain", work) for work in PLAIN] + MIXED + \
    [_disk("fio", work) for work in WORK if work[:3] in FIO_ROWS]

QUICK = ["net:tcp-out", "net:tcp-in", "net:udp64-out", "net:udp64-in", "net:tcp-rr", "net:pktgen-1",
         "disk:randread-4k-d32", "disk:randwrite-4k-d32", "disk:read-512k-d32",
         "disk:write-512k-d32", "plain:read-512k-d32", "plain:write-512k-d32"]


def select(words):
    """Rows by name, pattern ("disk:*", "*udp64*") or group; all without words."""
    if words == [GROWTH]:
        return []
    words = [word for word in words if word != GROWTH]
    if not words:
        return ROWS
    patterns = []
    for word in words:
        patterns += QUICK if word == "quick" else [f"{word}:*" if word in GROUPS else word]
    chosen = [row for row in ROWS
              if any(fnmatch.fnmatch(row.name, pattern) or fnmatch.fnmatch(row.short, pattern)
                     for pattern in patterns)]
    if not chosen:
        names = " ".join(row.name for row in ROWS)
        raise BenchError(f"no such row: {' '.join(words)}; there are: quick {GROWTH} {names}")
    return chosen
