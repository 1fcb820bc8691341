"""Hidden extent of an item in hand: it may hang or reach deeper than believed, or fall over once put down."""

from __future__ import annotations

import numpy as np

from grasping.grasp import Grasp
from perception.pose import Array
from perception.scene import ItemShape, Occupancy, Scene, Space

UNDERSIDE = 0.010  # metres over its lowest point that belong to an item's underside
SLIM = 1.2  # times its width by which what stands free is higher and may fall over
MOST = 0.045  # metres of hidden depth that are minded: what is deeper yet is felt at speed
STIFF = 0.03  # metres around the cup's axis in which a limp item does not hang down
DROOP = 0.5  # metres by which it hangs down per metre beyond: shirts and bags are up to 0.12 lower than they lay


def hidden_depth(scene: Scene, item: ItemShape) -> float:
    """Metres by which `item` may reach further down than believed.

    Cameras over a full tote do not see the foot of what stands in it. The item ends at the latest where free space or
    something else was seen under most of its underside, or at the tote's floor.
    """
    grid, lowest = scene.occupancy, float(item.points[:, 2].min())
    floor = float(scene.source.T_base_tote.position[2])
    under = item.points[item.points[:, 2] < lowest + UNDERSIDE].copy()
    depth = 0.0
    while depth < min(MOST, lowest - floor):
        under[:, 2] = lowest - depth - 1.5 * grid.voxel  # its own lowest voxels are blurred
        if under[0, 2] > floor and _unseen(grid, under) < 0.5:
            break
        depth += grid.voxel
    return min(depth, MOST, max(lowest - floor, 0.0))


def hung_down(grasp: Grasp, points: Array) -> Array | None:
    """Where points (N, 3) of an item in hand may hang, both in the grasp's frame; None: nowhere but where they are."""
    if not grasp.limp:
        return None
    beyond = np.maximum(np.linalg.norm(points[:, :2], axis=1) - STIFF, 0.0)
    return np.asarray(points - DROOP * beyond[:, None] * grasp.T_base_tool.rotation[2])


def fallen(points: Array) -> Array:
    """Where else an item put down at surface points (N, 3) may come to lie: over either side of its foot.

    Shape (M, 3) with M = 0 where it stands too broad to fall, else 2 N.
    """
    low, middle = points.min(axis=0)[2], points[:, :2].mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points[:, :2] - middle).T))
    narrow, along = axes[:, 0], axes[:, 1]
    across, height = (points[:, :2] - middle) @ narrow, points[:, 2] - low
    if np.ptp(height) < SLIM * np.ptp(across):
        return np.zeros((0, 3))
    beside = middle + np.outer((points[:, :2] - middle) @ along, along)
    sides = []
    for side in (1, -1):
        edge = (side * across).max()
        flat = beside + np.outer(side * (edge + height), narrow)
        sides.append(np.column_stack([flat, low + edge - side * across]))
    return np.concatenate(sides)


def _unseen(grid: Occupancy, points: Array) -> float:
    """Share of points (N, 3) of the base frame that no camera saw to be free or filled."""
    inside, at = grid.voxels(points)
    return float((inside & (grid.state[at] == Space.UNSEEN)).mean())
