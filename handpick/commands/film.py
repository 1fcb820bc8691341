"""`handpick film`: film the picks of a simulated bin, or the plans of a recording."""

from __future__ import annotations

import argparse

from sim.workers.ticker import terminal


def run(options: argparse.Namespace) -> int:
    from sim.film.movie import checked
    from sim.film.shoot import shoot
    from sim.plan import SimPlan

    checked(options.out)
    plan = SimPlan(options.suite, options.orders, seed=options.seed, arm=options.arm)
    path = shoot(plan, options.out, options.skip, options.size, terminal())
    print(f"\n  {path}")
    return 0
