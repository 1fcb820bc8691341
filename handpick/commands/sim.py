"""`handpick sim`: simulate, report, and show the summary even where the folder cannot be written."""

from __future__ import annotations

import argparse

from handpick.interrupts import finished_first, leave
from sim.workers.pool import early_worker


def run(options: argparse.Namespace) -> int:
    with early_worker("sim.run") as worker:  # imports beside what is imported here, which takes as long
        from handpick.explain.page import write_page
        from handpick.explain.recorder import emptied
        from handpick.report.claim import claimed
        from handpick.report.files import write_report
        from handpick.report.summary import summarise
        from handpick.report.table import table
        from sim.plan import SimPlan
        from sim.run import simulate

        choices = options.suite, options.orders, options.tools, options.seed, options.eyes, options.disturb
        with claimed(options.out):
            explain = emptied(options.out / "explain") if options.explain else None
            plan = SimPlan(*choices, arm=options.arm, explain=explain)
            record = simulate(plan, options.jobs, first=worker)
            if record.interrupted and not record.picks:
                leave()
            summary = summarise(record)
            if not record.interrupted:
                print(table(summary))
            with finished_first():
                page = write_report(record, options.out, explained=options.explain) / "report.html"
                if plan.explain:
                    write_page(plan.explain, f"{plan.suite}, seed {plan.seed}")
    if record.interrupted:
        leave(kept=f"{len(record.picks)} picks are in {page}")
    print(f"\n  {page}")
    return int(bool(summary["errors"]))
