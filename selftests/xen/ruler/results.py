# SPDX-License-Identifier: GPL-2.0
"""Medians, spreads and ratios of a run, in the form that performance.json has."""

import statistics

from .plan import INTREE, NULL, OURS, OURS_TRANSIENT, TRANSIENT

VARIANTS = (INTREE.name, TRANSIENT.name, OURS.name, OURS_TRANSIENT.name, NULL)


def _per_operation(row, values):
    """The figures of one round of one row."""
    ops = values["bytes"] / row.op_bytes if row.op_bytes else values["ops"]
    figures = {
        "rate": ops * 1e9 / values["ns"],
        "ns": values["ns"] / ops,
        "cpu_ns": values["cpu"] / ops,
        "events": values["irqs"] / ops,
    }
    if row.bandwidth:
        figures["megabytes"] = values["bytes"] * 1e3 / values["ns"]
    if "arrived" in values and values["total"]:
        figures["lost"] = max(0.0, 1 - values["arrived"] / values["total"])
    return figures


def _summary(rounds):
    """Median of each figure, and half the range of the rate in parts of its median."""
    median = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    rates = [one["rate"] for one in rounds]
    return {"rounds": len(rounds), "median": median,
            "spread": (max(rates) - min(rates)) / 2 / median["rate"]}


def _median(many):
    """Of numbers, or of dictionaries of them."""
    if isinstance(many[0], dict):
        return {key: _median([one[key] for one in many]) for key in many[0]}
    return statistics.median(many)


def _account(row, values, figures):
    """What tally counted, for one operation, and the shares of the window."""
    ops = values["bytes"] / row.op_bytes if row.op_bytes else values["ops"]

    def each(value):
        if isinstance(value, dict):
            return {key: each(one) for key, one in value.items()}
        return value / ops

    shares = {domain: ns / values["ns"] for domain, ns in figures["ns"].items()}
    shares["idle"] = max(0.0, 1 - sum(shares.values()))
    return {"share": shares, "window_ns": values["ns"] / ops,
            **{key: each(value) for key, value in figures.items()}}


EVEN_NS_PER_BYTE = 0.1      # 10 GB/s


def _even(row, account, null):
    """Virtual time of an operation, all of it and the guest's, had every moved byte one price.

    What a string move, an unrolled loop and a library's routine cost in instructions differs by a
    factor of twenty, on processors hardly at all. Without the turns of pktgen at a full ring,
    either: it makes them until Xen takes the CPU from the guest, and they are most of its time.
    """
    def move(domains):
        nbytes = sum(account["copied"][one] + account["cleared"][one] for one in domains)
        return nbytes * EVEN_NS_PER_BYTE - sum(account["moving_ns"][one] for one in domains)

    turns = 0
    if row.counter.startswith("pktgen") and null:
        turns = account["pktgen_ns"] - null["pktgen_ns"]
    return {"ns": account["window_ns"] + move(("guest", "dom0", "xen")) - turns,
            "guest_ns": account["ns"]["guest"] + move(("guest",)) - turns}


def _over(ours, theirs, null):
    """Ratio of what two drivers need beyond the null device; None where one needs no more."""
    return (ours - null) / (theirs - null) if min(ours, theirs) > null else None


def _best_ratios(ours, theirs, null):
    """As they would be with a driver of ours that takes no time itself, and all else as it is."""
    own = ours.get("account", {}).get("driver_ns")
    if own is None or "even" not in theirs:
        return {}
    ratios = {"best_rate": theirs["even"]["ns"] / (ours["even"]["ns"] - own)}
    if null and "even" in null:
        ratios["best_guest_overhead_ns"] = _over(ours["even"]["guest_ns"] - own,
                                                 theirs["even"]["guest_ns"],
                                                 null["even"]["guest_ns"])
    return ratios


def _even_ratios(ours, theirs, null):
    if not all("even" in one for one in (ours, theirs)):
        return {}
    ours, theirs = ours["even"], theirs["even"]
    ratios = {"even_rate": theirs["ns"] / ours["ns"]}
    if null and "even" in null:
        null = null["even"]
        ratios["even_overhead_ns"] = _over(ours["ns"], theirs["ns"], null["ns"])
        ratios["even_guest_overhead_ns"] = _over(ours["guest_ns"], theirs["guest_ns"],
                                                 null["guest_ns"])
    else:
        ratios["even_guest_ns"] = ours["guest_ns"] / theirs["guest_ns"]
    return ratios


def _ratios(variants):
    """Ours by in-tree. rate, even_rate: more is better; all others: less is better."""
    ours, theirs = variants.get(OURS.name), variants.get(INTREE.name)
    if not ours or not theirs:
        return {}
    ratios = {key: ours["median"][key] / theirs["median"][key]
              for key in ("rate", "cpu_ns", "events") if theirs["median"][key]}
    null = variants.get(NULL)
    if null:
        ratios["overhead_ns"] = _over(*(one["median"]["ns"] for one in (ours, theirs, null)))
        if all("account" in one for one in (ours, theirs, null)):
            ratios["guest_overhead_ns"] = _over(*(one["account"]["ns"]["guest"]
                                                  for one in (ours, theirs, null)))
    ratios.update(_best_ratios(ours, theirs, null))
    ratios.update(_even_ratios(ours, theirs, null))
    return ratios


def measured(row, mine, counted, null=None):
    """All rounds of a row with one variant; null: the account of the null device."""
    found = _summary([_per_operation(row, one.values) for one in mine])
    found["samples"] = [{"round": one.round, **one.values} for one in mine]
    rounds = {one.round: _account(row, one.values, counted[one.identity])
              for one in mine if one.identity in counted}
    if rounds:
        found["account"] = _median(list(rounds.values()))
        # Modules lie elsewhere in each round, and their functions are known in the first.
        found["account"]["driver_ns"] = rounds.get(1, {}).get("driver_ns")
        found["even"] = _median([_even(row, one, null) for one in rounds.values()])
    return found


def _row(row, samples, counted):
    variants = {}
    for name in (NULL, *VARIANTS[:-1]):
        wanted = row.null_name if name == NULL else row.name
        mine = [one for one in samples if one.variant == name and one.row == wanted]
        if mine:
            null = variants.get(NULL, {}).get("account")
            variants[name] = measured(row, mine, counted, null)
    return {"name": row.name, "group": row.group, "title": row.title,
            "operation_bytes": row.op_bytes, "bandwidth": row.bandwidth,
            "command": row.command, "variants": variants, "ratios": _ratios(variants)}


def collect(rows, planned, samples, counted, conditions):
    """Everything that the table, the picture and the JSON file show.

    planned: identities of all measurements; counted: identity -> figures of its account
    """
    usable = [one for one in samples if one.values.get("ops") and one.values.get("ns")]
    there = {one.identity for one in usable}
    return {"conditions": conditions, "rows": [_row(row, usable, counted) for row in rows],
            "missing": [identity for identity in planned if identity not in there]}
