"""How deep an item in hand may reach: what was hidden beneath it may be its own."""

from __future__ import annotations

import numpy as np

from perception.pose import Array
from perception.scene import ItemShape, Occupancy, Scene, Space

UNDERSIDE = 0.010  # metres over its lowest point that belong to an item's underside
MOST = 0.045  # metres of hidden depth that are minded: what is deeper yet is felt at speed


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


def _unseen(grid: Occupancy, points: Array) -> float:
    """Share of points (N, 3) of the base frame that no camera saw to be free or filled."""
    index = np.floor(grid.T_base_grid.inverse().apply(points) / grid.voxel + 0.5).astype(np.int64)
    inside = ((index >= 0) & (index < grid.state.shape)).all(axis=1)
    i, j, k = np.clip(index, 0, np.array(grid.state.shape) - 1).T
    return float((inside & (grid.state[i, j, k] == Space.UNSEEN)).mean())
