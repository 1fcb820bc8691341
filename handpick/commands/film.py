"""`handpick film`: film the picks of a simulated bin as they truly were, or those of a recording as planned."""

from __future__ import annotations

import argparse

from sim.workers.ticker import terminal


def run(options: argparse.Namespace) -> int:
    from sim.film.movie import checked

    checked(options.out)
    if options.path is None:
        from sim.film.shoot import shoot
        from sim.plan import SimPlan

        plan = SimPlan(options.suite, options.orders, seed=options.seed, arm=options.arm or "panda")
        path = shoot(plan, options.out, options.skip, options.size, terminal())
    else:
        from handpick.commands.view import left_out
        from handpick.viewer.stored import Choice, stored
        from sim.film.played import play

        choice = Choice(options.skip, options.picks, options.arm)
        path = play(stored(options.path, choice, left_out), options.out, options.size, terminal())
    print(f"\n  {path}")
    return 0
