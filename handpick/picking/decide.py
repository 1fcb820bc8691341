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
from grasping.skills.drag import drags
from handpick.picking.outlook import View
from handpick.picking.stack import Stack
from motion.errors import NoPlace, PlanError
from motion.plan import Plan
from perception.camera import CameraFrame
from perception.scene import Scene

T = TypeVar("T")

MOST_DRAGS = 3  # of one item
FIRST, DRAGS = 5, 2  # shares of a look's plans: of what is worth lifting, and of what may be dragged; the rest is left
MADE_ROOM = 1  # drags of which it is asked whether they make the room that a grasp needs: that takes as long as a plan


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
    plan: Plan | None
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
    tries, cause = Tries(stack.patience.plans), "nothing graspable" if scene.items else "nothing seen"
    grasp, plan, cause = first_plan(stack, tries.fresh(ranked, FIRST), scene, view, past, cause)
    if plan is None and view.left is None:
        found = drags(scene, [grasp for grasp in options if not past.unheld(grasp)])
        grasp, plan = first_drag(stack, tries, found, options, scene, view, past)
    if plan is None and view.left is None:
        ranked = choose(options, stack.planner.time, past, blocked(len(scene.items)))
        grasp, plan, cause = first_plan(stack, tries.fresh(ranked, tries.left), scene, view, past, cause)
    planned = time.perf_counter()
    look = Look(view.frames, scene, grasp)
    return Thought(look, plan, cause, 1e3 * (perceived - began), 1e3 * (planned - perceived), view)


def first_plan(
    stack: Stack, ranked: Iterable[Grasp], scene: Scene, view: View, past: Attempts, cause: str
) -> tuple[Grasp | None, Plan | None, str]:
    """The best grasp that the planner finds a plan for, and the last reason why not: `cause` where none is tried."""
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
    found: tuple[Grasp, ...],
    options: Sequence[Grasp],
    scene: Scene,
    view: View,
    past: Attempts,
) -> tuple[Grasp | None, Plan | None]:
    """The best drag that has a plan: to where an item has the room that its grasp needs, else what uncovers most.

    What was dragged often enough is left.
    """
    left = [drag for drag in found if past.drags(drag) < MOST_DRAGS]
    cramped = {grasp.item: grasp for grasp in sorted(options, key=Stakes().gain) if grasp.skill.needs_room}
    beside = [drag for drag in left if drag.item in cramped][:MADE_ROOM]
    up = lambda drag: stack.planner.possible(cramped[drag.item], drag.skill.way, scene, view.positions)
    for drag in tries.fresh(chain(filter(up, beside), left), DRAGS):
        try:
            return drag, stack.planner.plan(drag, scene, view.positions)
        except PlanError:
            continue
    return None, None
