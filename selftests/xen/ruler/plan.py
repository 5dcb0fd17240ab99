# SPDX-License-Identifier: GPL-2.0
"""The order in which a boot measures its rows: rounds of A and B, turned about each time."""

import dataclasses

NULL = "null"
NULL_ROUNDS = 2


@dataclasses.dataclass(frozen=True)
class Variant:
    """A driver with its parameters, all others being its defaults."""

    name: str
    driver: str
    parameters: str = ""    # "net.NAME=VALUE" and "blk.NAME=VALUE"
    only: tuple = ()    # groups; all without

    def takes(self, row):
        return not self.only or row.group in self.only


INTREE = Variant("intree", "intree")
OURS = Variant("ours", "ours")
# The block drivers with their most debated default turned off.
TRANSIENT = Variant("intree-transient", "intree", "blk.feature_persistent=0", ("disk",))
OURS_TRANSIENT = Variant("ours-transient", "ours", "blk.feature_persistent=0", ("disk",))


def load(number, variant):
    """Begins a turn. Modules lie elsewhere after each, but only the first round's profile is shown
    by function."""
    lines = [f"begin round {number}: {variant.name}",
             f"use {variant.driver} {variant.parameters}".rstrip()]
    if number == 1:
        lines.append(f"symbols {variant.name}")
    return lines


def one_round(number, variant, rows):
    """All rows with one driver."""
    lines = load(number, variant)
    lines.append("hold")
    lines += [row.step(f"{variant.name}/{number}/{row.name}")
              for row in rows if variant.takes(row) and number <= row.rounds]
    return lines + ["end"]


def _null_round(number, rows):
    lines = [f"begin round {number}: {NULL} devices", "hold"]
    of_each = {row.null_name: row for row in rows if row.null_counter and number <= row.rounds}
    lines += [row.step(f"{NULL}/{number}/{name}", null=True) for name, row in of_each.items()]
    return lines + ["end"]


def lines(rows, pair, rounds, once=()):
    """The plan: A B, B A, A B ...; what runs once comes last."""
    plan = []
    for number in range(1, rounds + 1):
        order = pair if number % 2 else tuple(reversed(pair))
        for variant in order:
            plan += one_round(number, variant, rows)
        if number <= NULL_ROUNDS and any(row.null_counter for row in rows):
            plan += _null_round(number, rows)
    for variant in once:
        if any(variant.takes(row) for row in rows):
            plan += one_round(1, variant, rows)
    return plan


def identities(plan):
    """Of all measurements, in the order in which tally sees their windows."""
    return [line.split()[1] for line in plan if line.startswith("row ")]
