"""The plans of one look: which options have one, and why the others have none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from grasping.attempts import Attempts, Failure
from grasping.grasp import Grasp
from handpick.outcome import Cause
from handpick.picking.outlook import View
from motion.errors import GraspTooWeak, InCollision, LimitsExceeded, NoPath, NoPlace, PlanError, Unreachable
from motion.plan import Plan
from perception.scene import Scene

if TYPE_CHECKING:
    from handpick.picking.stack import Stack

CAUSES: Mapping[type[PlanError], Cause] = MappingProxyType(
    {
        Unreachable: Cause.UNREACHABLE,
        InCollision: Cause.IN_COLLISION,
        NoPath: Cause.NO_PATH,
        NoPlace: Cause.NO_PLACE,
        GraspTooWeak: Cause.TOO_WEAK,
        LimitsExceeded: Cause.LIMITS,
    }
)


@dataclass(frozen=True, eq=False)
class Refused:
    """A grasp that has no plan: the cause, and the planner's own words."""

    grasp: Grasp
    cause: Cause
    words: str


class Planning:
    """The plans of one look: no grasp is planned twice, and no more are than patience allows."""

    def __init__(self, stack: Stack, scene: Scene, view: View, past: Attempts) -> None:
        self.stack, self.scene, self.view, self.past = stack, scene, view, past
        self.left = stack.patience.plans
        self.tried: list[Grasp] = []
        self.refused: list[Refused] = []

    def first(self, options: Iterable[Grasp], most: int) -> tuple[Grasp, Plan] | None:
        """The first of the options that has a plan, of up to `most` that have not been tried yet."""
        for grasp in self._fresh(options, most):
            try:
                plan = self.stack.planner.plan(grasp, self.scene, self.view.positions, self.view.left)
                return grasp, plan
            except PlanError as error:
                cause = cause_of(error)
                self.refused.append(Refused(grasp, cause, str(error)))
                if grasp.skill.leaves_tote:
                    failure = Failure.NO_PLACE if cause is Cause.NO_PLACE else Failure.NO_PLAN
                    self.past.record_plan(grasp, failure, cause.value)
        return None

    def _fresh(self, options: Iterable[Grasp], most: int) -> Iterator[Grasp]:
        for grasp in options:
            if not min(most, self.left):
                return
            if not any(grasp is other for other in self.tried):
                most, self.left = most - 1, self.left - 1
                self.tried.append(grasp)
                yield grasp


def cause_of(error: PlanError) -> Cause:
    """The cause that a planning error is an instance of."""
    return next((CAUSES[kind] for kind in type(error).__mro__ if kind in CAUSES), Cause.NO_PATH)
