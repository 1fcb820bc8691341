"""Everything that a run does, done once and small, so that all compiled code is there afterwards."""

from __future__ import annotations

from collections.abc import Callable

from handpick.compiling.progress import Compiling, told
from sim.plan import BinTask, SimPlan
from sim.run import work_bin

# Suites whose bins ask for different ways of picking, and the share of their picks that are disturbed.
BINS = (("books", 0.0), ("mixed", 1.0))


def rehearsals(seed: int = 0) -> list[BinTask]:
    """Bins with two orders each, both tools and open eyes."""
    plans = [SimPlan(suite, 2, seed=seed, eyes="open", disturb="all", share=share) for suite, share in BINS]
    return [BinTask(plan, 0, plan.orders) for plan in plans]


def rehearse(task: BinTask, tell: Callable[[Compiling], None]) -> None:
    """Pick what is ordered out of a bin, and tell what is compiled meanwhile."""
    with told(tell):
        work_bin(task, lambda pick: None)
