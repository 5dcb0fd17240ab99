# SPDX-License-Identifier: GPL-2.0
"""What an operation of our drivers costs as rings get longer and queues more: its own boot."""

import dataclasses
import statistics

from . import plan, results, rows

CPUS = 4
GUEST = {"vcpus": CPUS, "nics": 1, "disks": ["xvda 256M"]}
ROUNDS = 3
SLOTS_OF_FRAME = 32
LIMIT = 0.05        # what is said to stay below it


@dataclasses.dataclass(frozen=True)
class Step(plan.Variant):
    """Our drivers with one number of what grows."""

    number: int = 1
    queues: int = 1
    frames: int = 1

    def round(self, number):
        """All rows, between two looks at what memory is free."""
        alone = f"{self.name}/{number}"
        use, *symbols = plan.load(number, self)[1:]
        lines = [f"begin round {number}: {self.name}", "drop_drivers", "sleep 10",
                 f"memory {alone}/without", use, f"rings {self.queues} {self.frames * SLOTS_OF_FRAME}", *symbols]
        if "frames" in self.only:
            lines.append("pin blkif 0")
        lines.append("hold")
        lines += [row.step(f"{alone}/{row.name}", queues=self.queues)
                  for row in ROWS if self.takes(row)]
        return lines + ["release", f"memory {alone}/with", "end"]


def _frames(order):
    return Step(f"frames-{1 << order}", "ours",
                f"blk.max_queues=1 blk.max_ring_page_order={order} net.max_queues=1",
                ("frames",), number=1 << order, frames=1 << order)


def _queues(number):
    return Step(f"queues-{number}", "ours", f"blk.max_queues={number} net.max_queues={number}",
                ("disk-queues", "net-queues"), number=number, queues=number)


FRAMES = [_frames(order) for order in range(5)]
QUEUES = [_queues(number) for number in (1, 2, CPUS)]
STEPS = QUEUES + FRAMES

GROUPS = {
    "frames": "Frames of a disk's ring, one queue",
    "disk-queues": "Queues of a disk",
    "net-queues": "Queues of an interface",
}

FROM_EACH_CPU = f"--numjobs={CPUS} --cpus_allowed=0-{CPUS - 1} --cpus_allowed_policy=split"


# Random, so that no two are merged: what is counted is what goes over the ring.
def _disk(group, size, depth):
    batch = rows.BATCH if depth >= 16 else ""
    cpus, each = FROM_EACH_CPU, f"{CPUS} times "
    if group == "frames":
        cpus, each = "--cpus_allowed=0", ""
    command = f"{rows.FIO} {rows.LEAN} {batch} {cpus} --rw=randread --bs={size}k " \
              f"--iodepth={depth} --filename=/dev/xvda"
    return rows.Row(group, f"randread-{size}k-d{depth}",
                    f"{size} KB random read, {each}depth {depth}", "disk:xvda", command,
                    op_bytes=size * 1024)


def _net(short, title, kind, size, flows=CPUS, counter="load:/tmp/count", **more):
    return rows.Row("net-queues", short, f"{title}, {flows} flows", counter,
                    f"/bench/load {kind} {rows.DOM0} /tmp/count {size} {flows}", **more)


# What lies in the flows' buffers must be little beside what goes through them.
TCP = {"op_bytes": 65536, "warm": 500, "window": 500}


ROWS = [
    *(_disk("frames", size, depth) for size in (4, 64) for depth in (32, 128)),
    _disk("disk-queues", 4, 8), _disk("disk-queues", 4, 32), _disk("disk-queues", 64, 32),
    _net("udp64-out", "UDP 64 B to dom0", "udp-out", 64, arrive=rows.DOM0),
    _net("tcp-out", "TCP to dom0", "tcp-out", 65536, counter=rows.LEFT, **TCP),
    # dom0 chooses a queue by the flow's hash, so it takes more of them to have all used.
    _net("tcp-in", "TCP from dom0", "tcp-in", 65536, 32, **TCP),
]


# What dom0 lent for building the guest it gets back only after a while.
SETTLING = ["begin settling", "sleep 100", "end"]


def lines(rounds):
    """The plan: up the steps, and down again in the next round."""
    found = list(SETTLING)
    for number in range(1, rounds + 1):
        for step in STEPS if number % 2 else reversed(STEPS):
            found += step.round(number)
    return found


def steps_of(group):
    return [step for step in STEPS if group in step.only]


def _row(row, samples, counted):
    at = {}
    for step in steps_of(row.group):
        mine = [one for one in samples if one.variant == step.name and one.row == row.name]
        if mine:
            at[str(step.number)] = results.measured(row, mine, counted)
    return {"name": row.name, "group": row.group, "title": row.title, "command": row.command,
            "operation_bytes": row.op_bytes, "at": at}


def _taken(step, samples):
    """Median over the rounds of the memory that the drivers and their backends took, in KB."""
    free = {(one.round, one.row): one.values for one in samples if one.variant == step.name}
    rounds = [number for number, what in free if what == "with" and (number, "without") in free]
    if not rounds:
        return None
    return {domain: statistics.median(free[number, "without"][domain] - free[number, "with"][domain]
                                      for number in rounds) for domain in ("guest", "dom0")}


def collect(planned, samples, counted, conditions):
    """What the section and the JSON file show; arguments as those of results.collect()."""
    usable = [one for one in samples if one.values.get("ops") and "uneven" not in one.values]
    there = {one.identity for one in usable}
    return {"conditions": conditions, "rows": [_row(row, usable, counted) for row in ROWS],
            "memory": {step.name: _taken(step, samples) for step in STEPS},
            "missing": [identity for identity in planned if identity not in there]}
