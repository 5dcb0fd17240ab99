# SPDX-License-Identifier: GPL-2.0
"""performance.rst: what the figures mean for whom, and how they came about."""

import fnmatch
import textwrap

from . import growth
from .plan import INTREE, OURS
from .results import EVEN_NS_PER_BYTE
from .rows import GROUPS
from .table import NONE, cells

# What a guest does, and the rows that are like it: patterns, and one of those that are not meant.
KINDS = (
    ("reads or writes large blocks, many at a time", ("disk:*k-d32",), "disk:rand*"),
    ("does so where there are no indirect descriptors", ("plain:*k-d32",), "plain:rand*"),
    ("reads or writes blocks of 4 KB, 32 at a time", ("disk:rand*-d32",), ""),
    ("reads or writes blocks of 4 KB, one at a time", ("disk:rand*-d1",), ""),
    ("reads 4 KB beside its large writes", ("beside:fast*",), ""),
    ("receives by TCP", ("net:tcp-in",), ""),
    ("sends by TCP, or asks and answers", ("net:tcp-out", "net:tcp-*r"), ""),
    ("sends or receives by UDP", ("net:udp*",), ""),
    ("forwards TCP", ("fwd:tcp*",), ""),
    ("forwards UDP", ("fwd:udp*",), ""),
)

PAGE = """\
.. SPDX-License-Identifier: GPL-2.0
.. Written by "make bench"; changes by hand are lost.

===========
Performance
===========

Our drivers beside the in-tree ones, in one boot of one PV guest on real Xen, with the unmodified
xen-netback and xen-blkback of a Debian dom0. **No figure was measured on hardware:** instructions were
counted, with every copied byte at one price.

What it means for whom
======================
The rate is ours by the in-tree driver's, of all three domains together: more than 1 is better. The guest's
time is what the guest itself needs for an operation, ours by the in-tree driver's: less is better. Each is
the least and the most of some rows of the tables.

{kinds}

{lines}

.. image:: performance.svg
   :alt: ratios of rate, of rate with copies priced alike, and of CPU time

How it was measured
===================
The machine is emulated in deterministic virtual time: every instruction of guest, dom0 and Xen takes
2 ns and nothing else takes any. So the figures do not depend on the machine they were made on, and a
difference well beyond the ± of the tables is real. But they count instructions, not what those cost
on a processor:

- There are no caches, no TLB misses and no cost of entering Xen but the instructions it runs. A
  hypercall, an interrupt and a change of page tables cost less than on hardware.
- String instructions move one byte a step, and the kernels of this CPU clear pages and copy to and
  from programs with them. The in-tree block driver copies with three instructions for eight bytes,
  ours with one. On a processor all of these run at about the same speed. So the table above, and
  "even" in the picture, have every byte copied or cleared at {even} ns.
- One emulated CPU runs guest, dom0 and Xen in turn. A rate is what all three together need for an
  operation, not what a guest with a CPU of its own reaches, nor what several CPUs reach together.

Each figure is the median of {rounds} rounds in which the drivers take turns (A B, B A, ...). Between
turns the drivers are unbound and removed, and the disks attached anew. A window of 150 ms to 3 s
begins after the load has worked for 100 ms and more. Operations are counted by the block layer, by the
packet generator, by the program that makes the traffic, or by the queueing discipline; never by the
driver. CPU time is Xen's accounting of the domain.

{conditions}

All rows with their rates, costs and what is done for an operation are in
``selftests/xen/ruler/measured/tables.rst``, all samples beside it in ``performance.json``.
``selftests/xen/ruler/README.rst`` says how a row is measured. ``make bench`` measures anew, in more than
an hour; ``scripts/bench ruler --render`` writes this page, the picture and the tables from the samples.
"""


def _both(row):
    """(ours, in-tree), or None where one of them, or the price of copies, is missing."""
    pair = [row["variants"].get(one.name, {}) for one in (OURS, INTREE)]
    return pair if all("even" in one for one in pair) else None


def _guest(row):
    ours, theirs = _both(row)
    return ours["even"]["guest_ns"] / theirs["even"]["guest_ns"]


def _span(values):
    least, most = (f"{one(values):.2f}" for one in (min, max))
    return least if least == most else f"{least} to {most}"


def _is_like(row, patterns, but):
    return any(fnmatch.fnmatch(row["name"], one) for one in patterns) and \
        not fnmatch.fnmatch(row["name"], but)


def _kinds(rows):
    """The table: a line for each kind of work of which there are rows."""
    lines = [["a guest that", "rows", "rate", "guest's time"]]
    for title, patterns, but in KINDS:
        found = [row for row in rows if _is_like(row, patterns, but)]
        if found:
            lines.append([title, str(len(found)),
                          _span([row["ratios"]["even_rate"] for row in found]),
                          _span([_guest(row) for row in found])])
    return "\n".join(cells(lines))


def _even_rate(row):
    return row["ratios"]["even_rate"]


def _listed(rows, figure):
    return "; ".join(f"{GROUPS[row['group']]}: {row['title']}, {figure(row):.2f}"
                     for row in rows) or NONE


def _extremes(rows):
    """Where ours is better by most, and where it is not."""
    slower = [row for row in rows if round(_even_rate(row), 2) < 1]
    costlier = [row for row in rows if round(_guest(row), 2) > 1]
    best = sorted(rows, key=_even_rate)[-1:]
    return [f"The highest rate is that of \"{_listed(best, _even_rate)}\".",
            f"Rates below 1: {_listed(slower, _even_rate)}.",
            f"More of the guest's time: {_listed(costlier, _guest)}."]


def _grown(results):
    """What more frames and queues do to an operation of ours."""
    if "growth" not in results:
        return "What more queues cost was not measured."
    found = []
    for row in results["growth"]["rows"]:
        numbers = [str(step.number) for step in growth.steps_of(row["group"])]
        times = [row["at"][one]["even"]["ns"] for one in numbers if "even" in row["at"].get(one, {})]
        if len(times) > 1:
            found.append(max(times[1:]) / times[0])
    if not found:
        return "What more queues cost was not measured."
    return "With more frames in a ring, or more queues, an operation takes at most " \
           f"{max(found):.2f} of its time with one."


def _items(lines):
    return "\n".join(textwrap.fill(line, 100, initial_indent="- ", subsequent_indent="  ",
                                   break_on_hyphens=False) for line in lines)


def page(results):
    """The text of performance.rst."""
    rows = [row for row in results["rows"] if row["ratios"] and _both(row)]
    conditions = results["conditions"]
    listed = [f"{key}: {value}" for key, value in conditions["list"].items()]
    return PAGE.format(kinds=_kinds(rows), lines=_items([*_extremes(rows), _grown(results)]),
                       even=EVEN_NS_PER_BYTE, rounds=conditions["rounds"],
                       conditions=_items(listed))
