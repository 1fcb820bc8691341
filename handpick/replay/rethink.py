"""One look of a recording thought out anew: with the recorded cell's own stack, or from images alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from grasping.attempts import Attempts
from grasping.grasp import Grasp
from grasping.tools import DualTool
from handpick.explain.offers import graspless
from handpick.explain.picture import Picture, pictures
from handpick.explain.record import items_data, memory_data, option_data
from handpick.explain.verdict import Considered, considered
from handpick.grasp_plan.plan import plan
from handpick.picking.decide import Look, Thought, think
from handpick.picking.outlook import View
from handpick.picking.stack import Stack
from handpick.recording.errors import RecordingError
from handpick.recording.moment import Json, Moment
from handpick.recording.own import CELL, INPUTS, Inputs, RecordedCell
from handpick.recording.plain import from_plain
from handpick.replay.differences import compared
from motion.robot.arm import Arm
from motion.robot.load import load_arm, shipped
from perception.camera import CameraFrame
from perception.depth_image import GREY

MOST = 30  # grasps of a look that are told
Heard = Callable[[Thought, Arm | None], None]


@dataclass(frozen=True, eq=False)
class Rethought:
    """A look thought out anew, as JSON data that is the same every time; pictures; milliseconds by what took them."""

    data: Json
    pictures: Sequence[Picture] = ()
    took: dict[str, float] = field(default_factory=dict)


class Thinker(Protocol):
    """Thinks looks out anew, in their order."""

    def rethink(self, moment: Moment) -> Rethought:
        """Raises HandpickError where the look tells nothing."""
        ...


class OwnThinker:
    """The stack of a recorded cell. It remembers from look to look, as it did then.

    Args:
        cell: as Handpick recorded it. arm: in place of the recorded one. where: names the recording.
        heard: is told every decision, and with which arm.

    Raises:
        RecordingError: the cell cannot be read. ArmError: its arm is not one of those that Handpick brings.
    """

    def __init__(self, cell: Json, arm: str | None, where: str, heard: Heard = lambda thought, arm: None) -> None:
        self.where = where
        self.cell: RecordedCell = from_plain(RecordedCell, cell, f"{where}: {CELL}")
        if arm is None and self.cell.arm not in shipped():  # a recording does not say what is read of this machine
            raise RecordingError(
                f"{where}: was recorded with the arm {self.cell.arm!r:.100}; name its folder with --arm"
            )
        description = load_arm(arm or self.cell.arm)
        built = self.cell.layout, self.cell.tool, self.cell.tools
        made = Stack.build(*built, arm=description, stakes=self.cell.stakes)
        self.stack = replace(made, on_thought=lambda thought: heard(thought, made.arm))

    def think(self, moment: Moment) -> Thought:
        """The decision made anew. Raises HandpickError where the look tells nothing."""
        view, past = self._view(moment)
        try:
            return think(self.stack, view, past)
        except (ValueError, IndexError, TypeError) as error:
            where = f"{self.where}: look at {moment.stamp:.3f} s"
            raise RecordingError(f"{where}: expected inputs that fit the cell, got others: {error}") from error

    def rethink(self, moment: Moment) -> Rethought:
        thought = self.think(moment)
        look = thought.look
        found = considered(look, self.stack.planner.time)
        without = {item.id for item in look.scene.items} - {one.grasp.item for one in found}
        told = sorted(found, key=_order)[:MOST]
        data = {
            "items": items_data(look.scene, found, graspless(look.scene, without, self.stack)),
            "offered": len(found),
            "grasps": [{**option_data(one), "T_base_tool": _rounded(one.grasp)} for one in told],
            "chosen": next((i for i, one in enumerate(told) if one.grasp is look.grasp), None),
            "cause": str(thought.cause) if thought.cause else "",
            "motion": _motion(thought),
            "memory": memory_data(look.past or Attempts(), found),
            **compared(moment, look, found),
        }
        views = pictures(look, [one.grasp for one in told], self.stack.tool)
        return Rethought(data, views, {"perceive_ms": thought.perceive_ms, "plan_ms": thought.plan_ms})

    def _view(self, moment: Moment) -> tuple[View, Attempts]:
        frames = self._frames(moment)
        if moment.decision and moment.decision.inputs is not None:
            where = f"{self.where}: {INPUTS} of look {moment.decision.look}"
            found: Inputs = from_plain(Inputs, moment.decision.inputs, where)
            return View(frames, found.robot, found.positions, found.left, found.placed), found.past
        return self._resting_view(moment, frames), Attempts()

    def _resting_view(self, moment: Moment, frames: tuple[CameraFrame, ...]) -> View:
        """A look of which nothing is known but the joints, as if the arm were at rest."""
        state, names = moment.state, self.stack.arm.description.joint_names
        if state is None or not set(names) <= set(state.joints):
            raise RecordingError(
                f"{self.where}: expected positions of the joints {', '.join(names)} at {moment.stamp:.3f} s, got "
                f"{'none' if state is None else ', '.join(state.joints)}; record /joint_states"
            )
        positions = np.array([state.positions[state.joints.index(name)] for name in names])
        gap, travel = state.tool.get("finger_gap", 0.0), state.tool.get("cup_travel", 0.0)
        return View(frames, self.stack.arm.capsules(positions, gap, travel), positions)

    def _frames(self, moment: Moment) -> tuple[CameraFrame, ...]:
        """The images of the layout's cameras, in its order."""
        images = {image.name: image for image in moment.images}
        frames = []
        for camera in self.cell.layout.cameras:
            if image := images.get(camera.name):
                color = image.color if image.color is not None else np.full((*image.depth.shape, 3), GREY, np.uint8)
                frames.append(CameraFrame(camera, moment.stamp, image.metres, color))
        return tuple(frames)


class ImageThinker:
    """Grasps of both tools from images alone, each look by itself: the registration by which a tracker remembers sums
    in another order each time, and a replay gives the same figures every time.

    Args:
        heard: is told every look, in the frame of what the items stand on.
    """

    def __init__(self, heard: Heard = lambda thought, arm: None) -> None:
        self.tool, self.heard = DualTool(), heard

    def rethink(self, moment: Moment) -> Rethought:
        found = plan(moment.images, self.tool)
        told = found.to_json(self.tool)
        look = Look(found.frames, found.scene, found.grasps[0] if found.grasps else None, found.grasps)
        self.heard(Thought(look, None, None, 0.0, 0.0), None)
        data = {
            **told,
            "offered": len(found.grasps),
            "grasps": told["grasps"][:MOST],
            "chosen": 0 if found.grasps else None,
            "cause": "" if found.grasps else "no grasp",
            "motion": None,
        }
        return Rethought(data, pictures(look, found.grasps[:MOST], self.tool))


def _order(one: Considered) -> tuple[float, float]:
    return (np.inf if one.rank is None else one.rank), -one.gain


def _motion(thought: Thought) -> Json | None:
    """The planned motion, phase by phase."""
    if thought.plan is None:
        return None
    seconds = [round(step.trajectory.duration, 4) if step.trajectory else 0.0 for step in thought.plan.steps]
    steps = [{"phase": step.phase.value, "seconds": took} for step, took in zip(thought.plan.steps, seconds)]
    return {"seconds": round(sum(seconds), 4), "steps": steps}


def _rounded(grasp: Grasp) -> list[list[float]]:
    found: list[list[float]] = grasp.T_base_tool.matrix.round(5).tolist()
    return found
