# SPDX-License-Identifier: GPL-2.0
"""The section "How it grows" of tables.rst, and its tables on the terminal."""

from . import growth
from .results import EVEN_NS_PER_BYTE
from .table import NONE, cells, heading, number

TEXT = """\
How it grows
============
Our drivers alone, in a boot of its own: a guest with {cpus} vCPUs, the same work with rings of more
frames, and with more queues, shared out to all CPUs. An operation should cost no more for it, and
take no more events. Each figure is the median of {rounds} rounds; a row counts only if all queues
took part, each with at least a tenth of its share. Measured at commit {commit}.

us, guest's us
    virtual time of an operation, and that of the guest's own instructions, with every byte copied
    or cleared at {even} ns as in "even" above (at their full price copies would hide the rest).
CPU us
    what Xen accounts to the guest, copies at their full price.
events, kicks
    interrupts that the guest takes for an operation, and those that its backends take.
most
    the largest figure by the first one; a star where that is over {limit}.

Events are those of a ring, and answer for what has collected in it. So the same few requests split
over more rings take more of them: 4 times depth 8 is 32 in one ring, or 8 in each of four. The
more there is for each ring, as at 4 times depth 32, the less of that remains.

The one emulated CPU runs all vCPUs in turn, so this cannot show that four processors do four times
the work of one. That follows from what they share: each ring has one lock, event channel, stack of
grant references and set of counters of its own, each direction of an interface's queue its own lock
or NAPI, and a request or packet touches nothing else that the driver writes; what two queues both
write are Xen's tables of event channels and, where their runs of entries meet, of grants.
"""

MEASURES = (
    ("us", lambda one: one["even"]["ns"] / 1e3),
    ("guest's us", lambda one: one["even"]["guest_ns"] / 1e3),
    ("CPU us", lambda one: one["median"]["cpu_ns"] / 1e3),
    ("events", lambda one: one["median"]["events"]),
    ("kicks", lambda one: one["account"]["backend_events"]),
)


def _most(values):
    """The largest figure in parts of the first."""
    if len(values) < 2 or not values[0]:
        return NONE
    most = max(values[1:]) / values[0]
    return f"{most:.2f}{'*' if round(most - 1, 2) > growth.LIMIT else ' '}"


def _line(title, name, shown, values, numbers):
    return [title, name] + [shown(values[at]) if at in values else NONE for at in numbers] + \
        [_most([values[at] for at in numbers if at in values])]


def _small(value):
    return f"{value:.3f}"


def _rows_of(results, group, numbers):
    for row in results["rows"]:
        if row["group"] != group:
            continue
        for name, measure in MEASURES:
            values = {at: measure(one) for at, one in row["at"].items() if "account" in one}
            yield _line(row["title"], name, number if "us" in name else _small, values, numbers)


def _group(results, group):
    numbers = [str(step.number) for step in growth.steps_of(group)]
    return cells([["row", "of an operation", *numbers, "most"],
                  *_rows_of(results, group, numbers)])


MEMORY = """\
What loading the drivers and doing this work left less free, in MB: our modules, one disk and one
interface in the guest; their backends in dom0. Exact to about 1 MB.
"""


def _memory(results):
    lines = [["frames of a ring", "queues", "guest", "dom0"]]
    for step in growth.STEPS:
        taken = results["memory"].get(step.name)
        lines.append([str(step.frames), str(step.queues)] +
                     [number(taken[domain] / 1024) if taken else NONE
                      for domain in ("guest", "dom0")])
    return cells(lines)


def section(results):
    """Lines of tables.rst."""
    conditions = results["conditions"]
    out = ["", *TEXT.format(cpus=growth.CPUS, even=EVEN_NS_PER_BYTE, limit=1 + growth.LIMIT,
                            **conditions).splitlines()]
    for group, title in growth.GROUPS.items():
        out += heading(title, "-") + _group(results, group)
    out += heading("Memory", "-") + [*MEMORY.splitlines(), "", *_memory(results)]
    if results["missing"]:
        out += heading("Not measured", "-") + [f"- {one}" for one in results["missing"]]
    return out


def terminal(results):
    """The tables alone."""
    out = []
    for group, title in growth.GROUPS.items():
        out += ["", title, *_group(results, group)]
    return "\n".join([*out, "", *_memory(results),
                      *(f"{one} was not measured." for one in results["missing"])])
