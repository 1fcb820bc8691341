"""The height map of a tote from whatever cameras see it; what no camera sees is guessed cautiously."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import grey_dilation

from perception.fusion.volume import Float32, View
from perception.pose import Array
from perception.scene import HeightMap
from perception.tote import Tote

FEWEST = 2  # pixels that a cell needs
NOISE = 0.006  # metres below which an empty floor cannot be told from noise
ABOVE = 0.25  # metres over the rim up to which something in a tote may reach


def height_map(tote: Tote, views: Sequence[View], cell: float = 0.01) -> HeightMap:
    """Highest surface over each cell of the floor.

    A cell that no camera sees into takes the height of its highest neighbour, spreading inwards: whatever hides it is
    at least as high as what is hidden. Without any view every cell is unknown and as high as the rim.
    """
    shape = (int(np.ceil(tote.inner[0] / cell - 1e-6)), int(np.ceil(tote.inner[1] / cell - 1e-6)))
    bins = np.zeros((*shape, int((tote.inner[2] + ABOVE) / 0.002) + 1), np.int32)
    for view in views:
        T = (tote.T_base_tote.inverse() @ view.T_base_camera).matrix
        k = view.camera.k
        _vote(view.depth, T, k[0, 0], k[1, 1], k[0, 2], k[1, 2], tote.inner[:2] / 2, cell, bins)
    height, known = _read(bins)
    height[known & (height < NOISE)] = 0
    return HeightMap(tote, cell, _guess(height, known, float(tote.inner[2])), known)


@njit(cache=True)
def _vote(depth, T, fx, fy, cx, cy, half, cell, bins):  # type: ignore[no-untyped-def]
    for v in range(0, depth.shape[0], 2):
        for u in range(0, depth.shape[1], 2):
            d = depth[v, u]
            if not d > 0:
                continue
            x, y = (u - cx) / fx * d, (v - cy) / fy * d
            i = int(np.floor((T[0, 0] * x + T[0, 1] * y + T[0, 2] * d + T[0, 3] + half[0]) / cell))
            j = int(np.floor((T[1, 0] * x + T[1, 1] * y + T[1, 2] * d + T[1, 3] + half[1]) / cell))
            k = int((T[2, 0] * x + T[2, 1] * y + T[2, 2] * d + T[2, 3]) / 0.002)
            if 0 <= i < bins.shape[0] and 0 <= j < bins.shape[1] and k < bins.shape[2]:
                bins[i, j, max(k, 0)] += 1


@njit(cache=True)
def _read(bins):  # type: ignore[no-untyped-def]
    """The height above which only FEWEST - 1 pixels lie."""
    height = np.zeros(bins.shape[:2], np.float32)
    known = np.zeros(bins.shape[:2], np.bool_)
    for i in range(bins.shape[0]):
        for j in range(bins.shape[1]):
            count = 0
            for k in range(bins.shape[2] - 1, -1, -1):
                count += bins[i, j, k]
                if count >= FEWEST:
                    height[i, j], known[i, j] = (k + 0.5) * 0.002, True
                    break
    return height, known


def _guess(height: Float32, known: NDArray[np.bool_], rim: float) -> Float32:
    if not known.any():
        return np.full_like(height, rim)
    filled, open_ = height.copy(), ~known
    filled[open_] = -1
    while open_.any():
        spread = grey_dilation(filled, size=(3, 3))
        reached = open_ & (spread >= 0)
        filled[reached] = spread[reached]
        open_ &= ~reached
    return filled


def remembered(seen: HeightMap, before: HeightMap) -> HeightMap:
    """What is seen of a tote now, and as it was before wherever something hides it. Both maps are of one grid."""
    known = seen.known | before.known
    return HeightMap(seen.tote, seen.cell, np.where(seen.known, seen.height, before.height), known)


def raised(floor: HeightMap, points: Array, sure: bool = True) -> HeightMap:
    """A tote in which an item with surface points (N, 3), metres in the base frame, has been put down as well.

    sure: it lies there, else it may lie there, and what that raises counts as unknown.
    """
    local = floor.tote.T_base_tote.inverse().apply(points)
    i, j = np.floor((local[:, :2] + floor.tote.inner[:2] / 2) / floor.cell).astype(int).T
    inside = (i >= 0) & (i < floor.height.shape[0]) & (j >= 0) & (j < floor.height.shape[1])
    height, known = floor.height.copy(), floor.known.copy()
    np.maximum.at(height, (i[inside], j[inside]), local[inside, 2].astype(np.float32))
    if sure:
        known[i[inside], j[inside]] = True
    else:
        known &= height == floor.height
    return HeightMap(floor.tote, floor.cell, height, known)
