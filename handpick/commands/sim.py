"""`handpick sim`: simulate, report, and show the summary even where the folder cannot be written."""

from __future__ import annotations

import argparse
import sys

from handpick.interrupts import finished_first, leave
from handpick.requirement import shortfalls
from sim.workers.pool import early_worker

SHORT = 3  # exit code of a run that is not what was required of it


def run(options: argparse.Namespace) -> int:
    with early_worker("sim.run") as worker:  # imports beside what is imported here, which takes as long
        from handpick.explain.page import write_page
        from handpick.explain.recorder import emptied
        from handpick.recording.recorder import forgotten
        from handpick.report.claim import claimed
        from handpick.report.files import write_report
        from handpick.report.summary import summarise
        from handpick.report.table import table
        from sim.plan import SimPlan
        from sim.run import simulate

        choices = options.suite, options.orders, options.tools, options.seed, options.eyes, options.disturb
        with claimed(options.out):
            explain = emptied(options.out / "explain") if options.explain else None
            record = forgotten(options.record) if options.record else None
            plan = SimPlan(*choices, arm=options.arm, explain=explain, record=record, policy=options.policy)
            done = simulate(plan, options.jobs, first=worker)
            if done.interrupted and not done.picks:
                leave()
            summary = summarise(done)
            if not done.interrupted:
                print(table(summary))
            with finished_first():
                page = write_report(done, options.out, explained=options.explain) / "report.html"
                if plan.explain:
                    write_page(plan.explain, f"{plan.suite}, seed {plan.seed}")
    if done.interrupted:
        leave(kept=f"{len(done.picks)} picks are in {page}")
    print(f"\n  {page}")
    if options.record:
        print(f"  {options.record}/bin-*: a bag of each bin; `handpick replay` reads them")
    for line in (short := shortfalls(options.require, summary)):
        print(f"handpick: required of the run, {line}", file=sys.stderr)
    return 1 if summary["errors"] else SHORT if short else 0
