"""A rehearsal: everything that a run does, done once and small, so that all compiled code is there afterwards."""

from __future__ import annotations

from collections.abc import Callable

from handpick.compiling.progress import Compiling, told
from sim.plan import BinTask, SimPlan
from sim.run import work_bin


def rehearsal() -> BinTask:
    """One order with both tools and open eyes. Building the stack alone compiles nearly all."""
    return BinTask(SimPlan("boxes", 1, eyes="open"), 0, 1)


def rehearse(task: BinTask, tell: Callable[[Compiling], None]) -> None:
    """Pick what is ordered out of a bin, and tell what is compiled meanwhile."""
    with told(tell):
        work_bin(task, lambda pick: None)
