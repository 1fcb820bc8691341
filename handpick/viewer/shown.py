"""A look as it is shown: what was perceived, offered, chosen and planned, whoever drew it up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from grasping.grasp import Grasp
from grasping.tools import DualTool
from handpick.explain.verdict import Considered, Verdict, considered
from handpick.grasp_plan.result import GraspPlan
from handpick.outcome import PickOutcome
from handpick.picking.decide import Thought
from motion.plan import Plan
from motion.robot.arm import Arm
from perception.camera import CameraFrame
from perception.scene import Scene
from perception.tote import Box


@dataclass(frozen=True, eq=False)
class Offer:
    """A grasp on offer. worth: expected undamaged units of one try. verdict, why: what became of it, in words."""

    grasp: Grasp
    worth: float
    verdict: str = ""
    why: str = ""


@dataclass(frozen=True, eq=False)
class Shown:
    """One look at a bin. All poses are in one frame, the scene's.

    Attributes:
        title: what is seen, in a few words.
        frames: what the cameras saw.
        offers: the grasps on offer, best first.
        chosen: which of them was taken, None: none.
        plan: the motion of what was chosen. arm: that moves so. Either is None where there is none.
        boxes: what stands around besides the totes.
        notes: what else is to be said, in sentences.
    """

    title: str
    scene: Scene
    frames: tuple[CameraFrame, ...]
    offers: tuple[Offer, ...]
    chosen: int | None
    tool: DualTool
    plan: Plan | None = None
    arm: Arm | None = None
    boxes: tuple[Box, ...] = ()
    notes: tuple[str, ...] = ()


def of_thought(
    thought: Thought,
    arm: Arm,
    duration: Callable[[Grasp], float],
    boxes: Sequence[Box] = (),
    title: str = "",
    notes: Sequence[str] = (),
) -> Shown:
    """A decision of the pick loop.

    Args:
        duration: seconds that a pick with a grasp takes, as the choice was made with.
        boxes: what stands around besides the totes.
        notes: what else is to be said, in sentences.
    """
    look = thought.look
    found = sorted(considered(look, duration), key=_place)
    chosen = next((i for i, one in enumerate(found) if one.verdict is Verdict.CHOSEN), None)
    offers = tuple(Offer(one.grasp, one.gain, one.verdict.value, one.why) for one in found)
    told = [f"Tried before it, without a plan: {refused.words}" for refused in look.refused]
    if thought.cause is not None:
        told.append(f"Nothing is picked: {thought.cause.explanation}.")
    title = title or f"seen at {look.scene.stamp:.1f} s"
    said = (*told, *notes)
    return Shown(title, look.scene, look.frames, offers, chosen, arm.tool, thought.plan, arm, tuple(boxes), said)


def of_grasp_plan(plan: GraspPlan, tool: DualTool, title: str = "grasps") -> Shown:
    """A plan of grasps, in the support's frame; its best grasp counts as chosen."""
    offers = tuple(Offer(grasp, worth) for grasp, worth in zip(plan.grasps, plan.worth))
    return Shown(title, plan.scene, plan.frames, offers, 0 if offers else None, tool, notes=plan.notes)


def ending(outcome: PickOutcome) -> str:
    """How a pick ended, in a sentence."""
    seconds = outcome.ended - outcome.started
    if outcome.cause is None:
        return f"Placed, {seconds:.1f} s after the pick began."
    result, cause = outcome.result.value.capitalize(), outcome.cause
    return f"{result} after {seconds:.1f} s: {cause.value} ({cause.explanation})."


def _place(one: Considered) -> tuple[float, float]:
    return (np.inf if one.rank is None else one.rank, -one.gain * one.trust)
