"""Which surfels are the support itself, its walls, or beyond them: by geometry alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.fusion.surface import Surface
from perception.pose import Array
from perception.tote import Tote

FACING = 0.5  # cosine between a surfel's normal and a wall's from which on it may be the wall


def on_support(surface: Surface, tote: Tote, thin: Array) -> NDArray[np.bool_]:
    """True for surfels that are not an item's, shape (N,): on the floor, on a wall, on the rim, or beyond them.

    Grain, shadows and grooves of a table are no items, whatever their colour.

    thin: metres over a plane up to which each surfel may be its noise, shape (N,).
    """
    T_tote_base = tote.T_base_tote.inverse()
    points, normals = T_tote_base.apply(surface.points), T_tote_base.rotate(surface.normals)
    half, depth = tote.inner[:2] / 2, float(tote.inner[2])
    outside = (np.abs(points[:, :2]) > half + thin[:, None]).any(axis=1)
    result = (points[:, 2] < thin) | (outside if depth == 0 else outside & (points[:, 2] < depth + 2 * thin))
    if depth > 0:
        for axis in (0, 1):
            for sign in (-1.0, 1.0):
                near = np.abs(half[axis] - sign * points[:, axis]) < thin
                result |= near & (-sign * normals[:, axis] > FACING) & (points[:, 2] < depth + thin)
    return np.asarray(result)
