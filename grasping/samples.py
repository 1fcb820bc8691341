"""Even, bounded subsets of an item's surface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import cross
from perception.pose import Array
from perception.scene import ItemShape


@dataclass(frozen=True, eq=False)
class Surface:
    """At most a few thousand points of one item, so that no item costs more than another.

    Attributes:
        points, normals: shape (N, 3), base frame. seen: shape (N,), 1 or 0. confidence: shape (N,).
        area: that one point stands for, m^2.
    """

    points: Array
    normals: Array
    seen: Array
    confidence: Array
    area: float

    @property
    def spacing(self) -> float:
        """Typical distance between points, metres."""
        return float(np.sqrt(self.area))


@lru_cache(maxsize=64)
def surface(item: ItemShape, most: int = 2500) -> Surface:
    """Up to `most` of an item's points, evenly taken from all over it."""
    n = len(item.points)
    chosen = np.arange(min(n, most)) * max(n, most) // most
    a, b, c = (item.vertices[item.triangles[:, k]] for k in range(3))
    area = float(np.linalg.norm(cross(b - a, c - a), axis=1).sum() / 2)
    return Surface(
        item.points[chosen],
        item.normals[chosen],
        item.seen[chosen].astype(np.float64),
        item.confidence[chosen],
        area / max(len(chosen), 1),
    )


@njit(cache=True)
def spread(points: Array, eligible: NDArray[np.bool_], start: int, most: int, apart: float) -> NDArray[np.int64]:
    """Indices of up to `most` eligible points, each the farthest from those before, none nearer than `apart`."""
    chosen = np.empty(most, np.int64)
    distance = np.full(len(points), np.inf)
    count, new = 0, start
    while count < most:
        chosen[count] = new
        count += 1
        farthest, best = -1, apart**2
        for i in range(len(points)):
            if not eligible[i]:
                continue
            d = 0.0
            for k in range(3):
                d += (points[i, k] - points[new, k]) ** 2
            if d < distance[i]:
                distance[i] = d
            if distance[i] > best:
                farthest, best = i, distance[i]
        if farthest < 0:
            break
        new = farthest
    return chosen[:count]
