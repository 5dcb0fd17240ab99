# SPDX-License-Identifier: GPL-2.0
"""What a run prints, and what it leaves for other programs to read."""

import json
import sys

from .util import OUTPUT, show_tail


def test_line(test, whose=""):
    """One test as it ends; whose it is where guests run side by side."""
    with OUTPUT:
        print(f"    {whose}{test.result:4} {test.name} {test.reason}".rstrip(), flush=True)


def scenario_line(run, progress, log=None):
    """One guest's result and, where it failed, what explains it: a log beside its console."""
    with OUTPUT:
        _scenario_line(run, progress)
        if run.result != "pass":
            show_tail(log)


def _scenario_line(run, progress):
    counts = [f"{run.count('pass')} passed"]
    for word, result in (("failed", "fail"), ("skipped", "skip")):
        if run.count(result):
            counts.append(f"{run.count(result)} {word}")
    mark = "ok  " if run.result == "pass" else "FAIL"
    print(f"{mark} {run.name}: {', '.join(counts)} ({run.seconds:.0f} s, {progress})", flush=True)
    if run.result == "pass":
        return
    for test in run.tests:
        if test.result == "fail":
            print(f"     not ok: {test.name}", flush=True)
    sys.stdout.flush()
    if run.console and run.console.exists():
        show_tail(run.console)


def table(run, title):
    """One guest's results for a person to read."""
    rows = [("what", "result", "figure")]
    rows += [(test.name, {"pass": "ok", "fail": "FAILED", "skip": "skipped"}[test.result],
              test.figure or test.reason) for test in run.tests]
    if not run.reports:
        rows.append(("kernel reports in guest, dom0 and Xen", "none", ""))
    if not any(fault.startswith("left behind") for fault in run.faults):
        rows.append(("left behind after the guest", "nothing", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    print(f"\n{title}")
    for number, row in enumerate(rows):
        print("  " + "   ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
        if number == 0:
            print("  " + "   ".join("-" * width for width in widths))
    print(flush=True)


def totals(runs):
    """Of the guests that have been judged."""
    judged = [run for run in runs if run.result]
    return {result: sum(run.count(result) for run in judged) for result in ("pass", "fail", "skip")}


def _counts(runs):
    count = totals(runs)
    return f"{count['pass']} passed, {count['fail']} failed, {count['skip']} skipped"


def closing_line(runs):
    """The plain line, and the exit status that goes with it."""
    count = totals(runs)
    print(_counts(runs), flush=True)
    return 0 if count["pass"] and not count["fail"] else 1


def cut_line(runs):
    """For a bench that ends before its guests have: what there is. scripts/check reads it."""
    left = [run.name for run in runs if not run.result]
    with OUTPUT:
        print(f"so far: {_counts(runs)}; {len(runs) - len(left)} of {len(runs)} guests, "
              f"without {' '.join(left) or 'none'}", flush=True)


def write_json(runs, path):
    rows = [{
        "run": run.name, "scenario": run.scenario.name, "kernel": run.kernel,
        "driver": run.driver, "result": run.result, "seconds": round(run.seconds, 1),
        "tests": [vars(test) for test in run.tests],
        "figures": [{"name": name, "value": value, "unit": unit}
                    for name, value, unit in run.figures],
        "reports": run.reports,
        "logs": str(run.directory),
    } for run in runs]
    path.write_text(json.dumps({"totals": totals(runs), "runs": rows}, indent=1) + "\n")
