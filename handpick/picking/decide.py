"""One look's decision: perceive, propose, choose and plan; a plan, or the cause why there is none."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from grasping.attempts import Attempts
from grasping.grasp import Grasp
from grasping.propose import propose
from grasping.quality.worth import Stakes
from handpick.outcome import Aim, Cause
from handpick.picking.outlook import View
from handpick.picking.planning import Planning, Refused
from handpick.picking.stack import Stack
from motion.plan import Plan
from perception.camera import CameraFrame
from perception.scene import Scene


@dataclass(frozen=True, eq=False)
class Look:
    """One pass's view of the cell, handed to whoever draws or explains it.

    Attributes:
        grasp: what was chosen, None: nothing. options: all that the scene offers. aside: moves aside among them.
        refused: those that have no plan, in the order in which they were tried.
        past: what was remembered of failures before the look. stakes: by which it was decided.
    """

    frames: tuple[CameraFrame, ...]
    scene: Scene
    grasp: Grasp | None
    options: tuple[Grasp, ...] = ()
    refused: tuple[Refused, ...] = ()
    past: Attempts | None = None
    stakes: Stakes = field(default_factory=Stakes)


@dataclass(frozen=True, eq=False)
class Thought:
    """The next plan, or why there is none; what the wall clock said; whether weights on trial decided; and what it is
    for, where items are ordered by name.
    """

    look: Look
    plan: Plan | None
    cause: Cause | None
    perceive_ms: float
    plan_ms: float
    view: View | None = None
    trial: bool | None = None
    aim: Aim | None = None


def think(stack: Stack, view: View, past: Attempts, trial: bool | None = None) -> Thought:
    """Perceive, propose, choose, plan.

    trial: whether the weights on trial decide; None where none are.
    """
    quality = stack.canary.quality if trial and stack.canary else stack.quality
    began, before = time.perf_counter(), past.copy()
    scene = view.completed(stack.perceiver.perceive(view.frames, view.robot))
    perceived = time.perf_counter()
    options = propose(scene, stack.tool, stack.tools, quality, past=past, stakes=stack.stakes)
    planning = Planning(stack, scene, view, past)
    choice = stack.chooser.choose(planning, options)
    planned = time.perf_counter()
    grasp, plan = choice.found or (None, None)
    look = Look(view.frames, scene, grasp, options, tuple(planning.refused), before, stack.stakes)
    took = 1e3 * (perceived - began), 1e3 * (planned - perceived)
    thought = Thought(look, plan, choice.cause, *took, view, trial, choice.aim)
    stack.on_thought(thought)
    return thought
