"""Candidates where grasps of an earlier scene were, described as this scene shows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grasping.beliefs.surface_samples import surface
from grasping.candidates.pinch import pads
from grasping.candidates.suction import at_seeds
from grasping.candidates.table import Candidates
from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from perception.pose import Array
from perception.scene import Scene

TILT = np.deg2rad(50)  # of a cup from plumb
GONE = 0.015  # metres from a cup's place beyond which the item has no surface there any more
SAME_TURN = np.cos(np.deg2rad(35))  # of the frames of one grasp in two scenes, cosine


def again(scene: Scene, tool: DualTool, grasps: Sequence[Grasp]) -> list[Candidates]:
    """A candidate at each grasp of one tool (a cup in all its turns), on the item that is nearest to it."""
    found = []
    for grasp in grasps:
        index = _item_at(scene, touched(grasp, tool))
        patch = surface(scene.items[index])
        if grasp.tool is Tool.PINCH:
            found.append(pads(index, grasp.T_base_tool.matrix[None], patch, tool.gripper))
            continue
        off = np.linalg.norm(patch.points - touched(grasp, tool), axis=1) + GONE * (patch.normals[:, 2] <= 0)
        if off.min() > GONE:
            continue
        seeds = patch.points[[int(off.argmin())]]
        found += at_seeds(scene, index, patch, seeds, tool.cup, TILT, grasp.cups)
    return found


def nearest(T: Array, place: Array, apart: float) -> int | None:
    """Of tool frames, shape (N, 4, 4), the one most like `place` (4, 4), if it is no more than `apart` metres off."""
    if not len(T):
        return None
    off = np.linalg.norm(T[:, :3, 3] - place[:3, 3], axis=1)
    cosine = ((T[:, :3, :3] * place[:3, :3]).sum(axis=(1, 2)) - 1) / 2
    fits = np.flatnonzero((off < apart) & (cosine > SAME_TURN))
    return int(fits[np.argmin(off[fits] + apart * (1 - cosine[fits]))]) if len(fits) else None


def touched(grasp: Grasp, tool: DualTool) -> Array:
    """Where a grasp touches its item, shape (3,): amid the opened cups, or between the fingertips."""
    middle = tool.cup.middle(grasp.cups) if grasp.tool is Tool.SUCTION else np.zeros(3)
    return np.asarray(grasp.T_base_tool.apply(middle))


def _item_at(scene: Scene, place: Array) -> int:
    """Index of the item whose surface is nearest to a place (3,)."""
    return int(np.argmin([np.linalg.norm(item.points - place, axis=1).min() for item in scene.items]))
