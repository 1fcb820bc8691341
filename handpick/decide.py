"""What to do next, from one look: lift something, drag something aside, or say why neither."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from grasping.choice import Attempts, choose
from grasping.drag import Drag, drags
from grasping.grasp import Grasp
from grasping.propose import propose
from grasping.stakes import BLOCKED, Stakes
from handpick.stack import Stack
from handpick.view import View
from motion.pick import DragMotion
from motion.planner import PickMotion, PlanError
from perception.camera import CameraFrame
from perception.scene import Scene

MOST_DRAGS = 3  # of one item


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


def think(stack: Stack, view: View, past: Attempts, rng: np.random.Generator) -> Thought:
    """Perceive, propose, choose, plan. Where nothing is worth lifting by itself, drag aside what may cover others, else
    lift what stands in the others' way: the bin would be lost otherwise.
    """
    began = time.perf_counter()
    scene = view.completed(stack.perceiver.perceive(view.frames, view.robot))
    perceived = time.perf_counter()
    options = propose(scene, stack.tool, stack.tools, rng, stack.quality)
    ranked = choose(options, stack.planner.time, past)
    motion: PickMotion | DragMotion | None
    grasp, motion, cause = first_plan(stack, ranked, scene, view, past)
    if motion is None and view.left is None:
        grasp, motion = first_drag(stack, drags(scene, options), options, scene, view, past)
    if motion is None and view.left is None:
        ranked = choose(options, stack.planner.time, past, BLOCKED)
        grasp, motion, cause = first_plan(stack, ranked, scene, view, past)
    planned = time.perf_counter()
    look = Look(view.frames, scene, grasp)
    return Thought(look, motion, cause, 1e3 * (perceived - began), 1e3 * (planned - perceived), view)


def first_plan(
    stack: Stack, ranked: tuple[Grasp, ...], scene: Scene, view: View, past: Attempts
) -> tuple[Grasp | None, PickMotion | None, str]:
    """The best grasp that the planner finds a motion for, and the last reason why not."""
    cause = "nothing graspable" if scene.items else "nothing seen"
    for grasp in ranked[: stack.patience.plans]:
        try:
            return grasp, stack.planner.plan(grasp, scene, view.positions, view.left), ""
        except PlanError as error:
            cause = type(error).__name__
            past.record(grasp, scene, False, cause, executed=False)
    return None, None, cause


def first_drag(
    stack: Stack, found: tuple[Drag, ...], options: Sequence[Grasp], scene: Scene, view: View, past: Attempts
) -> tuple[Grasp | None, DragMotion | None]:
    """The best drag that the planner finds a motion for: to where a book can be swung up, else what uncovers most.

    What was dragged often enough is left.
    """
    fresh = [drag for drag in found if past.drags(drag.grasp) < MOST_DRAGS][: stack.patience.plans]
    hinged = {grasp.item: grasp for grasp in sorted(options, key=Stakes().gain) if grasp.hinge}
    up = lambda drag: stack.planner.swings(hinged[drag.grasp.item], drag.way, scene, view.positions)
    for drag in chain((d for d in fresh if d.grasp.item in hinged and up(d)), fresh):
        try:
            return drag.grasp, stack.planner.drag(drag, scene, view.positions)
        except PlanError:
            continue
    return None, None
