# SPDX-License-Identifier: GPL-2.0
"""The results as text: tables that are both reStructuredText and readable in a terminal."""

from .plan import INTREE, NULL, OURS, OURS_TRANSIENT, TRANSIENT
from .results import EVEN_NS_PER_BYTE
from .rows import GROUPS

NONE = "-"


def cells(lines):
    """A simple table; the first line is its head, the first two columns are text."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rule = "  ".join("=" * width for width in widths)
    out = [rule]
    for line in lines:
        padded = [cell.ljust(width) if i < 2 else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(line, widths))]
        out.append("  ".join(padded).rstrip())
        if line is lines[0]:
            out.append(rule)
    return out + [rule]


def number(value):
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
    return number(one["median"]["megabytes" if row["bandwidth"] else "rate"])


def _rate_and_spread(row, name):
    one = row["variants"].get(name)
    return f"{_rate(row, name)} ±{one['spread']:.1%}" if one else NONE


def _ratio(row, key, better=None):
    """A star marks where ours is the worse one."""
    value = row["ratios"].get(key)
    if value is None:
        return NONE
    shown = round(value, 2)
    worse = better == "more" and shown < 1 or better == "less" and shown > 1
    return f"{value:.2f}{'*' if worse else ' '}"


LABELS = {INTREE.name: "in-tree", TRANSIENT.name: "in-tree, transient", OURS.name: "ours",
          OURS_TRANSIENT.name: "ours, transient", NULL: "null"}


def throughput(rows):
    """One line a row: rates, and the ratios of ours to in-tree."""
    once = [name for name in (TRANSIENT.name, OURS_TRANSIENT.name)
            if any(name in row["variants"] for row in rows)]
    lines = [["row", "unit", "null", "in-tree", "ours", "rate", "overhead", "guest's", "CPU",
              "events", "even: rate", "overhead", "guest's"] + [LABELS[name] for name in once]]
    for row in rows:
        lines.append([row["title"], "MB/s" if row["bandwidth"] else "1/s", _rate(row, NULL),
                      _rate_and_spread(row, INTREE.name), _rate_and_spread(row, OURS.name),
                      _ratio(row, "rate", "more"), _ratio(row, "overhead_ns", "less"),
                      _ratio(row, "guest_overhead_ns", "less"), _ratio(row, "cpu_ns", "less"),
                      _ratio(row, "events", "less"), _ratio(row, "even_rate", "more"),
                      _ratio(row, "even_overhead_ns", "less"),
                      _ratio(row, "even_guest_overhead_ns", "less")] +
                     [_rate(row, name) for name in once])
    return cells(lines)


def _lines_of(rows, columns):
    """columns(row, variant) of each row and driver that was measured, after their names."""
    return [[row["title"], label] + columns(row, row["variants"][name])
            for row in rows for name, label in LABELS.items() if name in row["variants"]]


def _cost(row, one):
    median, account = one["median"], one.get("account")
    null = row["variants"].get(NULL)
    over = median["ns"] - null["median"]["ns"] if null and null is not one else None
    line = [number(median["ns"] / 1e3), NONE if over is None else number(over / 1e3),
            number(median["cpu_ns"] / 1e3), f"{median['events']:.3f}"]
    if not account:
        return line + [NONE] * 5
    return line + [f"{account['backend_events']:.3f}"] + \
        [f"{account['share'][domain]:.0%}" for domain in ("guest", "dom0", "xen", "idle")]


def costs(rows):
    """What an operation costs, and whose time that is."""
    return cells([["row", "driver", "us", "over null", "CPU us", "events", "kicks", "guest",
                   "dom0", "Xen", "idle"]] + _lines_of(rows, _cost))


def _work(_, one):
    account = one.get("account")
    if not account:
        return [NONE] * 12
    copied, cleared, calls = account["copied"], account["cleared"], account["hypercalls"]
    return [number(value) for value in (
        copied["guest"], copied["dom0"], copied["xen"], cleared["guest"], cleared["dom0"],
        sum(account["moving_ns"].values()) / 1e3, calls["guest"], calls["dom0"],
        account["grants"], account["grant_ends"], account["xen_pins"], account["xen_unmaps"])]


def work(rows):
    """What is done for an operation."""
    return cells([["row", "driver", "copied: guest", "dom0", "Xen", "cleared: guest", "dom0",
                   "us", "hypercalls: guest", "dom0", "grants: given", "ended", "pinned",
                   "unmapped"]] + _lines_of(rows, _work))


def _own(row, name):
    """Microseconds of the driver itself, and of the rest of an operation by domain."""
    one = row["variants"].get(name, {})
    account = one.get("account")
    if not account or account["driver_ns"] is None:
        return [NONE] * 4
    rest = one["even"]["guest_ns"] - account["driver_ns"]
    others = one["even"]["ns"] - one["even"]["guest_ns"]
    return [number(ns / 1e3) for ns in (one["even"]["ns"], account["driver_ns"], rest, others)]


def remains(rows):
    """How much of an operation is the driver's own, and what is left of the ratios without."""
    lines = [["row", "driver", "even: us", "own", "rest of guest", "others", "rate", "at best",
              "guest's", "at best"]]
    for row in rows:
        lines.append([row["title"], LABELS[INTREE.name], *_own(row, INTREE.name), *[""] * 4])
        lines.append([row["title"], LABELS[OURS.name], *_own(row, OURS.name),
                      _ratio(row, "even_rate", "more"), _ratio(row, "best_rate", "more"),
                      _ratio(row, "even_guest_overhead_ns", "less"),
                      _ratio(row, "best_guest_overhead_ns", "less")])
    return cells(lines)


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

==================
The ruler's tables
==================

What they mean, and under which conditions they were measured, is said in
``Documentation/performance.rst``; ± is half the range of {rounds} rounds. The null devices and fio's
defaults have 2 rounds, the transient variants one.

The disks are measured with fio kept from costing more than the driver does (io_uring, batches,
registered buffers and files, no clock reading for each I/O), and once with its defaults.

An operation is one datagram, one request and its response, one packet of pktgen, 64 KB of a TCP
stream, or one I/O of the size given. What TCP sends is counted with its headers.

Rates
=====
null
    the same load on null_blk or dummy. Traffic that has to be answered or comes from outside has no
    such device. With fio's defaults it is not the least a driver can cost: at 512 KB null_blk and the
    in-tree driver run out of tags, and io_uring submits each such I/O a second time.
rate
    ours / in-tree; a star where ours is slower.
overhead
    virtual time of one operation less that of the null device, ours / in-tree.
guest's
    the same of the guest's own instructions alone.
CPU, events
    the guest's CPU time and the event-channel interrupts it takes for one operation, ours /
    in-tree; in these four ratios a star marks where ours needs more. CPU has the copies as they are
    counted, so that of disks flatters ours.
even
    three of these ratios as they were if every byte copied or cleared took {even} ns, whoever moves
    it and however. The in-tree block driver copies with the kernel's memcpy(), for this CPU three
    instructions for eight bytes; the compiler made one instruction for eight bytes of our copy; the
    system calls' copies are one for each byte. On a processor all of them run at about the same
    speed, so where "even" differs from its neighbour, believe "even". It also leaves out the turns
    that pktgen makes at a full ring until Xen's scheduler takes the CPU from it, up to 10 ms later:
    they are most of the time in its rows, and their rate says little else.
transient
    the block driver with feature_persistent=0.
"""

COSTS = """\
What an operation costs
=======================
us, CPU us
    virtual time, and what Xen accounts to the guest.
over null
    virtual time less that of the null device.
events, kicks
    interrupts the guest takes, and those its backends take.
guest, dom0, Xen, idle
    whose instructions ran, in parts of the window. What Xen does on behalf of a domain is Xen's.

The last five columns come from a plugin of the emulator that counts every instruction.
"""

WORK = """\
What is done for an operation
=============================
Counted by the same plugin.

copied, cleared, us
    bytes moved by string instructions and by the kernels' copy functions, and the virtual time
    of that in all domains.
hypercalls
    returns from interrupts and faults included.
grants
    given by the guest, ended (or tried to end) by it, pinned by Xen for a mapping or a copy,
    unmapped by Xen.
"""


REMAINS = """\
What is the driver's own
========================
Virtual time of an operation with all copies at {even} ns a byte ("even"), in us.

own
    what the guest spends in the functions of the driver's modules and of the kernel's grant table,
    copies not counted; from the first round.
rest of guest, others
    the guest's stack, block layer, programs and interrupt entry, and its copies; dom0, Xen and
    idle time.
rate, guest's
    the ratios "even" from above.
at best
    the same ratios if "own" of ours were nothing, and all else as it is. A driver that talks the
    same protocol gets beyond only with fewer copies, grants or events, or with work that it
    spares others.
"""


def heading(text, mark):
    return ["", text, mark * len(text), ""]


def _groups(results):
    """[(title, rows)] of the groups that have any."""
    found = [(title, [row for row in results["rows"] if row["group"] == group])
             for group, title in GROUPS.items()]
    return [(title, rows) for title, rows in found if rows]


def _section(text, groups, tables):
    out = [""] + text.splitlines()
    for title, rows in groups:
        out += heading(title, "-") + tables(rows)
    return out


def _faults(results):
    """What a reader must not overlook."""
    missing = [f"{identity} was not measured." for identity in results["missing"]]
    return losses(results["rows"]) + missing


def document(results, more=()):
    """The text of tables.rst; more: lines at its end."""
    groups = _groups(results)
    head = HEAD.format(rounds=results["conditions"]["rounds"], even=EVEN_NS_PER_BYTE)
    out = _section(head, groups, throughput)[1:]
    faults = _faults(results)
    if faults:
        out += heading("Faults of this run", "-") + [f"- {line}" for line in faults]
    out += _section(COSTS, groups, costs) + \
        _section(REMAINS.format(even=EVEN_NS_PER_BYTE), groups, remains) + \
        _section(WORK, groups, work)
    return "\n".join([*out, *more]) + "\n"


def terminal(results):
    """The rates alone."""
    out = []
    for title, rows in _groups(results):
        out += ["", title] + throughput(rows)
    return "\n".join(out + _faults(results))
