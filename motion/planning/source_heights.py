"""Heights of what lies in the source tote, for items that are put down there again."""

from __future__ import annotations

import numpy as np

from perception.scene import HeightMap, Scene, Space

CELL = 0.01  # metres


def source_heights(scene: Scene, item: int) -> HeightMap:
    """What lies in the source besides `item`; what was not seen counts as lying there."""
    occupancy, tote = scene.occupancy, scene.source
    solid = (occupancy.state != Space.FREE) & (occupancy.item != item)
    shape = tuple(int(np.ceil(n / CELL - 1e-6)) for n in tote.inner[:2])
    i, j, k = np.nonzero(solid)
    points = occupancy.T_base_grid.apply(np.stack([i, j, k], axis=1) * occupancy.voxel)
    local = tote.T_base_tote.inverse().apply(points)
    cells = np.floor((local[:, :2] + tote.inner[:2] / 2) / CELL).astype(np.int64)
    inside = ((cells >= 0) & (cells < shape)).all(axis=1)
    height = np.zeros(shape, np.float32)
    np.maximum.at(height, tuple(cells[inside].T), (local[inside, 2] + occupancy.voxel / 2).astype(np.float32))
    return HeightMap(tote, CELL, height, np.ones(shape, bool))
