# SPDX-License-Identifier: GPL-2.0
"""The sub-commands "bench ruler" and "bench profile"."""

import json
import os
import subprocess
import time
from pathlib import Path

from xenbench.util import TOP, BenchError, say

from . import account, picture, plan, results, rig, rows, table
from .profile import profile

DOCUMENTATION = TOP / "Documentation"
ROUNDS, QUICK_ROUNDS = 5, 3

ONCE = (plan.TRANSIENT, plan.OURS_TRANSIENT)
VARIANTS = {one.name: one for one in (plan.INTREE, plan.OURS, *ONCE)}


def add_commands(commands):
    """To be called with the bench's sub-parsers."""
    ruler = commands.add_parser("ruler", help="ours beside in-tree, in virtual time")
    ruler.add_argument("rows", nargs="*", metavar="ROW",
                       help='names, patterns or "quick"; default $ROWS, or all')
    ruler.add_argument("--rounds", type=int, help=f"of each driver; default {ROUNDS}, "
                                                  f"{QUICK_ROUNDS} for quick")
    ruler.add_argument("--modules", type=Path, metavar="DIR", help="where our modules are")
    ruler.add_argument("--output", type=Path, metavar="DIR",
                       help="where the table goes; default Documentation/ when all rows are run")
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
    return cli.modules_for("amd64", rig.GUEST_KERNEL, options)


def do_profile(options):
    from xenbench import cli, report

    names = ["intree", "ours"] if options.driver == "both" else [options.driver]
    variants = [VARIANTS[name] for name in names]
    modules = our_modules(options, variants)
    with cli.prepared(options) as directory:
        run = profile(rows.select(options.rows), variants, modules, directory, options)
    return report.closing_line([run])


def _first_line(*command):
    done = subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, timeout=60, check=False)
    return done.stdout.partition("\n")[0]


def conditions(rounds):
    """What the head of the table says about where the figures come from."""
    commit = _first_line("git", "rev-parse", "--short=12", "HEAD") or "unknown"
    if _first_line("git", "status", "--porcelain", "--", "common", "netfront", "blkfront",
                   "include", "selftests/xen"):
        commit += ", with changes that are not committed"
    packages = rig.package_versions()
    return {"rounds": rounds, "list": {
        "commit": commit,
        "kernel of guest and dom0": packages["kernel"],
        "Xen": packages["xen"] + ", PV guest, one vCPU each for guest and dom0",
        "QEMU": _first_line("qemu-system-x86_64", "--version"),
        "virtual time": "-accel tcg,thread=single -icount shift=1,sleep=off -rtc clock=vm -smp 1",
        "disk": "256 MB each in dom0's memory, behind loop and xen-blkback",
        "network": "xen-netback, the other end is dom0 itself",
    }}


def _rounded(value):
    """Six digits are more than what is measured has."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def write(found, directory):
    """performance.rst, .json and .svg."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "performance.rst").write_text(table.document(found))
    (directory / "performance.json").write_text(json.dumps(_rounded(found), indent=1) + "\n")
    picture.draw(found, directory / "performance.svg")
    say(f"table, JSON and picture: {directory}/performance.*")


def do_ruler(options):
    from xenbench import cli, report

    words = options.rows or os.environ.get("ROWS", "").split()
    chosen = rows.select(words)
    rounds = options.rounds or (QUICK_ROUNDS if words == ["quick"] else ROUNDS)
    if subprocess.run([TOP / "scripts" / "deps", "ruler"], check=False).returncode:
        raise BenchError("scripts/deps ruler failed")
    modules = our_modules(options, [plan.OURS])
    start = time.monotonic()
    lines = plan.lines(chosen, (plan.INTREE, plan.OURS), rounds, ONCE)
    with cli.prepared(options) as directory:
        run, samples, tally = rig.measure(lines, modules, directory, options.hardware_like)
        if not samples:
            return report.closing_line([run])
        order = plan.identities(lines)
        counted = {identity: one.figures() for identity, one in
                   account.accounts(tally, run.directory, order, samples)}
        found = results.collect(chosen, order, samples, counted, conditions(rounds))
        print(table.terminal(found), flush=True)
        part = words or run.result != "pass"
        write(found, options.output or (directory if part else DOCUMENTATION))
    say(f"{time.monotonic() - start:.0f} s for {len(samples)} measurements")
    return report.closing_line([run])
