"""Candidates where grasps of an earlier scene were, described as this scene shows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grasping.beliefs.surface_samples import surface
from grasping.candidates.pinch import pads
from grasping.candidates.suction import fit_rings, sites
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
        index = _item_at(scene, grasp)
        patch = surface(scene.items[index])
        if grasp.tool is Tool.PINCH:
            found.append(pads(index, grasp.T_base_tool.matrix[None], patch, tool.gripper))
            continue
        off = np.linalg.norm(patch.points - grasp.T_base_tool.position, axis=1) + GONE * (patch.normals[:, 2] <= 0)
        if off.min() > GONE:
            continue
        seeds, along = patch.points[[int(off.argmin())]], scene.source.T_base_tote.rotation[:, 0].copy()
        rings = fit_rings(
            patch.points, patch.normals, patch.seen, patch.confidence, seeds, along, tool.cup.radius, patch.spacing
        )
        found.append(sites(scene, index, rings, tool.cup, TILT))
    return found


def nearest(T: Array, place: Array, apart: float) -> int | None:
    """Of tool frames, shape (N, 4, 4), the one most like `place` (4, 4), if it is no more than `apart` metres off."""
    if not len(T):
        return None
    off = np.linalg.norm(T[:, :3, 3] - place[:3, 3], axis=1)
    cosine = ((T[:, :3, :3] * place[:3, :3]).sum(axis=(1, 2)) - 1) / 2
    fits = np.flatnonzero((off < apart) & (cosine > SAME_TURN))
    return int(fits[np.argmin(off[fits] + apart * (1 - cosine[fits]))]) if len(fits) else None


def _item_at(scene: Scene, grasp: Grasp) -> int:
    """Index of the item whose surface is nearest to what the tool touches."""
    place = grasp.T_base_tool.position
    return int(np.argmin([np.linalg.norm(item.points - place, axis=1).min() for item in scene.items]))
