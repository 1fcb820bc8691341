"""One bin in this process, with all that is needed to pick it, for whoever looks on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic

from handpick.loop import run_bin
from handpick.outcome import PickOutcome
from handpick.picking.decide import Look, Thought
from handpick.picking.stack import Stack
from sim.cell import AnyCell
from sim.plan import STEP, SimPlan, generators
from sim.render.renderer import make_renderer
from sim.suites import bin_specs


@dataclass(frozen=True, eq=False)
class OneBin(Generic[AnyCell]):
    """The first bin of a plan: the same that a run of the plan begins with."""

    plan: SimPlan
    cell: AnyCell
    stack: Stack

    def pick(
        self,
        on_thought: Callable[[Thought], None] = lambda thought: None,
        on_pick: Callable[[PickOutcome, Look | None], None] = lambda outcome, look: None,
        proceed: Callable[[], bool] = lambda: True,
    ) -> list[PickOutcome]:
        """Pick the plan's orders. Raises CellStopped, BlindError, ViewError."""
        stack = replace(self.stack, on_thought=on_thought)
        replaced = self.cell.replace_destination
        return run_bin(self.cell, stack, self.plan.orders, on_pick, proceed, replace_destination=replaced)


@contextmanager
def one_bin(plan: SimPlan, kind: type[AnyCell]) -> Iterator[OneBin[AnyCell]]:
    """Fill the first bin of a plan and build the stack for it. All is closed at the end.

    Raises:
        UnknownSuiteError, ToolsError, EyesError, ArmError: the plan names something that does not exist.
    """
    plan.check()
    items, world = generators(plan.seed, 0)
    renderer = make_renderer()
    try:
        specs = bin_specs(plan.suite, items)
        cell = kind.build(plan.layout, plan.tool, specs, renderer, world, STEP, arm=plan.robot)
        try:
            stack = plan.stack()
            yield OneBin(plan, cell, stack)
        finally:
            cell.close()
    finally:
        renderer.close()
