"""`handpick compare`: compare, or go on with what the folder holds of a comparison."""

from __future__ import annotations

import argparse
from functools import partial

from handpick.compare import Study, Trial, compare
from handpick.compare.curve_table import curve_table
from handpick.compare.table import table
from handpick.interrupts import leave
from handpick.report.files import check_folder
from sim.plan import SimPlan
from sim.run import simulate
from sim.workers.ticker import terminal


def run(options: argparse.Namespace) -> int:
    check_folder(options.out)
    seeds = range(options.seed, options.seed + options.seeds)
    study = Study(options.suite, seeds, options.orders, options.eyes, options.policy, options.damage, options.person)
    plan = partial(plan_of, options.arm)
    config = lambda trial: checked(plan(trial)).config()
    trial_run = lambda trial, done, show: simulate(plan(trial), options.jobs, show, skip=done)
    summary, interrupted = compare(study, config, trial_run, options.out, terminal())
    page = options.out / "compare.html"
    if interrupted:
        leave(kept=f"what is done is in {page}; the same command goes on")
    print(curve_table(summary) if study.prices else table(summary))
    print(f"\n  {page}")
    return int(bool(summary["problems"]))


def plan_of(arm: str, trial: Trial) -> SimPlan:
    """The plan of one run of the comparison."""
    how = trial.variant
    run = trial.suite, trial.orders, how.tools, trial.seed, how.eyes
    return SimPlan(*run, arm=arm, policy=how.policy, damage=how.damage)


def checked(plan: SimPlan) -> SimPlan:
    """A plan of which all exists."""
    plan.check()
    return plan
