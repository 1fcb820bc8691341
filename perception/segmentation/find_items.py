"""Segmentation: which surfels belong to which item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.fusion.surface import Surface
from perception.segmentation.bottle_caps import with_caps
from perception.segmentation.merge import merge_patches
from perception.segmentation.segments import patches

FEWEST = 30  # surfels (5 cm^2 at 4 mm) below which a fragment is not an item


def find_items(surface: Surface, foreground: NDArray[np.bool_], voxel: float) -> NDArray[np.int32]:
    """Item of each surfel, 0 .. M-1 by falling size, -1 for the tote and for fragments; shape (N,)."""
    labels = np.full(len(foreground), -1, np.int32)
    content = surface.select(foreground)
    if not len(content.points):
        return labels
    found = with_caps(content, merge_patches(content, patches(content), voxel))
    ids, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    rank = np.full(len(ids), -1, np.int32)
    kept = order[counts[order] >= FEWEST]
    rank[kept] = np.arange(len(kept))
    labels[foreground] = rank[inverse]
    return labels
