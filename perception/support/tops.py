"""Points seen as a map: the highest of each cell, and which of them stand over what is near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter

from perception.pose import Array

CELL = 0.01  # metres
AROUND = 5  # cells across, within which lower points make an edge of a high one
UNDER_TOP = 0.008  # metres under a cell's highest point within which others are its top
UNSEEN = -1e3  # metres, height of a cell in which nothing was seen
FARTHEST = 1.5  # metres from the middle of all points, of the map


@dataclass(frozen=True, eq=False)
class Tops:
    """A map of the highest points.

    Attributes:
        origin: where cell (0, 0) begins, shape (2,), metres.
        high: height of the highest point of each cell, UNSEEN where there is none, shape (X, Y), metres.
        edges: points at the top of cells beside lower ones, shape (N, 3).
    """

    origin: Array
    high: Array
    edges: Array

    @staticmethod
    def of(points: Array, step: float) -> Tops:
        """The map of points (N, 3). step: metres that make an edge."""
        middle = np.median(points[:: 1 + len(points) // 2000, :2], axis=0)
        points = points[(np.abs(points[:, :2] - middle) < FARTHEST).all(axis=1)]
        origin = points[:, :2].min(axis=0)
        cells = ((points[:, :2] - origin) / CELL).astype(np.int64)
        high, low = _extremes(cells, points[:, 2], cells[:, 0].max() + 1, cells[:, 1].max() + 1)
        least = np.maximum(high - UNDER_TOP, minimum_filter(low, AROUND) + step)
        return Tops(origin, high, points[points[:, 2] > least[cells[:, 0], cells[:, 1]]])

    def at(self, places: Array) -> Array:
        """Greatest height at places (N, 2), UNSEEN where nothing is known, shape (N,)."""
        cells = np.floor((places - self.origin) / CELL).astype(np.int64)
        inside = ((cells >= 0) & (cells < self.high.shape)).all(axis=1)
        cells = np.clip(cells, 0, np.array(self.high.shape) - 1)
        return np.where(inside, self.high[cells[:, 0], cells[:, 1]], UNSEEN)


@njit(cache=True)
def _extremes(cells, heights, nx, ny):  # type: ignore[no-untyped-def]
    """Greatest and least height in each of nx x ny cells; -UNSEEN is the least of none. cells: of each, (N, 2)."""
    high: NDArray[np.float64] = np.full((nx, ny), UNSEEN)
    low: NDArray[np.float64] = np.full((nx, ny), -UNSEEN)
    for n in range(len(heights)):
        i, j = cells[n, 0], cells[n, 1]
        high[i, j] = max(high[i, j], heights[n])
        low[i, j] = min(low[i, j], heights[n])
    return high, low
