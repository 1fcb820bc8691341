"""An item among its neighbours: what lies on it, and what it is wedged between."""

from __future__ import annotations

import numpy as np

from grasping.beliefs.surface_samples import surface
from perception.pose import Array
from perception.scene import ItemShape, Scene, Space


def burden(scene: Scene, item: ItemShape) -> float:
    """Fraction of the item's upward surface that has another item close above it."""
    patch = surface(item)
    up = patch.points[patch.normals[:, 2] > 0.4]
    if len(up) == 0:
        return 0.0
    reach = scene.occupancy.voxel * np.array([1.5, 2.5])
    above = [others(scene, item, up + np.array((0, 0, r))) for r in reach]
    return float(np.mean(above[0] | above[1]))


def wedged(scene: Scene, item: ItemShape) -> float:
    """Fraction of the item's sides that have another item or a wall of the tote close beside them."""
    patch = surface(item)
    side = np.abs(patch.normals[:, 2]) < 0.5
    if not side.any():
        return 0.0
    beside = patch.points[side] + 1.5 * scene.occupancy.voxel * patch.normals[side]
    return float(np.mean(others(scene, item, beside) | ~scene.source.contains(beside)))


def touching(scene: Scene, item: ItemShape) -> float:
    """Fraction of the item's surface that has another item close before it."""
    patch = surface(item)
    return float(others(scene, item, patch.points + 1.5 * scene.occupancy.voxel * patch.normals).mean())


def others(scene: Scene, item: ItemShape, points: Array) -> np.ndarray:
    """Which points of the base frame, shape (N, 3), lie in voxels of anything but `item`."""
    grid = scene.occupancy
    inside, at = grid.voxels(points)
    return np.asarray(inside & (grid.state[at] == Space.OCCUPIED) & (grid.item[at] != item.id))
