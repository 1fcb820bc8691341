"""The refinement: the best lifts of each item moved a little, to where the odds promise more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from grasping.beliefs.surface_samples import surface
from grasping.candidates.again import TILT
from grasping.candidates.pinch import pads
from grasping.candidates.suction import at_seeds
from grasping.candidates.table import Candidates
from grasping.quality.worth import Stakes
from grasping.tools import DualTool, Tool, decoded
from perception.pose import Array, Pose
from perception.scene import Scene

Judge = Callable[[list[Candidates]], tuple[Candidates, Array]]

AXES = np.vstack([np.eye(2), -np.eye(2)])


@dataclass(frozen=True)
class Refinement:
    """A pattern search (Hooke and Jeeves 1961): neighbours of the best are judged, and of those the best again.

    Attributes:
        most: items whose best lift is moved. steps: metres that they are moved by in each round.
        turn: radians that fingers are turned by for each metre that they are moved.
    """

    most: int = 4
    steps: tuple[float, ...] = (6e-3, 3e-3)
    turn: float = 20.0

    def __call__(
        self, scene: Scene, tool: DualTool, candidates: Candidates, odds: Array, judge: Judge, stakes: Stakes
    ) -> tuple[Candidates, Array]:
        """The candidates and those that were moved, with their odds, shape (C, 4).

        judge: what can be had of sites, with its odds.
        """
        best = self._best(candidates, stakes.gains(odds))
        for step in self.steps:
            sites = [site for row in best for site in self._around(scene, tool, candidates.only(np.array([row])), step)]
            found, promised = judge(sites)
            candidates = Candidates.join(candidates.tool, [candidates, found])
            odds = np.concatenate([odds, promised])
            best = self._best(candidates, stakes.gains(odds))
        return candidates, odds

    def _best(self, candidates: Candidates, gains: Array) -> Array:
        """Rows of the best lift of each item, of the best items."""
        lifts = np.flatnonzero(candidates.features["spine_at"] == 0)
        order = lifts[np.argsort(-gains[lifts], kind="stable")]
        _, first = np.unique(candidates.item[order], return_index=True)
        return np.asarray(order[np.sort(first)[: self.most]])

    def _around(self, scene: Scene, tool: DualTool, one: Candidates, step: float) -> list[Candidates]:
        """Sites about a candidate."""
        index, T = int(one.item[0]), one.T_base_tool[0]
        patch = surface(scene.items[index])
        if one.tool is Tool.PINCH:
            return [pads(index, T @ self._shifts(step), patch, tool.gripper)]
        cups = decoded(one.features["cups"][0])
        seeds = Pose(T).apply(tool.cup.middle(cups)) + step * AXES @ T[:3, :2].T
        return at_seeds(scene, index, patch, seeds, tool.cup, TILT, cups)

    def _shifts(self, step: float) -> Array:
        """Small motions (8, 4, 4) of fingers in their own frame: across the closing direction, deeper, and turned about
        the approach and about the closing direction."""
        moves = np.tile(np.eye(4), (8, 1, 1))
        moves[:4, [0, 2], 3] = step * AXES
        angles = self.turn * step * np.array([(0, 0, 1), (0, 0, -1), (0, 1, 0), (0, -1, 0)])
        moves[4:, :3, :3] = Rotation.from_rotvec(angles).as_matrix()
        return moves
