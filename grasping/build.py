"""Builds a Grasp from a candidate: its load, and the wrench limits of its hold."""

from __future__ import annotations

import numpy as np

from grasping.beliefs.belief import Belief
from grasping.beliefs.load import in_tool
from grasping.candidates.table import Candidates
from grasping.contact.shared_load import seal_limits
from grasping.contact.wrench_limits import MOTION_SAFETY, lip_leak, moved, pinch_limits, seal_vacuum
from grasping.grasp import Grasp, Odds, WrenchLimits
from grasping.quality.bowing import pinch_friction
from grasping.skill import Skill
from grasping.tools import DualTool, Tool, decoded
from perception.pose import Array, Pose
from perception.scene import Scene


def build(
    candidates: Candidates, i: int, odds: Array, scene: Scene, tool: DualTool, beliefs: list[Belief], skill: Skill
) -> Grasp:
    """Candidate `i` as a Grasp."""
    f, T, index = candidates.features[i], candidates.T_base_tool[i], int(candidates.item[i])
    return Grasp(
        tool=candidates.tool,
        item=scene.items[index].id,
        T_base_tool=Pose(T),
        opening=float(candidates.opening[i]),
        width=float(f["width"]),
        force=float(f["force"]),
        odds=Odds(*(float(p) for p in odds)),
        limits=limits(candidates.tool, f, tool),
        load=skill.carried(in_tool(beliefs[index].load, T)),
        appearance=beliefs[index].appearance,
        vacuum=float(f["vacuum"]),
        cups=decoded(f["cups"]),
        limp=candidates.tool is Tool.SUCTION and bool(f["vacuum"] < tool.cup.pressure_full),
        probe=bool(f["probe"]),
        skill=skill,
        features=f,
        slips=beliefs[index].slips,
    )


def limits(kind: Tool, f: np.void, tool: DualTool) -> WrenchLimits:
    """What motion may ask of the hold: the believed limits over MOTION_SAFETY, in the tool frame."""
    if kind is Tool.SUCTION:
        cups = decoded(f["cups"])
        leak = lip_leak(f["gap"], f["bend"], tool.cup)
        vacuum = min(float(seal_vacuum(leak, np.asarray(0.0), tool.cup, cups=len(cups))), float(f["vacuum"]))
        return seal_limits([vacuum * (i in cups) for i in range(len(tool.cup.places))], MOTION_SAFETY, tool.cup)
    friction = float(pinch_friction(f, tool.gripper.friction))
    held = pinch_limits(float(f["force"]) / MOTION_SAFETY, friction, float(f["width"]), float(f["patch_radius"]))
    return moved(held, Pose.from_rotation((f["patch_x"], 0, f["patch_z"]), np.eye(3)))
