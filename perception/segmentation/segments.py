"""Over-segmentation of the fused surface into patches that hardly ever cross from one item to another.

Felzenszwalb and Huttenlocher, "Efficient Graph-Based Image Segmentation", IJCV 2004, on the surfels' graph; an
edge's weight grows with the bend of the surface, more so where it is concave, and with the change of colour.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.fusion.surface import Surface
from perception.segmentation.disjoint_sets import root

CONCAVE, CONVEX, COLOR = 1.0, 0.5, 1 / 40  # weight per radian of bend and per unit of CIE76
SCALE = 1.0  # larger: larger patches
FEWEST = 6  # surfels below which a patch joins its nearest neighbour


def patches(surface: Surface) -> NDArray[np.int32]:
    """Patch of each surfel, 0 .. P-1, shape (N,)."""
    edges, weights = _edges(surface.points, surface.normals, surface.lab, surface.neighbors)
    order = np.argsort((np.minimum(weights, 8.0) * 8000).astype(np.uint16), kind="stable")
    parent = _join(len(surface.points), edges[order], weights[order], np.float32(SCALE), FEWEST)
    return np.unique(parent, return_inverse=True)[1].astype(np.int32)


@njit(cache=True)
def _edges(points, normals, lab, neighbors):  # type: ignore[no-untyped-def]
    edges = np.empty((len(points) * 13, 2), np.int32)
    weights = np.empty(len(points) * 13, np.float32)
    count = 0
    for n in range(len(points)):
        for slot in range(13):  # the other 13 neighbours name the same edges from their other end
            m = neighbors[n, slot]
            if m < 0:
                continue
            cosine, bend, color, length = np.float32(0), np.float32(0), np.float32(0), np.float32(1e-12)
            for a in range(3):
                cosine += normals[n, a] * normals[m, a]
                bend += (points[n, a] - points[m, a]) * (normals[n, a] - normals[m, a])
                length += (points[n, a] - points[m, a]) ** 2
                color += (lab[n, a] - lab[m, a]) ** 2
            angle = np.arccos(min(max(cosine, np.float32(-1)), np.float32(1)))
            factor = CONVEX if bend > 0 else CONCAVE
            edges[count, 0], edges[count, 1] = n, m
            weights[count] = factor * angle + COLOR * np.sqrt(color)
            count += 1
    return edges[:count].copy(), weights[:count].copy()


@njit(cache=True)
def _join(count, edges, weights, scale, fewest):  # type: ignore[no-untyped-def]
    parent = np.arange(count).astype(np.int32)
    size = np.ones(count, np.int32)
    limit = np.full(count, scale, np.float32)  # inner difference + scale / size
    for turn in range(2):
        for e in range(len(edges)):
            a, b = root(parent, edges[e, 0]), root(parent, edges[e, 1])
            if a == b:
                continue
            if (turn == 0 and weights[e] <= min(limit[a], limit[b])) or (turn == 1 and min(size[a], size[b]) < fewest):
                parent[b] = a
                size[a] += size[b]
                limit[a] = weights[e] + scale / size[a]
    for n in range(count):
        parent[n] = root(parent, n)
    return parent
