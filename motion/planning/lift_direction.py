"""The direction of a lift beside a wall: up, and away from it."""

from __future__ import annotations

import numpy as np

from perception.pose import Array
from perception.tote import Tote

NEAR = 0.012  # metres from a wall at which an item would rub along it, shapes and the arm's own errors counted
LEAN = 0.12  # metres aside per metre up


def lift_axis(tote: Tote, points: Array) -> Array:
    """Direction (3,) of the base frame in which an item is lifted, from its points (N, 3), base frame.

    What stands at a wall is pressed on and dragged by it on its way straight up: a cup is then sheared off.
    """
    inside = tote.T_base_tote.inverse().apply(points)
    half = tote.inner[:2] / 2
    below_rim = inside[:, 2] < tote.inner[2]
    if not below_rim.any():
        return np.array((0.0, 0.0, 1.0))
    low, high = inside[below_rim, :2].min(axis=0), inside[below_rim, :2].max(axis=0)
    away = (low + half < NEAR).astype(np.float64) - (half - high < NEAR)
    axis = tote.T_base_tote.rotate((*(LEAN * away), 1.0))
    return np.asarray(axis / np.linalg.norm(axis))
