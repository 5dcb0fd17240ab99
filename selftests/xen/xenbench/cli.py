# SPDX-License-Identifier: GPL-2.0
"""The bench's sub-commands."""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from ruler import cli as ruler

from . import pace, report, scenario
from .arch import ARCHITECTURES
from .images import Images
from .places import Places
from .runner import Run, Runner
from .util import HERE, TOP, BenchError, cache, need_space, say, show_tail

KEPT_RUNS = 8
# Kernels that modules are built for side by side.
BUILDS = 2
NEEDED_MB = 1500


def parser():
    top = argparse.ArgumentParser(prog="bench", description="Real Xen, dom0 and guests under QEMU.")
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run scenarios")
    run.add_argument("scenarios", nargs="+", metavar="SCENARIO", 
                     help='names, patterns, files, "all" (but the slow ones) or "slow"')
    _choices(run)
    run.set_defaults(function=do_run)
    listing = commands.add_parser("list", help="show the scenarios")
    listing.set_defaults(function=do_list)
    images = commands.add_parser("images", help="fetch and build all images")
    images.set_defaults(function=do_images)
    demo = commands.add_parser("demo", help="show our drivers at work, in one table")
    _choices(demo)
    demo.set_defaults(function=do_demo)
    shell = commands.add_parser("shell", help="a console in a guest, to play")
    _choices(shell)
    shell.set_defaults(function=do_shell)
    selfcheck = commands.add_parser("selfcheck", help="show that the bench goes red when it must")
    _choices(selfcheck)
    selfcheck.set_defaults(function=do_selfcheck)
    ruler.add_commands(commands)
    return top


def _choices(command):
    """Options that override what a scenario says."""
    command.add_argument("--arch", choices=sorted(ARCHITECTURES), help="of Xen, dom0 and guest")
    command.add_argument("--kernel", help="guest kernel: 6.12, 6.1 or the name of a Debian package")
    command.add_argument("--dom0-kernel", help="the same for dom0")
    command.add_argument("--driver", choices=("ours", "intree"), default="ours")
    command.add_argument("--modules", type=Path, metavar="DIR", help="where our modules are")
    command.add_argument("--type", choices=("pv", "pvh", "hvm"))
    command.add_argument("--backend", choices=("blkback", "qdisk"))
    command.add_argument("--vcpus", type=int)
    command.add_argument("--dom0-vcpus", type=int)
    command.add_argument("--memory", type=int, help="of the guest, in MB")
    command.add_argument("--cmdline", help="words for the guest's kernel")
    command.add_argument("--hide", action="append", metavar="KEY",
                         help='backend key to remove, as "vbd feature-flush-cache"')
    command.add_argument("--icount", action="store_true", default=None,
                         help="deterministic virtual time")
    command.add_argument("--threads", choices=("one", "each"),
                         help='of the host, for the CPUs of a machine: one for all, or one for each; '
                              'by default one for "all" and the gates, and else each')
    command.add_argument("--debug", action="store_true", default=None,
                         help="slub_debug, page poisoning and KFENCE in the guest")
    command.add_argument("--timeout", type=int, metavar="S", help="for each guest")
    command.add_argument("--keep-logs", type=Path, metavar="DIR", help="copy all logs there")
    command.add_argument("--verbose", "-v", action="store_true", help="show every test")


OVERRIDES = ("arch", "dom0_kernel", "type", "backend", "vcpus", "dom0_vcpus", "memory", "cmdline",
             "hide", "icount", "debug", "timeout")


def plan(scenarios, options):
    """The runs that scenarios and options ask for."""
    changes = {name: getattr(options, name) for name in OVERRIDES
               if getattr(options, name) is not None}
    chosen = [(dataclasses.replace(one.on(kernel), **changes), kernel)
              for one in scenarios if options.driver in one.driver
              for kernel in ([options.kernel] if options.kernel else one.kernel)]
    if not chosen:
        raise BenchError(f"nothing to run with --driver {options.driver}")
    modules = modules_for({(one.arch, kernel) for one, kernel in chosen}, options)
    return [Run(one, kernel, options.driver, modules.get((one.arch, kernel)))
            for one, kernel in chosen]


def built_modules(arch, kernel):
    done = subprocess.run([TOP / "scripts" / "modules", "--arch", arch, kernel],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          timeout=3600, check=False)
    if done.returncode:
        raise BenchError(f"our modules do not build for Linux {kernel}, {arch}")
    return Path(done.stdout.strip())


def modules_for(wanted, options):
    """(architecture, kernel) -> our modules: where --modules says, or freshly built.

    Several are built at a time: much of a build is one program after the other.
    """
    if options.driver != "ours":
        return {}
    if options.modules:
        return dict.fromkeys(wanted, options.modules)
    wanted = sorted(wanted)
    with concurrent.futures.ThreadPoolExecutor(BUILDS) as builds:
        return dict(zip(wanted, builds.map(lambda one: built_modules(*one), wanted), strict=True))


def do_run(options):
    if options.scenarios == ["all"]:
        options.threads = options.threads or "one"
        scenarios = scenario.load_quick()
    elif options.scenarios == ["slow"]:
        scenarios = scenario.load_slow()
    else:
        scenarios = scenario.find(options.scenarios)
    return execute(plan(scenarios, options), options)


def execute(runs, options):
    with prepared() as (directory, places):
        run_all(runs, directory, options, places)
        return report.closing_line(runs)


def run_all(runs, directory, options, places=None):
    start = time.monotonic()
    if pace.factor() > 1:
        say(f"time limits are multiplied by {pace.factor()}: this machine is slow or busy")
    try:
        runner = Runner(Images(), directory, options.verbose, options.threads or "each")
        runner.run_all(runs, places=places)
    except BaseException:
        report.cut_line(runs)
        raise
    finally:
        report.write_json(runs, directory / "results.json")
        if options.keep_logs:
            shutil.copytree(directory, options.keep_logs, dirs_exist_ok=True)
    say(f"{time.monotonic() - start:.0f} s; logs and results.json in {directory}")


@contextlib.contextmanager
def prepared():
    """A new directory for logs, and places for machines."""
    need_space(cache(), NEEDED_MB)
    with Places() as places:
        yield run_directory(), places


def do_demo(options):
    start = time.monotonic()
    options.kernel = options.kernel or "6.12"
    options.verbose = True
    (run,) = plan(scenario.find(["smoke"]), options)
    with prepared() as (directory, _):
        run_all([run], directory, options)
    names = {"ours": "xenfront", "intree": "in-tree"}
    report.table(run, f"{names[run.driver]} drivers in a {run.scenario.type.upper()} guest "
                      f"(Linux {run.kernel}) on Xen 4.17, dom0 with netback and blkback:")
    print(f"{'all good' if run.result == 'pass' else 'NOT GOOD'}, "
          f"{time.monotonic() - start:.0f} s")
    return 0 if run.result == "pass" else 1


def do_shell(options):
    options.kernel = options.kernel or "6.12"
    (run,) = plan([scenario.load(HERE / "shell.sh")], options)
    with prepared() as (directory, _):
        Runner(Images(), directory, threads=options.threads or "each").shell(run)
    return 0


def do_selfcheck(options):
    done = subprocess.run([HERE / "test_verdict.py"], stdin=subprocess.DEVNULL, text=True,
                          stderr=subprocess.STDOUT, stdout=subprocess.PIPE, timeout=300, check=False)
    if done.returncode:
        raise BenchError(f"the judge's unit tests fail:\n{done.stdout}")
    options.threads = options.threads or "one"
    runs = [Run(one, "6.12", "none") for one in scenario.load_all("gates")]
    return execute(runs, options)


def run_directory():
    """A new directory for this run's logs; only the latest few are kept."""
    base = cache() / "bench" / "runs"
    base.mkdir(parents=True, exist_ok=True)
    for old in sorted(base.iterdir())[:-KEPT_RUNS]:
        if not Path("/proc", old.name.rpartition("-")[2]).exists():   # a run that still goes on
            shutil.rmtree(old, ignore_errors=True)
    path = base / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    path.mkdir()
    return path


def do_list(_):
    for one in scenario.load_all():
        kernels = ",".join(one.kernel)
        print(f"{one.name:20} {one.type:4} {kernels:9} {'slow' if one.slow else '':5}{one.about}")
    return 0


def do_images(_):
    need_space(cache(), NEEDED_MB)
    for arch in ARCHITECTURES.values():
        images = Images(arch.name)
        images.xen()
        for name in arch.tools:
            images.tools(name)
        for kernel in arch.kernels:
            images.kernel(kernel)
            images.modules("dom0", kernel)
            images.modules("guest", kernel)
    return 0


def main():
    options = parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return options.function(options)
    except BenchError as error:
        sys.stdout.flush()
        print(f"bench: error: {error}", file=sys.stderr)
        show_tail(error.log)
        return 2
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
