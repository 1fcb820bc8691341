"""What to do next, from one look: lift something, drag something aside, or say why neither."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from grasping.attempts import Attempts, Failure
from grasping.choose import choose
from grasping.grasp import Grasp
from grasping.propose import propose
from grasping.quality.worth import Stakes, blocked
from grasping.skills.drag import Drag, drags
from handpick.picking.outlook import View
from handpick.picking.stack import Stack
from motion.plan import DragMotion
from motion.planner import NoPlace, PickMotion, PlanError
from perception.camera import CameraFrame
from perception.scene import Scene

T = TypeVar("T")

MOST_DRAGS = 3  # of one item
FIRST, DRAGS = 5, 2  # shares of a look's plans: of what is worth lifting, and of what may be dragged; the rest is left
SWINGS = 1  # drags of which it is asked whether a book can be swung up then: that takes as long as a plan


@dataclass(frozen=True)
class Look:
    """One pass's view of the cell, handed to whoever draws it."""

    frames: tuple[CameraFrame, ...]
    scene: Scene
    grasp: Grasp | None


@dataclass(frozen=True, eq=False)
class Thought:
    """The next pick, else what to drag aside, or why there is neither; and what the wall clock said."""

    look: Look
    motion: PickMotion | DragMotion | None
    cause: str
    perceive_ms: float
    plan_ms: float
    view: View | None = None


class Tries:
    """What one look has planned: nothing twice, and no more than `most` in all."""

    def __init__(self, most: int) -> None:
        self.left = most
        self.done: list[object] = []

    def fresh(self, options: Iterable[T], most: int) -> Iterator[T]:
        """Up to `most` of the options, one after the other, that have not been planned yet."""
        for option in options:
            if not min(most, self.left):
                return
            if not any(option is other for other in self.done):
                most, self.left = most - 1, self.left - 1
                self.done.append(option)
                yield option


def think(stack: Stack, view: View, past: Attempts) -> Thought:
    """Perceive, propose, choose, plan. Where nothing is worth lifting by itself, drag aside what may cover others, else
    lift what stands in the others' way: the bin would be lost otherwise.
    """
    began = time.perf_counter()
    scene = view.completed(stack.perceiver.perceive(view.frames, view.robot))
    perceived = time.perf_counter()
    options = propose(scene, stack.tool, stack.tools, stack.quality)
    ranked = choose(options, stack.planner.time, past)
    motion: PickMotion | DragMotion | None
    tries, cause = Tries(stack.patience.plans), "nothing graspable" if scene.items else "nothing seen"
    grasp, motion, cause = first_plan(stack, tries.fresh(ranked, FIRST), scene, view, past, cause)
    if motion is None and view.left is None:
        found = drags(scene, [grasp for grasp in options if not past.unheld(grasp)])
        grasp, motion = first_drag(stack, tries, found, options, scene, view, past)
    if motion is None and view.left is None:
        ranked = choose(options, stack.planner.time, past, blocked(len(scene.items)))
        grasp, motion, cause = first_plan(stack, tries.fresh(ranked, tries.left), scene, view, past, cause)
    planned = time.perf_counter()
    look = Look(view.frames, scene, grasp)
    return Thought(look, motion, cause, 1e3 * (perceived - began), 1e3 * (planned - perceived), view)


def first_plan(
    stack: Stack, ranked: Iterable[Grasp], scene: Scene, view: View, past: Attempts, cause: str
) -> tuple[Grasp | None, PickMotion | None, str]:
    """The best grasp that the planner finds a motion for, and the last reason why not: `cause` where none is tried."""
    for grasp in ranked:
        try:
            return grasp, stack.planner.plan(grasp, scene, view.positions, view.left), ""
        except PlanError as error:
            cause = type(error).__name__
            past.record_plan(grasp, Failure.NO_PLACE if isinstance(error, NoPlace) else Failure.NO_PLAN)
    return None, None, cause


def first_drag(
    stack: Stack,
    tries: Tries,
    found: tuple[Drag, ...],
    options: Sequence[Grasp],
    scene: Scene,
    view: View,
    past: Attempts,
) -> tuple[Grasp | None, DragMotion | None]:
    """The best drag that the planner finds a motion for: to where a book can be swung up, else what uncovers most.

    What was dragged often enough is left.
    """
    left = [drag for drag in found if past.drags(drag.grasp) < MOST_DRAGS]
    hinged = {grasp.item: grasp for grasp in sorted(options, key=Stakes().gain) if grasp.hinge}
    books = [drag for drag in left if drag.grasp.item in hinged][:SWINGS]
    up = lambda drag: stack.planner.swings(hinged[drag.grasp.item], drag.way, scene, view.positions)
    for drag in tries.fresh(chain(filter(up, books), left), DRAGS):
        try:
            return drag.grasp, stack.planner.drag(drag, scene, view.positions)
        except PlanError:
            continue
    return None, None
