"""Which surfels are the support itself, its walls, or beyond them: by geometry alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.fusion.surface import Surface
from perception.pose import Array
from perception.tote import Tote

WALL = 0.004  # metres before a wall up to which it may be drawn out where cameras see it from both sides


def on_support(surface: Surface, tote: Tote, thin: Array) -> NDArray[np.bool_]:
    """True for surfels that are not an item's, shape (N,): on the floor, on a wall, on the rim, or beyond them.

    Grain, shadows and grooves of a table are no items, whatever their colour.

    thin: metres over a plane up to which each surfel may be its noise, shape (N,).
    """
    points = tote.T_base_tote.inverse().apply(surface.points)
    half, depth = tote.inner[:2] / 2, float(tote.inner[2])
    aside = (np.abs(points[:, :2]) - half).max(axis=1)  # metres beyond the nearest wall
    if depth == 0:
        return np.asarray((points[:, 2] < thin) | (aside > thin))
    # What lies flat against a wall loses a strip as wide as the noise, and keeps the rest.
    wall = (aside > -thin - WALL) & (points[:, 2] < depth + 2 * thin)
    return np.asarray((points[:, 2] < thin) | wall)
