"""What Handpick records besides images: its cell, each decision with all that it was thought out from, each outcome.

All of it is JSON in std_msgs/String. A decision and its inputs have the very time of their look's images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grasping.attempts import Attempts
from grasping.grasp import Grasp
from grasping.quality.worth import Stakes
from grasping.tools import DualTool, Tool
from handpick.cell import CellLayout
from handpick.outcome import PickOutcome
from handpick.picking.decide import Thought
from handpick.picking.outlook import Placed
from handpick.recording.moment import Json
from handpick.recording.plain import from_plain, to_plain
from motion.robot.tool_state import ToolState
from perception.capsules import Capsules
from perception.pose import Array, Pose

CELL, DECISION, INPUTS, OUTCOME = (f"/handpick/{name}" for name in ("layout", "decision", "inputs", "outcome"))
TOOL, PLAN = "/handpick/tool", "/handpick/plan"
OPTIONS = 20  # of a decision that are told
BASE = "base"


@dataclass(frozen=True, eq=False)
class RecordedCell:
    """A cell: its layout, tool, which of the two tools are used, its arm's name, and by which stakes it decides."""

    layout: CellLayout
    tool: DualTool
    tools: frozenset[Tool]
    arm: str
    version: str
    stakes: Stakes = field(default_factory=Stakes, metadata={"since": "0.5.0"})


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a look was thought out from besides its images: as in `View`, and what was remembered of failures."""

    robot: Capsules
    positions: Array
    left: ToolState | None
    placed: Placed | None
    past: Attempts


def camera_poses(cell: Json, where: str) -> Mapping[str, Pose]:
    """T_base_camera of each camera of a recorded cell, exactly as it was. Raises RecordingError."""
    layout: CellLayout = from_plain(CellLayout, cell.get("layout"), f"{where}: {CELL}")
    return {camera.name: camera.T_base_camera for camera in layout.cameras}


def inputs_of(thought: Thought) -> Json:
    """The inputs of a decision as JSON data."""
    view = thought.view
    assert view is not None
    past = thought.look.past or Attempts()
    found: Json = to_plain(Inputs(view.robot, view.positions, view.left, view.placed, past))
    return found


def decision_of(look: int, thought: Thought) -> Json:
    """A decision in plain figures, metres, seconds and 4x4 poses in the base frame; options as they were proposed."""
    plan = thought.plan
    return {
        "look": look,
        "items": len(thought.look.scene.items),
        "views": len(thought.look.scene.cameras),
        "chosen": chosen_data(thought.look.grasp, thought) if thought.look.grasp else None,
        "cause": str(thought.cause) if thought.cause else "",
        "options": [grasp_data(grasp, thought) for grasp in thought.look.options[:OPTIONS]],
        "offered": len(thought.look.options),
        "refused": [
            {**grasp_data(refused.grasp, thought), "cause": str(refused.cause), "words": refused.words}
            for refused in thought.look.refused
        ],
        "steps": [
            {"phase": step.phase.value, "seconds": step.trajectory.duration if step.trajectory else 0.0}
            for step in (plan.steps if plan else ())
        ],
    }


def chosen_data(grasp: Grasp, thought: Thought) -> Json:
    """The chosen grasp, with the features by which its odds were told: what comes of it may teach others."""
    known = grasp.features
    features = None if known is None else {name: float(known[name]) for name in known.dtype.names or ()}
    return {**grasp_data(grasp, thought), "features": features}


def grasp_data(grasp: Grasp, thought: Thought) -> Json:
    """A grasp in plain figures, with the middle of its item."""
    odds = grasp.odds
    return {
        "tool": grasp.tool.value,
        "item": grasp.item,
        "item_position": to_plain(thought.look.scene.item(grasp.item).T_base_box.position),
        "skill": grasp.skill.name,
        "T_base_tool": grasp.T_base_tool.matrix.tolist(),
        "opening": grasp.opening,
        "force": grasp.force,
        "vacuum": grasp.vacuum,
        "cups": list(grasp.cups),
        "odds": {**to_plain(odds), "placed_undamaged": odds.placed_undamaged},
    }


def outcome_of(look: int, outcome: PickOutcome) -> Json:
    """An outcome in plain figures."""
    return {
        "look": look,
        "result": outcome.result.value,
        "cause": str(outcome.cause) if outcome.cause else "",
        "tool": outcome.tool.value if outcome.tool else "",
        "skill": outcome.skill,
        "started": outcome.started,
        "ended": outcome.ended,
        "released": outcome.released,
        "stages": outcome.stages,
        "events": [f"{event.kind.value} at {event.stamp:.3f} s: {event.answer}" for event in outcome.events],
    }
