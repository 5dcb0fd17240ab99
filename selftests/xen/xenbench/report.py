# SPDX-License-Identifier: GPL-2.0
"""What a run prints, and what it leaves for other programs to read."""

import json
import sys

from .util import show_tail


def test_line(test, verbose):
    if test and verbose:
        print(f"    {test.result:4} {test.name} {test.reason}".rstrip(), flush=True)


def scenario_line(run, progress):
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
    return {result: sum(run.count(result) for run in runs) for result in ("pass", "fail", "skip")}


def closing_line(runs):
    """The plain line, and the exit status that goes with it."""
    count = totals(runs)
    print(f"{count['pass']} passed, {count['fail']} failed, {count['skip']} skipped", flush=True)
    return 0 if count["pass"] and not count["fail"] else 1


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
