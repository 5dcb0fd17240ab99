# SPDX-License-Identifier: GPL-2.0
"""The sub-commands "bench ruler" and "bench profile"."""

import json
import os
import subprocess
import time
from pathlib import Path

from xenbench.util import TOP, BenchError, say

from . import account, growth, growth_table, picture, plan, results, rig, rows, summary, table
from .profile import profile

DOCUMENTATION = TOP / "Documentation"
MEASURED = Path(__file__).resolve().parent / "measured"
ROUNDS, QUICK_ROUNDS = 5, 3

ONCE = (plan.TRANSIENT, plan.OURS_TRANSIENT)
VARIANTS = {one.name: one for one in (plan.INTREE, plan.OURS, *ONCE)}


def add_commands(commands):
    """To be called with the bench's sub-parsers."""
    ruler = commands.add_parser("ruler", help="ours beside in-tree, in virtual time")
    ruler.add_argument("rows", nargs="*", metavar="ROW",
                       help='names, patterns, "quick" or "grow"; default $ROWS, or all')
    ruler.add_argument("--rounds", type=int, help=f"of each driver; default {ROUNDS}, "
                                                  f"{QUICK_ROUNDS} for quick and grow")
    ruler.add_argument("--modules", type=Path, metavar="DIR", help="where our modules are")
    ruler.add_argument("--output", type=Path, metavar="DIR",
                       help="where all that is written goes; by default, when all rows are run or "
                            "grow alone, Documentation/ and measured/")
    ruler.add_argument("--render", action="store_true",
                       help="measure nothing, write text and picture from measured/ anew")
    _hardware_like(ruler)
    ruler.set_defaults(function=do_ruler)
    one = commands.add_parser("profile", help="where the time of a row of the ruler goes")
    one.add_argument("rows", nargs="+", metavar="ROW", help='name or pattern, as "disk:*4k*"')
    one.add_argument("--driver", choices=[*VARIANTS, "both"], default="both")
    one.add_argument("--symbols", type=int, default=25, metavar="N", help="functions to show")
    one.add_argument("--modules", type=Path, metavar="DIR", help="where our modules are")
    _hardware_like(one)
    one.set_defaults(function=do_profile)


def _hardware_like(command):
    command.add_argument("--hardware-like", action="store_true",
                         help="copy eight bytes a step, read the clock without Xen")


def our_modules(options, variants):
    from xenbench import cli

    if all(variant.driver != "ours" for variant in variants):
        return None
    return options.modules or cli.built_modules("amd64", rig.GUEST_KERNEL)


def do_profile(options):
    from xenbench import cli, report

    names = ["intree", "ours"] if options.driver == "both" else [options.driver]
    variants = [VARIANTS[name] for name in names]
    modules = our_modules(options, variants)
    with cli.prepared() as (directory, _):
        run = profile(rows.select(options.rows), variants, modules, directory, options)
    return report.closing_line([run])


def _first_line(*command):
    done = subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, timeout=60, check=False)
    return done.stdout.partition("\n")[0]


def commit():
    found = _first_line("git", "rev-parse", "--short=12", "HEAD") or "unknown"
    if _first_line("git", "status", "--porcelain", "--", "common", "netfront", "blkfront",
                   "include", "selftests/xen"):
        found += ", with changes that are not committed"
    return found


def conditions(rounds):
    """What the head of the table says about where the figures come from."""
    packages = rig.package_versions()
    return {"rounds": rounds, "list": {
        "commit": commit(),
        "kernel of guest and dom0": packages["kernel"],
        "Xen": packages["xen"] + ", PV guest, one vCPU each for guest and dom0",
        "QEMU": _first_line("qemu-system-x86_64", "--version"),
        "virtual time": "-accel tcg,thread=single -icount shift=1,sleep=off -rtc clock=vm -smp 1",
        "disk": "256 MB each in dom0's memory, behind loop and xen-blkback",
        "network": "xen-netback, the other end is dom0 itself",
        "TCP": "CUBIC, without HyStart: that ends the slow start early in some connections and not "
               "in others, with either driver, and so decides how many packets are under way",
    }}


def _rounded(value):
    """Six digits are more than what is measured has."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def texts(found):
    """Of the page and of the tables, from what is in performance.json."""
    more = growth_table.section(found["growth"]) if "growth" in found else ()
    return summary.page(found), table.document(found, more)


def write(found, pages, measured):
    """performance.rst and .svg to one directory, tables.rst and performance.json to another."""
    for directory in (pages, measured):
        directory.mkdir(parents=True, exist_ok=True)
    found = _rounded(found)
    page, tables = texts(found)
    (pages / "performance.rst").write_text(page)
    picture.draw(found, pages / "performance.svg")
    (measured / "tables.rst").write_text(tables)
    (measured / "performance.json").write_text(json.dumps(found, indent=1) + "\n")
    say(f"page and picture: {pages}/performance.*; tables and samples: {measured}/")


def last_time():
    """What was measured last: grow, run alone, replaces its own part."""
    return json.loads((MEASURED / "performance.json").read_text())


def _needs_gnuplot():
    if subprocess.run([TOP / "scripts" / "deps", "ruler"], check=False).returncode:
        raise BenchError("scripts/deps ruler failed")


def run_plan(lines, modules, directory, collect, options, **scenario_keys):
    """(run, what collect() made of its figures, or None)"""
    run, samples, tally = rig.measure(lines, modules, directory, options.hardware_like,
                                      **scenario_keys)
    if not samples:
        return run, None
    order = plan.identities(lines)
    counted = {identity: one.figures() for identity, one in
               account.accounts(tally, run.directory, order, samples)}
    return run, collect(order, samples, counted)


def run_rows(chosen, words, modules, directory, options):
    rounds = options.rounds or (QUICK_ROUNDS if "quick" in words else ROUNDS)
    lines = plan.lines(chosen, (plan.INTREE, plan.OURS), rounds, ONCE)
    run, found = run_plan(lines, modules, directory,
                          lambda *counts: results.collect(chosen, *counts, conditions(rounds)),
                          options)
    if found:
        print(table.terminal(found), flush=True)
    return run, found


def run_growth(modules, directory, options):
    rounds = options.rounds or growth.ROUNDS
    where = {"rounds": rounds, "commit": commit()}
    run, found = run_plan(growth.lines(rounds), modules, directory,
                          lambda *counts: growth.collect(*counts, where),
                          options, **growth.GUEST)
    if found:
        print(growth_table.terminal(found), flush=True)
    return run, found


def do_ruler(options):
    from xenbench import cli, report

    _needs_gnuplot()
    if options.render:
        write(last_time(), options.output or DOCUMENTATION, options.output or MEASURED)
        return 0
    words = options.rows or os.environ.get("ROWS", "").split()
    chosen = rows.select(words)
    modules = our_modules(options, [plan.OURS])
    start = time.monotonic()
    runs, found = [], None
    with cli.prepared() as (directory, _):
        if chosen:
            run, found = run_rows(chosen, words, modules, directory, options)
            runs.append(run)
        if not words or rows.GROWTH in words:
            run, grown = run_growth(modules, directory / "growth", options)
            runs.append(run)
            if grown:
                found = {**(found or last_time()), "growth": grown}
        if found:
            whole = words in ([], [rows.GROWTH]) and all(run.result == "pass" for run in runs)
            apart = options.output or (None if whole else directory)
            write(found, apart or DOCUMENTATION, apart or MEASURED)
    say(f"{time.monotonic() - start:.0f} s")
    return report.closing_line(runs)
