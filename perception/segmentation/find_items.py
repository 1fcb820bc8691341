"""Segmentation: which surfels belong to which item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from perception.fusion.surface import Float32, Surface
from perception.segmentation.bottle_caps import with_caps
from perception.segmentation.merge import merge_patches
from perception.segmentation.segments import patches

SMALLEST = 2e-4  # square metres in sight, 14 mm by 14: less of a thing is nothing that a cup or pads could take
FRAGMENT = 5e-4  # what shows less must stand on the background by itself, or it is a piece or a fringe of an item
STANDS = 1.5  # widths of a small thing from the background at which it may stand on it, its sides out of sight


def find_items(surface: Surface, foreground: NDArray[np.bool_], voxel: float) -> NDArray[np.int32]:
    """Item of each surfel, 0 .. M-1 by falling size, -1 for the tote and for fragments; shape (N,)."""
    labels = np.full(len(foreground), -1, np.int32)
    content = surface.select(foreground)
    if not len(content.points):
        return labels
    found = with_caps(content, merge_patches(content, patches(content), voxel))
    ids, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    areas: NDArray[np.float64] = np.asarray(counts * voxel**2)
    large = areas >= FRAGMENT
    small = (areas >= SMALLEST) & ~large
    around = surface.points[~foreground], content.points[large[inverse]]
    item = large | _alone(content.points, inverse, small, areas, *around)
    order = np.argsort(-counts, kind="stable")
    kept = order[item[order]]
    rank = np.full(len(ids), -1, np.int32)
    rank[kept] = np.arange(len(kept))
    labels[foreground] = rank[inverse]
    return labels


def _alone(
    points: Float32,
    groups: NDArray[np.int64],
    asked: NDArray[np.bool_],
    areas: NDArray[np.float64],
    background: Float32,
    items: Float32,
) -> NDArray[np.bool_]:
    """Which of the groups that are asked for begin near the background, and their own width from items, (G,).

    points (N, 3), groups (N,), of the background (M, 3), of items (K, 3).
    """
    alone: NDArray[np.bool_] = np.zeros(len(areas), bool)
    rows = np.flatnonzero(asked[groups])
    if len(rows) and len(background):
        width = np.sqrt(areas[groups[rows]])
        alone[groups[rows[_far(background, points[rows]) <= STANDS * width]]] = True
        if len(items):
            alone[groups[rows[_far(items, points[rows]) <= width]]] = False
    return alone


def _far(points: Float32, places: Float32) -> NDArray[np.float64]:
    """Metres from each place (N, 3) to the nearest point."""
    far, _ = cKDTree(points).query(places)
    return np.asarray(far)
