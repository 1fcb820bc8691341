"""Segmentation: which surfels belong to which item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import expit

from perception.fusion.surface import Float32, Surface
from perception.segmentation.bottle_caps import with_caps
from perception.segmentation.merge import merge_patches
from perception.segmentation.partition import Partition
from perception.segmentation.segments import patches
from perception.tote import Tote

SMALLEST = 2e-4  # square metres in sight, 14 mm by 14: less of a thing is nothing that a cup or pads could take
FRAGMENT = 5e-4  # what shows less must stand on the background by itself, or it is a piece or a fringe of an item
STANDS = 1.5  # widths of a small thing from the background at which it may stand on it, its sides out of sight


def by_geometry(surface: Surface, foreground: NDArray[np.bool_], voxel: float, tote: Tote) -> Partition:
    """The partition by a small fitted rule of bends, steps and colours at borders, and of what a union would be like.

    foreground: which surfels may be an item's, shape (N,). voxel: edge length, metres. tote: is not asked.
    """
    content = surface.select(foreground)
    if not len(content.points):
        return Partition(np.full(len(foreground), -1, np.int32), np.zeros(0))
    found = merge_patches(content, patches(content), voxel)
    whole = np.minimum(expit(-found.beside), expit(found.weakest))
    groups = with_caps(content, found.groups)
    labels, kept = rank_items(surface.points, foreground, groups, voxel)
    return Partition(labels, whole[kept])


def rank_items(
    points: Float32, foreground: NDArray[np.bool_], found: NDArray[np.int64], voxel: float
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Item of each surfel, 0 .. M-1 by falling size, -1 for the tote and for fragments, and the group of each item.

    points: of all surfels, (N, 3). foreground: which of them `found` tells the group of, shape (N,).
    """
    labels = np.full(len(foreground), -1, np.int32)
    content = points[foreground]
    ids, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    areas: NDArray[np.float64] = np.asarray(counts * voxel**2)
    large = areas >= FRAGMENT
    small = (areas >= SMALLEST) & ~large
    item = large | _alone(content, inverse, small, areas, points[~foreground], content[large[inverse]])
    order = np.argsort(-counts, kind="stable")
    kept = order[item[order]]
    rank = np.full(len(ids), -1, np.int32)
    rank[kept] = np.arange(len(kept))
    labels[foreground] = rank[inverse]
    return labels, ids[kept]


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
