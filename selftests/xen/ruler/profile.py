# SPDX-License-Identifier: GPL-2.0
"""bench profile: where the time of one row goes, by domain and function."""

import collections

from . import account, plan, rig


def shares(figures, window):
    """Text: the share of each domain in a window of so many nanoseconds."""
    parts = [f"{domain} {figures['ns'][domain] / window:.1%}" for domain in figures["ns"]]
    busy = sum(figures["ns"].values())
    return ", ".join(parts) + f", idle {max(0, 1 - busy / window):.1%}"


def report(row, sample, found, count):
    """Prints one account; the nanoseconds are those of one operation."""
    ops = rig.operations(row, sample.values)
    window = sample.values["ns"]
    figures = found.figures()
    print(f"\n{row.name}, {sample.variant}: {ops:.0f} operations in {window / 1e6:.0f} ms, "
          f"{window / ops:.0f} ns each; CPU of the guest as Xen accounts it "
          f"{sample.values['cpu'] / ops:.0f} ns")
    print(f"  {shares(figures, window)}")
    print("  for each operation:")
    for what, value in figures.items():
        if what == "ns":
            continue
        items = value.items() if isinstance(value, dict) else [("", value)]
        text = ", ".join(f"{name} {number / ops:.2f}".strip() for name, number in items)
        print(f"    {what.replace('_', ' '):16} {text}")
    for domain in ("guest", "dom0", "xen"):
        print(f"  {domain:8} ns/op  share  function")
        inside = [(ns, name) for (where, name), ns in found.functions.items() if where == domain]
        for ns, name in sorted(inside, reverse=True)[:count]:
            print(f"  {ns / ops:14.1f} {ns / window:6.1%}  {_label(name)}")


def _label(name):
    return name.rpartition("#")[2]


def _per_operation(row, sample, found):
    """(domain, function) -> ns of one operation; functions of one name are summed."""
    ops = rig.operations(row, sample.values)
    each = collections.Counter()
    for (domain, name), ns in found.functions.items():
        each[domain, _label(name)] += ns / ops
    return each


def difference(row, theirs, ours, found, count):
    """Prints where an operation of two drivers differs, the largest difference first."""
    a, b = (_per_operation(row, one, found[one.identity]) for one in (theirs, ours))
    print(f"\n{row.name}: ns of an operation, {theirs.variant}, {ours.variant}, difference")
    for domain in ("guest", "dom0", "xen"):
        sums = [sum(ns for (where, _), ns in each.items() if where == domain) for each in (a, b)]
        print(f"  {domain:8} {sums[0]:10.1f} {sums[1]:10.1f} {sums[1] - sums[0]:+10.1f}")
        names = {name for where, name in [*a, *b] if where == domain}
        by_size = sorted(names, key=lambda name: -abs(b[domain, name] - a[domain, name]))
        for name in by_size[:count]:
            one, two = a[domain, name], b[domain, name]
            print(f"           {one:10.1f} {two:10.1f} {two - one:+10.1f}  {name}")


def profile(rows, variants, modules, directory, options):
    """One round of every variant, all windows marked."""
    lines = []
    for variant in variants:
        lines += plan.one_round(1, variant, rows)
    run, samples, tally = rig.measure(lines, modules, directory, options.hardware_like)
    if samples:
        found = dict(account.accounts(tally, run.directory, plan.identities(lines), samples))
        for row in rows:
            mine = [sample for sample in samples if sample.row == row.name]
            for sample in mine:
                report(row, sample, found[sample.identity], options.symbols)
            if len(mine) == 2:
                difference(row, *mine, found, options.symbols)
    return run
