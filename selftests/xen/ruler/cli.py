# SPDX-License-Identifier: GPL-2.0
"""The sub-commands "bench ruler" and "bench profile"."""

from pathlib import Path

from . import plan, rows
from .profile import profile

VARIANTS = {one.name: one for one in (plan.INTREE, plan.OURS, plan.TRANSIENT)}


def add_commands(commands):
    """To be called with the bench's sub-parsers."""
    one = commands.add_parser("profile", help="where the time of a row of the ruler goes")
    one.add_argument("rows", nargs="+", metavar="ROW", help='name or pattern, as "disk:*4k*"')
    one.add_argument("--driver", choices=[*VARIANTS, "both"], default="both")
    one.add_argument("--symbols", type=int, default=25, metavar="N", help="functions to show")
    one.add_argument("--modules", type=Path, metavar="DIR", help="where our modules are")
    one.set_defaults(function=do_profile)


def our_modules(options, variants):
    from xenbench import cli
    from .rig import GUEST_KERNEL

    if all(variant.driver != "ours" for variant in variants):
        return None
    return cli.modules_for(GUEST_KERNEL, options)


def do_profile(options):
    from xenbench import cli, report

    names = ["intree", "ours"] if options.driver == "both" else [options.driver]
    variants = [VARIANTS[name] for name in names]
    modules = our_modules(options, variants)
    with cli.prepared(options) as directory:
        run = profile(rows.select(options.rows), variants, modules, directory, options.symbols)
    return report.closing_line([run])
