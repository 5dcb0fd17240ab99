# SPDX-License-Identifier: GPL-2.0
"""The results as text: tables that are both reStructuredText and readable in a terminal."""

from .plan import INTREE, NULL, OURS, TRANSIENT
from .rows import GROUPS

NONE = "-"


def _cells(lines):
    """A simple table; the first line is its head, the first two columns are text."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rule = "  ".join("=" * width for width in widths)
    out = [rule]
    for number, line in enumerate(lines):
        cells = [cell.ljust(width) if i < 2 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(line, widths))]
        out.append("  ".join(cells).rstrip())
        if not number:
            out.append(rule)
    return out + [rule]


def _number(value):
    if value is None:
        return NONE
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 \
        else f"{value:.2f}"


def _rate(row, name):
    one = row["variants"].get(name)
    if not one:
        return NONE
    return _number(one["median"]["megabytes" if row["bandwidth"] else "rate"])


def _rate_and_spread(row, name):
    one = row["variants"].get(name)
    return f"{_rate(row, name)} ±{one['spread']:.1%}" if one else NONE


def _ratio(row, key, better=None):
    """A star marks where ours is the worse one."""
    value = row["ratios"].get(key)
    if value is None:
        return NONE
    worse = better == "more" and value < 1 or better == "less" and value > 1
    return f"{value:.2f}{'*' if worse else ' '}"


def throughput(rows):
    """One line a row: rates, and the ratios of ours to in-tree."""
    lines = [["row", "unit", "null", "in-tree", "in-tree, transient", "ours", "rate", "CPU",
              "events", "overhead", "guest's"]]
    for row in rows:
        lines.append([row["title"], "MB/s" if row["bandwidth"] else "1/s", _rate(row, NULL),
                      _rate_and_spread(row, INTREE.name), _rate(row, TRANSIENT.name),
                      _rate_and_spread(row, OURS.name), _ratio(row, "rate", "more"),
                      _ratio(row, "cpu_ns", "less"), _ratio(row, "events", "less"),
                      _ratio(row, "overhead_ns", "less"), _ratio(row, "guest_overhead_ns", "less")])
    return _cells(lines)


def _cost(row, name, label):
    one = row["variants"][name]
    median, account = one["median"], one.get("account")
    line = [row["title"], label, _number(median["ns"] / 1e3), _number(median["cpu_ns"] / 1e3),
            f"{median['events']:.3f}"]
    if not account:
        return line + [NONE] * 12
    share, copied, calls = account["share"], account["copied"], account["hypercalls"]
    return line + [f"{share[domain]:.0%}" for domain in ("guest", "dom0", "xen", "idle")] + \
        [_number(copied[domain]) for domain in ("guest", "dom0", "xen")] + \
        [_number(calls["guest"]), _number(calls["dom0"]),
         f"{account['backend_events']:.3f}",
         f"{_number(account['grants'])}/{_number(account['grant_ends'])}",
         f"{_number(account['xen_pins'])}/{_number(account['xen_unmaps'])}"]


def costs(rows):
    """One line a row and driver: what an operation costs, and whom."""
    lines = [["row", "driver", "us", "CPU us", "events", "guest", "dom0", "Xen", "idle",
              "copied guest", "dom0", "Xen", "hypercalls", "dom0", "kicks", "grants", "Xen's"]]
    labels = ((INTREE.name, "in-tree"), (TRANSIENT.name, "transient"), (OURS.name, "ours"),
              (NULL, "null"))
    for row in rows:
        lines += [_cost(row, name, label) for name, label in labels if name in row["variants"]]
    return _cells(lines)


LOST = 0.01


def losses(rows):
    """A sentence for each driver that announced packets which dom0 did not get."""
    found = []
    for row in rows:
        for name, one in row["variants"].items():
            lost = one["median"].get("lost", 0)
            if lost > LOST:
                found.append(f"{row['title']}, {name}: {lost:.1%} of the packets sent did not "
                             "come to dom0.")
    return found


HEAD = """\
.. SPDX-License-Identifier: GPL-2.0
.. Written by "make bench"; changes by hand are lost.

===========
Performance
===========

Our drivers beside the in-tree ones, in one boot of one guest. **No figure was measured on
hardware**: the machine is emulated, every instruction costs {ns} ns of virtual time, of the guest, of
dom0 and of Xen alike, and nothing else costs anything. There are no caches, and entering Xen costs
no more than the instructions it runs. The kernel of this emulated CPU copies and clears with string
instructions of one byte a step, so bytes that a program or the kernel copies cost more than they
should; what is moved eight bytes at a time costs about as much as on hardware; a hypercall costs
less. One emulated CPU says nothing about scaling.

Conditions
==========
{conditions}

How to read it
==============
Each figure is the median of {rounds} rounds, in which the order of the drivers is turned about each
time; ± is half the range. A window begins after the load has worked for 100 ms. Operations are counted by the
block layer, the packet generator or the program that makes the traffic, CPU time is what Xen
accounts to the domain.

null
    the same load on null_blk or dummy.
in-tree, transient
    the in-tree block driver with feature_persistent=0, one round.
rate
    ours / in-tree; a star where ours is slower.
CPU, events
    the guest's CPU time and its event-channel interrupts for one operation, ours / in-tree; a star
    where ours needs more.
overhead
    virtual time of one operation less that of the null device, ours / in-tree.
guest's
    the same of the guest's own instructions.

An operation is one datagram, one request and its answer, one packet of pktgen, 64 KB of a TCP
stream, or one I/O of the size given.
"""

COSTS = """\
Where the time goes
===================
What one operation costs. These columns were counted by a plugin of the emulator, which sees every
instruction, in the first round.

us, CPU us
    virtual time, and what Xen accounts to the guest (medians of all rounds).
events, kicks
    interrupts the guest got, and those its backends got.
guest, dom0, Xen, idle
    whose instructions ran, in parts of the window. What Xen does for a guest is Xen's.
copied
    bytes moved by string moves and by the kernels' copy functions, in guest, dom0 and Xen.
hypercalls
    of guest and dom0, returns from interrupts and faults included.
grants, Xen's
    grants given / ended (or tried to end) by the guest; grants Xen pinned for a map or a copy /
    unmapped.
"""


def _heading(text, mark):
    return ["", text, mark * len(text), ""]


def _groups(results):
    """[(title, rows)] of the groups that have any."""
    found = [(title, [row for row in results["rows"] if row["group"] == group])
             for group, title in GROUPS.items()]
    return [(title, rows) for title, rows in found if rows]


def document(results):
    """The text of performance.rst."""
    conditions = results["conditions"]
    listed = "\n".join(f"- {key}: {value}" for key, value in conditions["list"].items())
    out = HEAD.format(ns=2, conditions=listed, rounds=conditions["rounds"]).splitlines()
    out += _heading("Rates", "=")
    out += [".. image:: performance.svg", "   :alt: ratios of rate and CPU time", ""]
    groups = _groups(results)
    for title, rows in groups:
        out += _heading(title, "-") + throughput(rows)
    lost = losses(results["rows"])
    out += [""] + [f"- {line}" for line in lost] if lost else []
    out += [""] + COSTS.splitlines()
    for title, rows in groups:
        out += _heading(title + ": costs", "-") + costs(rows)
    return "\n".join(out) + "\n"


def terminal(results):
    """The rates alone."""
    out = []
    for title, rows in _groups(results):
        out += ["", title] + throughput(rows)
    return "\n".join(out + losses(results["rows"]))
