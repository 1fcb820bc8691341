"""The command line: `handpick sim ...`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from handpick.report import summarise, table, write_report
from handpick.report.files import check_folder
from perception.errors import HandpickError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Exit codes: 0 done, 1 the run had errors, 2 bad input, 130 interrupted."""
    options = parser().parse_args(arguments)
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
    sim.add_argument("--seed", type=natural, default=0)
    sim.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, help="processes (default: all cores)")
    sim.add_argument("--out", type=Path, default=Path("out/sim"), help="folder of the report (default: %(default)s)")
    return top


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
    from sim.run import SimPlan, simulate

    check_folder(options.out)
    plan = SimPlan(options.suite, options.orders, options.tools, options.seed)
    run = simulate(plan, options.jobs)
    summary = summarise(run)
    print(table(summary))
    folder = write_report(run, options.out)
    print(f"\n  {folder / 'report.html'}")
    return 130 if run.interrupted else int(bool(summary["errors"]))


if __name__ == "__main__":
    sys.exit(main())
