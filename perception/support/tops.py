"""Points seen as a map: the highest of each cell, and which of them stand over what is near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
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
        origin: where cell (0, 0) begins, shape (2,), metres. cell: its edge, metres.
        high: height of the highest point of each cell, UNSEEN where there is none, shape (X, Y), metres.
        edges: points at the top of cells beside lower ones, shape (N, 3).
    """

    origin: Array
    cell: float
    high: Array
    edges: Array

    @staticmethod
    def of(points: Array, step: float) -> Tops:
        """The map of points (N, 3). step: metres that make an edge."""
        points = points[(np.abs(points[:, :2] - np.median(points[:, :2], axis=0)) < FARTHEST).all(axis=1)]
        origin = points[:, :2].min(axis=0)
        cells = ((points[:, :2] - origin) / CELL).astype(np.int64)
        shape = tuple(cells.max(axis=0) + 1)
        index = np.ravel_multi_index((cells[:, 0], cells[:, 1]), shape)
        order = np.lexsort((points[:, 2], index))
        index, z = index[order], points[order, 2]
        first = np.flatnonzero(np.append(True, np.diff(index) > 0))
        last = np.append(first[1:], len(index)) - 1
        high, low = np.full(shape, UNSEEN), np.full(shape, -UNSEEN)
        high.flat[index[last]], low.flat[index[first]] = z[last], z[first]
        over = minimum_filter(low, AROUND)
        edge = (z > high.flat[index] - UNDER_TOP) & (z > over.flat[index] + step)
        return Tops(origin, CELL, high, points[order[edge]])

    def at(self, places: Array) -> Array:
        """Greatest height at places (N, 2), UNSEEN where nothing is known, shape (N,)."""
        cells = ((places - self.origin) / self.cell).astype(np.int64)
        inside = ((cells >= 0) & (cells < self.high.shape)).all(axis=1)
        cells = np.clip(cells, 0, np.array(self.high.shape) - 1)
        return np.where(inside, self.high[cells[:, 0], cells[:, 1]], UNSEEN)
