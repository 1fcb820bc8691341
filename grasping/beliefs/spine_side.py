"""The narrow sides of an item that lies like a book, and what was seen of each that tells which one is the spine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grasping.beliefs.extent import FREE, Extent
from perception.pose import Array
from perception.scene import ItemShape

SIDE_CLUES = (
    "thin", "across", "along",  # edges of the item's box, metres: its thinnest, from this side on, and along this side
    "hidden", "goes_on",  # share of its outline that others cover; metres that it may go on under them on this side
    "seen", "saturation", "pale", "recess",  # of this side, see `_face`
    "seen_opposite", "saturation_opposite", "pale_opposite", "recess_opposite",
    "pale_beside",  # the mean of the two sides next to it
)  # fmt: skip
UNSEEN = (0.0, -1.0, -1.0, -0.01)
FEWEST = 5  # points of a side that was seen
BRIGHT, GREY = 95, 0.28  # least brightness and most saturation of what looks like paper, as in `clues`


def side_clues(item: ItemShape, extent: Extent = FREE) -> Array:
    """What tells of each narrow side whether it is the spine, shape (4, len(SIDE_CLUES)), in the order of `outward`."""
    thin, middle, long = np.argsort(item.size, kind="stable")
    faces, outside = _faces(item), outward(item)
    pale = faces[:, 2]
    rows = []
    for side, (across, along) in enumerate(((middle, long), (middle, long), (long, middle), (long, middle))):
        beside = pale[[2, 3]] if side < 2 else pale[[0, 1]]
        known = beside[beside >= 0]
        sizes = item.size[[thin, across, along]]
        goes_on = max(float(np.array(extent.towards) @ outside[side]), 0.0)
        row = (*sizes, extent.hidden, goes_on, *faces[side], *faces[side ^ 1], known.mean() if len(known) else -1.0)
        rows.append(row)
    return np.array(rows)


def outward(item: ItemShape) -> Array:
    """Unit vectors out of the four narrow sides in the base frame, shape (4, 3): both ways along the middle axis of its
    box, then along the longest."""
    _, middle, long = np.argsort(item.size, kind="stable")
    axes = item.T_base_box.rotation
    return np.array([sign * axes[:, axis] for axis in (middle, long) for sign in (1, -1)])


def _faces(item: ItemShape) -> Array:
    """Of each narrow side: logarithm of its points, median saturation, share that looks like paper, and metres that its
    middle stands behind its edges, as leaves do behind boards; shape (4, 4)."""
    thin, middle, long = np.argsort(item.size, kind="stable")
    normals = item.normals @ item.T_base_box.rotation
    local = item.T_base_box.inverse().apply(item.points)
    colors = item.colors.astype(np.float64)
    bright = colors.max(axis=1)
    saturation = 1 - colors.min(axis=1) / np.maximum(bright, 1)
    pale = (bright > BRIGHT) & (saturation < GREY)
    narrow = item.seen & (np.abs(normals[:, thin]) < 0.35)
    rows = []
    for axis in (middle, long):
        for sign in (1, -1):
            side: NDArray[np.bool_] = narrow & (sign * normals[:, axis] > 0.6)
            recess = item.size[axis] / 2 - np.median(sign * local[side, axis]) if side.any() else 0.0
            told = (
                (np.log1p(side.sum()), np.median(saturation[side]), pale[side].mean(), recess) if side.any() else UNSEEN
            )
            rows.append(told if side.sum() >= FEWEST else UNSEEN)
    return np.array(rows)
