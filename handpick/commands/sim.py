"""`handpick sim`: simulate, report, and show the summary even where the folder cannot be written."""

from __future__ import annotations

import argparse

from handpick.report.files import check_folder, write_report
from handpick.report.summary import summarise
from handpick.report.table import table
from sim.plan import SimPlan
from sim.run import simulate


def run(options: argparse.Namespace) -> int:
    check_folder(options.out)
    plan = SimPlan(options.suite, options.orders, options.tools, options.seed, options.eyes, options.disturb)
    record = simulate(plan, options.jobs)
    if record.interrupted and not record.picks:
        raise KeyboardInterrupt
    summary = summarise(record)
    print(table(summary))
    folder = write_report(record, options.out)
    print(f"\n  {folder / 'report.html'}")
    return 130 if record.interrupted else int(bool(summary["errors"]))
