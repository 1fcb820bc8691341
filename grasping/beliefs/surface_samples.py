"""Even, bounded subsets of an item's surface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
    return Surface(
        item.points[chosen],
        item.normals[chosen],
        item.seen[chosen].astype(np.float64),
        item.confidence[chosen],
        area(item.vertices, item.triangles) / max(len(chosen), 1),
    )


@njit(cache=True)
def area(vertices: Array, triangles: NDArray[np.int32]) -> float:
    """Of a surface, square metres."""
    total = 0.0
    for t in range(len(triangles)):
        a, b, c = vertices[triangles[t, 0]], vertices[triangles[t, 1]], vertices[triangles[t, 2]]
        x = (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])
        y = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
        z = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        total += np.sqrt(x * x + y * y + z * z) / 2
    return total


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
