"""A robot's frontier over prices of damage, and what it does along it, for every draw of the bins at once.

Between two prices a robot may take some bins at one and the rest at the other: every figure per order is then linear in
the share placed. Beyond the ends of a frontier nothing is known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array


def on_frontier(placed: Array, damaged: Array) -> NDArray[np.bool_]:
    """Which points (..., P) no other one beats: places as many and damages as few, and is better in one of both. Of
    points that are all alike, the first counts."""
    more, less = placed[..., None, :] >= placed[..., None], damaged[..., None, :] <= damaged[..., None]
    same = (placed[..., None, :] == placed[..., None]) & (damaged[..., None, :] == damaged[..., None])
    order = np.arange(placed.shape[-1])
    beats = more & less & (~same | (order < order[:, None]))
    return np.asarray(~beats.any(axis=-1))


def along(values: Array, placed: Array, damaged: Array, share: Array) -> Array:
    """Figures per order where the frontier places `share`, NaN beyond its ends, shape (D, K).

    Args:
        values: figures per order at each price, shape (D, P, K). placed, damaged: shares of the orders, shape (D, P).
        share: shape (D,).
    """
    front, rows = on_frontier(placed, damaged), np.arange(len(share))
    less = np.asarray(front & (placed <= share[:, None]))
    more = np.asarray(front & (placed >= share[:, None]))
    low = np.where(less, placed, -np.inf).argmax(axis=1)
    high = np.where(more, placed, np.inf).argmin(axis=1)
    gap = placed[rows, high] - placed[rows, low]
    part = ((share - placed[rows, low]) / np.where(gap > 0, gap, np.inf))[:, None]
    found = (1 - part) * values[rows, low] + part * values[rows, high]
    inside = np.asarray(less.any(axis=1) & more.any(axis=1))
    return np.asarray(np.where(inside[:, None], found, np.nan))
