"""`handpick sim`: simulate, report, and show the summary even where the folder cannot be written."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from handpick.interrupts import finished_first, leave
from handpick.requirement import shortfalls
from sim.workers.pool import early_worker

if TYPE_CHECKING:
    from sim.plan import SimPlan

SHORT = 3  # exit code of a run that is not what was required of it


def run(options: argparse.Namespace) -> int:
    with early_worker("sim.run") as worker:  # imports beside what is imported here, which takes as long
        from handpick.explain.page import write_page
        from handpick.explain.recorder import emptied
        from handpick.picking.canary import share_of
        from handpick.picking.evidence import Evidence
        from handpick.recording.inspection import FILE, inspection_csv
        from handpick.recording.recorder import forgotten
        from handpick.report.claim import claimed
        from handpick.report.files import write_report, write_texts
        from handpick.report.summary import summarise
        from handpick.report.table import table
        from sim.plan import SimPlan
        from sim.run import simulate

        choices = options.suite, options.orders, options.tools, options.seed, options.eyes, options.disturb
        with claimed(options.out):
            explain = emptied(options.out / "explain") if options.explain else None
            record = forgotten(options.record) if options.record else None
            whose = {"arm": options.arm, "policy": options.policy, "damage": options.damage}
            seen = Evidence(share_of(options.share))
            plan = SimPlan(*choices, **whose, explain=explain, record=record, canary=options.canary, evidence=seen)
            if options.orders_by == "item":
                plan = by_item(plan, options)
            done = simulate(plan, options.jobs, first=worker)
            if done.interrupted and not done.picks:
                leave()
            summary = summarise(done)
            if not done.interrupted:
                print(table(summary))
            with finished_first():
                if plan.record:
                    write_texts({FILE: inspection_csv(done)}, plan.record)
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


def by_item(plan: SimPlan, options: argparse.Namespace) -> SimPlan:
    """The same plan with orders that name items; their catalogue is made where it is missing."""
    from handpick.orders.serve import NAMING
    from sim.catalogue.shelf import stocked
    from sim.catalogue.shop import Shop

    shop = Shop(plan.suite, options.items)
    catalogue = stocked(shop, options.shelf, lambda line: print(line, flush=True))
    declared = replace(plan.declared, plan=plan.declared.plan + NAMING)
    return replace(plan, shop=shop, catalogue=catalogue, declared=declared)
