"""The command line: `handpick sim ...`, `handpick compare ...`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handpick.report import summarise, table, write_report
from handpick.report.claim import claimed
from handpick.report.files import check_folder
from perception.errors import HandpickError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Exit codes: 0 done, 1 the run had errors, 2 bad input, 130 interrupted."""
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a time limit keeps what was measured, as Ctrl-C does
    try:
        return int(options.command(options))
    except HandpickError as error:
        print(f"handpick: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("handpick: interrupted", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(prog="handpick", description="Empties a cluttered bin without breaking things.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    sim = commands.add_parser("sim", help="pick orders in the simulated cell and report damage and throughput")
    sim.set_defaults(command=run_sim)
    sim.add_argument("--suite", default="mixed", help="boxes, books, bags, mixed or unseen (default: %(default)s)")
    sim.add_argument("--orders", type=positive, default=40, help="items to pick (default: %(default)s)")
    sim.add_argument("--tools", choices=("suction", "pinch", "both"), default="both")
    sim.add_argument("--eyes", choices=("open", "closed"), default="closed", help="watch the cameras during motion")
    sim.add_argument("--disturb", default="none", help="none, all, or names of disturbances with commas between them")
    sim.add_argument("--seed", type=natural, default=0)
    sim.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, help="processes (default: all cores)")
    sim.add_argument("--out", type=Path, default=Path("out/sim"), help="folder of the report (default: %(default)s)")
    add_compare(commands)
    return top


def add_compare(commands: Any) -> None:
    """The grammar of `handpick compare`."""
    compare = commands.add_parser("compare", help="the same orders through one or both tools, eyes closed or open")
    compare.set_defaults(command=run_compare)
    compare.add_argument("--suite", type=names, default="books,boxes,bags", help="suites (default: %(default)s)")
    compare.add_argument("--orders", type=positive, default=100, help="per suite and seed (default: %(default)s)")
    compare.add_argument("--seeds", type=positive, default=1, help="how many seeds (default: %(default)s)")
    compare.add_argument("--seed", type=natural, default=0, help="the first of them (default: %(default)s)")
    compare.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, help="processes (default: all cores)")
    compare.add_argument("--out", type=Path, default=Path("out/compare"), help="folder (default: %(default)s)")


def names(text: str) -> list[str]:
    found = [name.strip() for name in text.split(",")]
    if not all(found) or len(set(found)) < len(found):
        raise argparse.ArgumentTypeError(f"expected different names with commas between them, got {text!r}")
    return found


def positive(text: str) -> int:
    if (number := natural(text)) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of 1 or more, got {text}")
    return number


def natural(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number of 0 or more, got {text}")
    return int(text)


def run_sim(options: argparse.Namespace) -> int:
    """Simulate, report, and show the summary even where the folder cannot be written."""
    from sim.plan import SimPlan
    from sim.run import simulate

    plan = SimPlan(options.suite, options.orders, options.tools, options.seed, options.eyes, options.disturb)
    with claimed(options.out):
        run = simulate(plan, options.jobs)
        summary = summarise(run)
        print(table(summary))
        folder = write_report(run, options.out)
    print(f"\n  {folder / 'report.html'}")
    return 130 if run.interrupted else int(bool(summary["errors"]))


def run_compare(options: argparse.Namespace) -> int:
    """Compare, or go on with what the folder holds of a comparison."""
    from handpick.compare import Study, Trial, compare
    from handpick.compare.table import table as comparison
    from sim.plan import EYES, SimPlan
    from sim.run import simulate
    from sim.workers.ticker import terminal

    def plan(trial: Trial) -> SimPlan:
        return SimPlan(trial.suite, trial.orders, trial.variant.tools, trial.seed, trial.variant.eyes)

    def config(trial: Trial) -> dict[str, object]:
        plan(trial).check()
        return plan(trial).config()

    check_folder(options.out)
    seeds = range(options.seed, options.seed + options.seeds)
    run = lambda trial, done, show: simulate(plan(trial), options.jobs, show, skip=done)
    study = Study(options.suite, seeds, options.orders, tuple(EYES))
    summary, interrupted = compare(study, config, run, options.out, terminal())
    print(comparison(summary))
    print(f"\n  {options.out / 'compare.html'}")
    return 130 if interrupted else int(bool(summary["problems"]))


if __name__ == "__main__":
    sys.exit(main())
